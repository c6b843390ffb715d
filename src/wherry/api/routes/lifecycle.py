"""Containers: what makes them start, stop and pause, and waiting for it."""

from wherry.api.http import Request, Response, Router, empty, json_response
from wherry.api.parameters import known, required_integer
from wherry.api.translate import older_clients
from wherry.api.translate.resources import update
from wherry.engine.containers import Containers
from wherry.errors import InvalidArgument, NotSupported
from wherry.wire.container import UpdateResponse, WaitResponse
from wherry.wire.host_config import HostConfig

NOT_MODIFIED = 304
_CONDITIONS_SINCE = (1, 30)
_OLD_BODY = 7
"""Bytes of a start's body that dockerd lets pass: clients before API 1.24 sent a HostConfig there."""


class LifecycleRoutes:
    def __init__(self, containers: Containers) -> None:
        self._containers = containers

    def register(self, router: Router) -> None:
        for verb, handler in {
            "start": self.start,
            "stop": self.stop,
            "restart": self.restart,
            "kill": self.kill,
            "pause": self.pause,
            "unpause": self.unpause,
            "update": self.update,
            "wait": self.wait,
            "resize": self.resize,
        }.items():
            router.add("POST", f"/containers/{{name}}/{verb}", handler)
        for method, path in (("GET", ""), ("POST", ""), ("DELETE", "/{checkpoint}")):
            router.add(method, f"/containers/{{name}}/checkpoints{path}", self.checkpoint)

    async def start(self, request: Request) -> Response:
        if len(await request.read()) > _OLD_BODY:
            raise InvalidArgument(
                "starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24"
            )
        if request.query.get("checkpoint"):
            await self.checkpoint(request)
        return _changed(await self._containers.start(request.params["name"]))

    async def checkpoint(self, request: Request) -> Response:
        raise NotSupported("checkpoints are not supported by this engine")

    async def stop(self, request: Request) -> Response:
        signal, timeout = _ending(request)
        return _changed(await self._containers.stop(request.params["name"], signal=signal, timeout=timeout))

    async def restart(self, request: Request) -> Response:
        signal, timeout = _ending(request)
        await self._containers.restart(request.params["name"], signal=signal, timeout=timeout)
        return empty()

    async def kill(self, request: Request) -> Response:
        await self._containers.kill(request.params["name"], request.query.get("signal") or "SIGKILL")
        return empty()

    async def pause(self, request: Request) -> Response:
        await self._containers.pause(request.params["name"])
        return empty()

    async def unpause(self, request: Request) -> Response:
        await self._containers.unpause(request.params["name"])
        return empty()

    async def update(self, request: Request) -> Response:
        asked = await request.json(HostConfig)
        older_clients.update(asked, request.api_version)
        warnings = await self._containers.update(request.params["name"], update(asked))
        return json_response(UpdateResponse(warnings=list(warnings) or None))

    async def wait(self, request: Request) -> Response | None:
        """The head goes out at once: clients start the container when they have seen it. Those of old, which know no
        conditions, get it with the body."""
        condition = known(request, "condition", _CONDITIONS_SINCE).get("condition") or "not-running"
        exit_ = self._containers.wait(request.params["name"], condition)
        if request.api_version < _CONDITIONS_SINCE:
            return json_response(WaitResponse(status_code=(await exit_).code))
        stream = await request.stream()
        await stream.write(json_response(WaitResponse(status_code=(await exit_).code)).body)
        return None

    async def resize(self, request: Request) -> Response:
        height, width = required_integer(request.query, "h"), required_integer(request.query, "w")
        await self._containers.resize(request.params["name"], height, width)
        return empty(200)


def _changed(has_changed: bool) -> Response:
    return empty(204 if has_changed else NOT_MODIFIED)


def _ending(request: Request) -> tuple[str, int | None]:
    """Signal and timeout of a stop; None for the container's own."""
    query = known(request, "signal", (1, 42))
    return query.get("signal", ""), query.integer("t") if query.get("t") else None
