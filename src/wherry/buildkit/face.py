"""The whole of BuildKit's protocol over one engine."""

import asyncio
from collections.abc import Mapping
from typing import Final

from wherry.build.engine import BuildingEngine
from wherry.buildkit.control import Control
from wherry.buildkit.gateway import Gateway
from wherry.buildkit.grpc.server import Call, Server
from wherry.buildkit.http2 import Connection
from wherry.buildkit.jobs import Jobs
from wherry.buildkit.messages.common import Platform, Version, Worker
from wherry.buildkit.sessions import SESSION_METHOD, Sessions
from wherry.buildkit.solving import Solver
from wherry.model import image
from wherry.version import VERSION

_GATEWAY_LABEL: Final = "org.mobyproject.buildkit.worker.moby.host-gateway-ip"
_TRACES: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_GRACE: Final = 5.0  # seconds that builds have to end in when the engine stops


class BuildKit:
    def __init__(self, engine: BuildingEngine) -> None:
        jobs = Jobs(engine.system.now)
        self._sessions = Sessions()
        self._connections: set[Connection] = set()
        worker = _worker(engine)
        solver = Solver(engine.builds, _platform(engine))
        control = Control(
            jobs=jobs,
            sessions=self._sessions,
            solver=solver,
            builds=engine.builds,
            system=engine.system,
            worker=worker,
        )
        self._server = Server(
            {**control.handlers, **Gateway(jobs, self._sessions, solver, worker).handlers, _TRACES: _ignore}
        )

    def control(self) -> Connection:
        """The protocol for a connection on which a client calls us."""
        connection = Connection(self._server.accept, lambda: self._connections.discard(connection))
        self._connections.add(connection)
        return connection

    def session(self, headers: Mapping[str, str]) -> Connection:
        """The protocol for a connection on which we call a client, which says in ``headers`` who it is and what it
        answers."""
        return self._sessions.connect(headers, map(str.strip, headers.get(SESSION_METHOD, "").split(",")))

    def require_new_session(self, headers: Mapping[str, str]) -> None:
        """InvalidArgument if somebody else says of himself the same."""
        self._sessions.require_new(headers)

    async def close(self) -> None:
        """End all builds."""
        for connection in tuple(self._connections):
            connection.close()
        self._sessions.close()
        if self._server.tasks:
            await asyncio.wait(tuple(self._server.tasks), timeout=_GRACE)


async def _ignore(call: Call) -> None:
    """Traces, of which a client tells after a command."""
    await call.receive()
    await call.send(b"")


def _worker(engine: BuildingEngine) -> Worker:
    platform = _platform(engine)
    return Worker(
        id=engine.system.version().settings.id,
        labels={_GATEWAY_LABEL: engine.networks.host_gateway()},
        platforms=(Platform(os=platform.os, architecture=platform.architecture, variant=platform.variant),),
        version=Version(package="wherry", version=VERSION),
    )


def _platform(engine: BuildingEngine) -> image.Platform:
    return image.Platform(os="linux", architecture=image.architecture(engine.system.facts.architecture))
