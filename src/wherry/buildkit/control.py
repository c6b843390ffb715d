"""Control: what a client asks of a builder."""

import re
from collections.abc import Mapping
from typing import Final

from wherry.build.plan.pruning import PROPERTIES, Prune, matches
from wherry.build.service import Builds
from wherry.buildkit import tunnel
from wherry.buildkit.frontend import FRONTEND
from wherry.buildkit.gateway import check
from wherry.buildkit.grpc.server import Call, Handler, one, unary
from wherry.buildkit.jobs import Job, Jobs
from wherry.buildkit.messages import gateway
from wherry.buildkit.messages.common import Empty, Worker, timestamp
from wherry.buildkit.messages.control import (
    SERVICE,
    DiskUsageRequest,
    DiskUsageResponse,
    Exporter,
    InfoResponse,
    ListWorkersResponse,
    PruneRequest,
    SolveRequest,
    SolveResponse,
    StatusRequest,
    UsageRecord,
)
from wherry.buildkit.protobuf import encode
from wherry.buildkit.sessions import SESSION_METHOD, Sessions
from wherry.buildkit.solving import Solver
from wherry.buildkit.status import CallFailed, Code
from wherry.engine.system import System
from wherry.model.build import CacheUsage
from wherry.plan.filters import Filters

_OPERATOR: Final = re.compile("==|~=|=")


class Control:
    def __init__(
        self, *, jobs: Jobs, sessions: Sessions, solver: Solver, builds: Builds, system: System, worker: Worker
    ) -> None:
        self._jobs = jobs
        self._sessions = sessions
        self._solver = solver
        self._builds = builds
        self._system = system
        self._worker = worker

    @property
    def handlers(self) -> Mapping[str, Handler]:
        return {
            f"{SERVICE}/Info": unary(Empty, self.info),
            f"{SERVICE}/ListWorkers": unary(Empty, self.list_workers),
            f"{SERVICE}/Solve": unary(SolveRequest, self.solve),
            f"{SERVICE}/Status": self.status,
            f"{SERVICE}/Session": self.session,
            f"{SERVICE}/DiskUsage": unary(DiskUsageRequest, self.disk_usage),
            f"{SERVICE}/Prune": self.prune,
            f"{SERVICE}/ListenBuildHistory": self.history,
        }

    async def info(self, request: Empty, call: Call) -> InfoResponse:
        return InfoResponse(self._worker.version)

    async def list_workers(self, request: Empty, call: Call) -> ListWorkersResponse:
        return ListWorkersResponse((self._worker,))

    async def solve(self, request: SolveRequest, call: Call) -> SolveResponse:
        """Ends when all is built and exported: a client that leaves before ends it, too."""
        with self._jobs.open(request.ref, request.session) as job:
            asked = await _asked(request, job)
            if asked is None:
                return SolveResponse()
            session = await self._sessions.find(request.session)
            response = await self._solver.solve(asked.frontend_opt, _exporter(request), session, job.progress)
            return SolveResponse(response)

    async def status(self, call: Call) -> None:
        request = await one(StatusRequest, call)
        progress = (await self._jobs.find(request.ref)).progress
        with progress.reading():
            while (response := await progress.read()) is not None:
                await call.send(encode(response))

    async def session(self, call: Call) -> None:
        """As ``POST /session``, for clients that have no other connection than this one."""
        headers = {name: values[0] for name, values in call.metadata.items()}
        await tunnel.serve(call, self._sessions.connect(headers, call.metadata.get(SESSION_METHOD, ())))

    async def disk_usage(self, request: DiskUsageRequest, call: Call) -> DiskUsageResponse:
        wanted = _filters(request.filter)
        usages = (usage for usage in await self._builds.usage() if matches(usage, wanted))
        return DiskUsageResponse(tuple(map(_record, usages)))

    async def prune(self, call: Call) -> None:
        """Answers a record for each entry that has gone."""
        request = await one(PruneRequest, call)
        before = {usage.entry.key: usage for usage in await self._builds.usage()}
        since = self._system.now() - request.keep_duration if request.keep_duration else 0
        asked = Prune(all=request.all, keep=request.keep_bytes, unused_since=since, filters=_filters(request.filter))
        keys, _ = await self._builds.prune(asked)
        for key in keys:
            if key in before:
                await call.send(encode(_record(before[key])))

    async def history(self, call: Call) -> None:
        """There is none."""


async def _asked(request: SolveRequest, job: Job) -> gateway.SolveRequest | None:
    """What is to be built and exported: said in the request itself, or by what its client returns of the gateway."""
    if request.frontend or request.definition:
        asked = gateway.SolveRequest(
            definition=request.definition,
            frontend=request.frontend or FRONTEND,
            frontend_opt=request.frontend_attrs,
        )
        check(asked)
        return asked
    returned = await job.returned
    if returned.error is not None:
        raise CallFailed(Code(returned.error.code), returned.error.message, encode(returned.error))
    result = returned.result or gateway.Result()
    refs = [ref.id for ref in (result.refs.refs.values() if result.refs else (result.ref,)) if ref and ref.id]
    if len(refs) > 1:
        raise CallFailed(Code.UNKNOWN, "exporting multiple references to image store is currently unsupported")
    return job.request(refs[0]) if refs else None


def _exporter(request: SolveRequest) -> Exporter:
    """What becomes of the result; of clients that know one exporter only, it stands in fields of its own."""
    if len(request.exporters) > 1:
        raise CallFailed(Code.UNKNOWN, "multiple exporters are not supported by this engine")
    if request.exporters:
        return request.exporters[0]
    return Exporter(type=request.exporter, attrs=request.exporter_attrs)


def _filters(texts: tuple[str, ...]) -> Filters:
    """What containerd writes as ``name==value,name~=value,name``, in our words."""
    filters: dict[str, tuple[str, ...]] = {}
    for part in filter(None, (part for text in texts for part in text.split(","))):
        name, value = (*_OPERATOR.split(part, 1), "")[:2]
        if name not in PROPERTIES:
            raise CallFailed(Code.UNKNOWN, f"failed to parse filters {list(texts)}: unknown field {name}")
        filters[name] = (*filters.get(name, ()), value)
    return filters


def _record(usage: CacheUsage) -> UsageRecord:
    entry = usage.entry
    return UsageRecord(
        id=entry.key.removeprefix("sha256:"),
        parents=(entry.parent.removeprefix("sha256:"),) if entry.parent else (),
        in_use=usage.in_use,
        shared=usage.shared,
        size=entry.size,
        created_at=timestamp(entry.created),
        last_used_at=timestamp(entry.last_used),
        usage_count=entry.uses,
        description=entry.description,
        record_type=entry.kind,
    )
