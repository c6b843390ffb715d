"""LLBBridge: a client asks for what it wants to have built, and returns the one that is to be exported."""

from collections.abc import Mapping
from typing import Final

from wherry.buildkit.frontend import FRONTEND, GATEWAY
from wherry.buildkit.grpc.server import Call, Handler, unary
from wherry.buildkit.jobs import Job, Jobs
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
from wherry.buildkit.sessions import Sessions
from wherry.buildkit.solving import Solver
from wherry.buildkit.status import CallFailed, Code

_CAPABILITIES: Final = (
    *("solve.base", "return", "returnmap", "importcaches", "proto.refarray", "reference.output", "frontend.caps"),
    *("gateway.solve.metadata", "gateway.solve.evaluate", "gateway.evaluate", "gateway.warnings"),
)


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
            f"{SERVICE}/Return": unary(ReturnRequest, self.give_back),
            f"{SERVICE}/Evaluate": unary(EvaluateRequest, self.evaluate),
            f"{SERVICE}/Inputs": unary(Empty, self.inputs),
            f"{SERVICE}/Warn": unary(WarnRequest, self.warn),
        }

    async def ping(self, request: Empty, call: Call) -> Pong:
        await self._job(call, "Ping")
        return Pong(
            frontend=tuple(Capability(id=name) for name in _CAPABILITIES),
            llb=(Capability(id="source.local"),),
            workers=(self._worker,),
        )

    async def solve(self, request: SolveRequest, call: Call) -> SolveResponse:
        """Builds nothing yet: that waits for somebody who wants the result."""
        job = await self._job(call, "Solve")
        check(request)
        if request.evaluate:
            await self._evaluate(job, request)
        return SolveResponse(Result(ref=Ref(job.add(request))))

    async def evaluate(self, request: EvaluateRequest, call: Call) -> Empty:
        """Builds, for the cache alone."""
        job = await self._job(call, "Evaluate")
        if request.ref not in job.asked:
            raise CallFailed(Code.UNKNOWN, f"unknown reference {request.ref}")
        await self._evaluate(job, job.asked[request.ref])
        return Empty()

    async def give_back(self, request: ReturnRequest, call: Call) -> Empty:
        job = await self._job(call, "Return")
        if not job.returned.done():
            job.returned.set_result(request)
        return Empty()

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
        return Empty()

    async def _evaluate(self, job: Job, request: SolveRequest) -> None:
        session = await self._sessions.find(job.session)
        await self._solver.solve(request.frontend_opt, Exporter(), session, job.progress)

    async def _job(self, call: Call, method: str) -> Job:
        for name in call.metadata.get("buildkit-controlapi-buildid", ()):
            return await self._jobs.find(name)
        raise CallFailed(Code.UNKNOWN, f"forwarding {method}: no buildid found in context")


def check(request: SolveRequest) -> None:
    """CallFailed for what is no Dockerfile."""
    if request.definition:
        raise CallFailed(Code.UNKNOWN, "LLB definitions are not supported by this engine: it builds Dockerfiles")
    if request.frontend not in (FRONTEND, GATEWAY):
        raise CallFailed(Code.UNKNOWN, f"invalid frontend: {request.frontend}")
    if request.frontend_inputs:
        raise CallFailed(Code.UNKNOWN, "results of other builds are not supported as contexts by this engine")
    source = request.frontend_opt.get("source", "")
    if request.frontend == GATEWAY and "docker/dockerfile" not in source:
        raise CallFailed(Code.UNKNOWN, f"the frontend {source} is not supported by this engine: it builds Dockerfiles")
    if what := request.frontend_opt.get("requestid", ""):
        raise CallFailed(Code.UNKNOWN, f"unsupported request {what}")
