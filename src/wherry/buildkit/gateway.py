"""LLBBridge: a client asks for what it wants to have built, and returns the one that is to be exported."""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from wherry.buildkit.frontend import FRONTEND, GATEWAY
from wherry.buildkit.grpc.server import Call, Handler, one, unary
from wherry.buildkit.jobs import Job, Jobs
from wherry.buildkit.messages import llb
from wherry.buildkit.messages.common import Empty, Worker
from wherry.buildkit.messages.control import Exporter, VertexWarning
from wherry.buildkit.messages.gateway import (
    SERVICE,
    Capability,
    EvaluateRequest,
    Pong,
    Ref,
    Result,
    ReturnRequest,
    SolveRequest,
    SolveResponse,
    WarnRequest,
)
from wherry.buildkit.protobuf import encode
from wherry.buildkit.sessions import Sessions
from wherry.buildkit.solving import Solver
from wherry.buildkit.status import CallFailed, Code

_CAPABILITIES: Final = (
    *("solve.base", "return", "returnmap", "importcaches", "proto.refarray", "reference.output", "frontend.caps"),
    *("gateway.solve.metadata", "gateway.solve.evaluate", "gateway.evaluate", "gateway.warnings"),
)

_LLB_CAPABILITIES: Final = ("source.local", "constraints", "platform")  # what the definition of a result says it needs

_CONTEXT, _INPUT = "context:", "input:"
_NO_LLB: Final = "LLB definitions are not supported by this engine: it builds Dockerfiles"


class Gateway:
    def __init__(self, jobs: Jobs, sessions: Sessions, solver: Solver, worker: Worker) -> None:
        self._jobs = jobs
        self._sessions = sessions
        self._solver = solver
        self._worker = worker

    @property
    def handlers(self) -> Mapping[str, Handler]:
        return {
            f"{SERVICE}/Ping": unary(Empty, self.ping),
            f"{SERVICE}/Solve": unary(SolveRequest, self.solve),
            f"{SERVICE}/Return": self.give_back,
            f"{SERVICE}/Evaluate": unary(EvaluateRequest, self.evaluate),
            f"{SERVICE}/Inputs": unary(Empty, self.inputs),
            f"{SERVICE}/Warn": unary(WarnRequest, self.warn),
        }

    async def ping(self, request: Empty, call: Call) -> Pong:
        await self._job(call, "Ping")
        return Pong(
            frontend=tuple(Capability(id=name) for name in _CAPABILITIES),
            llb=tuple(Capability(id=name) for name in _LLB_CAPABILITIES),
            workers=(self._worker,),
        )

    async def solve(self, request: SolveRequest, call: Call) -> SolveResponse:
        """Builds nothing yet: that waits for somebody who wants the result."""
        job = await self._job(call, "Solve")
        if request.definition:
            request = replace(await self._meant(request.definition), evaluate=request.evaluate)
        check(request)
        request = replace(request, frontend_opt=await self._resolved(request))
        if request.evaluate:
            await self._evaluate(job, request)
        name = job.add(request)
        return SolveResponse(Result(ref=Ref(name, llb.of_result(job.ref, name))))

    async def evaluate(self, request: EvaluateRequest, call: Call) -> Empty:
        """Builds, for the cache alone."""
        job = await self._job(call, "Evaluate")
        await self._evaluate(job, job.request(request.ref))
        return Empty()

    async def give_back(self, call: Call) -> None:
        """Is answered before the solve goes on: that may fail at once, and a client whose solve has ended gives up what
        it still waits for, and tells of that."""
        request = await one(ReturnRequest, call)
        job = await self._job(call, "Return")
        await call.send(encode(Empty()))
        if not job.returned.done():
            job.returned.set_result(request)

    async def inputs(self, request: Empty, call: Call) -> Empty:
        await self._job(call, "Inputs")
        return Empty()

    async def warn(self, request: WarnRequest, call: Call) -> Empty:
        job = await self._job(call, "Warn")
        job.progress.tell(
            VertexWarning(
                vertex=request.digest,
                level=request.level,
                short=request.short,
                detail=request.detail,
                url=request.url,
                info=request.info,
                ranges=request.ranges,
            )
        )
        await job.progress.room()
        return Empty()

    async def _resolved(self, request: SolveRequest) -> dict[str, str]:
        """The attributes, with images in the place of results of other builds."""
        attributes = dict(request.frontend_opt)
        for key, value in request.frontend_opt.items():
            if key.startswith(_CONTEXT) and value.startswith(_INPUT):
                definition = request.frontend_inputs.get(value.removeprefix(_INPUT), b"")
                attributes[key] = f"docker-image://{await self._image(definition)}"
        return attributes

    async def _image(self, definition: bytes) -> str:
        """The ID of the image that a result is."""
        job, name = await self._result(definition)
        response = await self._build(job, job.request(name), Exporter(type="image"))
        return response["containerimage.digest"]

    async def _meant(self, definition: bytes) -> SolveRequest:
        """What a result is of."""
        job, name = await self._result(definition)
        return job.request(name)

    async def _result(self, definition: bytes) -> tuple[Job, str]:
        result = llb.result_of(definition)
        if result is None:
            raise CallFailed(Code.UNKNOWN, _NO_LLB)
        return await self._jobs.find(result[0]), result[1]

    async def _evaluate(self, job: Job, request: SolveRequest) -> None:
        await self._build(job, request, Exporter())

    async def _build(self, job: Job, request: SolveRequest, exporter: Exporter) -> dict[str, str]:
        session = await self._sessions.find(job.session)
        return await self._solver.solve(request.frontend_opt, exporter, session, job.progress)

    async def _job(self, call: Call, method: str) -> Job:
        for name in call.metadata.get("buildkit-controlapi-buildid", ()):
            return await self._jobs.find(name)
        raise CallFailed(Code.UNKNOWN, f"forwarding {method}: no buildid found in context")


def check(request: SolveRequest) -> None:
    """CallFailed for what is no Dockerfile."""
    if request.definition:
        raise CallFailed(Code.UNKNOWN, _NO_LLB)
    if request.frontend not in (FRONTEND, GATEWAY):
        raise CallFailed(Code.UNKNOWN, f"invalid frontend: {request.frontend}")
    source = request.frontend_opt.get("source", "")
    if request.frontend == GATEWAY and "docker/dockerfile" not in source:
        raise CallFailed(Code.UNKNOWN, f"the frontend {source} is not supported by this engine: it builds Dockerfiles")
    if what := request.frontend_opt.get("requestid", ""):
        raise CallFailed(Code.UNKNOWN, f"unsupported request {what}")
