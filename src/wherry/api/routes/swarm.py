"""What only a swarm could answer. There is none: what dockerd checks outside of one is checked, the rest is refused."""

from functools import partial

from wherry.api import parameters
from wherry.api.http import Request, Response, Router
from wherry.errors import InvalidArgument, NotSupported, Unavailable
from wherry.plan.go_values import read_int
from wherry.plan.swarm import NOT_A_MANAGER

_NOUNS = ("nodes", "services", "tasks", "secrets", "configs")


class SwarmRoutes:
    def register(self, router: Router) -> None:
        router.add("POST", "/swarm/init", self.form)
        router.add("POST", "/swarm/join", self.form)
        router.add("POST", "/swarm/leave", self.leave)
        router.add("POST", "/swarm/update", partial(self.update, "swarm"))
        router.add("PUT", "/volumes/{name}", self.update_volume)
        for noun in _NOUNS:
            router.add("GET", f"/{noun}", self.list)
            router.add("POST", f"/{noun}/{{id}}/update", partial(self.update, noun.removesuffix("s")))
        for noun in ("services", "tasks"):
            router.add("GET", f"/{noun}/{{id}}/logs", self.logs)
        for method, path in _others():
            router.add(method, path, self.refuse)

    async def form(self, request: Request) -> Response:
        """To send its user to ``swarm init``, as dockerd would, leads nowhere."""
        raise NotSupported("swarm mode is not supported by this engine")

    async def leave(self, request: Request) -> Response:
        raise Unavailable("This node is not part of a swarm")

    async def update_volume(self, request: Request) -> Response:
        raise Unavailable("volume update only valid for cluster volumes, but swarm is unavailable")

    async def list(self, request: Request) -> Response:
        parameters.filters(request, None)
        return await self.refuse(request)

    async def logs(self, request: Request) -> Response:
        parameters.log_streams(request.query)
        return await self.refuse(request)

    async def update(self, noun: str, request: Request) -> Response:
        version = request.query.get("version", "")
        try:
            read_int(version, "ParseUint")
        except ValueError as error:
            told = "" if noun in ("secret", "config") else f" '{version}': {error}"
            raise InvalidArgument(f"invalid {noun} version{told}") from None
        return await self.refuse(request)

    async def refuse(self, request: Request) -> Response:
        raise Unavailable(NOT_A_MANAGER)


def _others() -> list[tuple[str, str]]:
    swarm = [("GET", "/swarm"), ("GET", "/swarm/unlockkey"), ("POST", "/swarm/unlock")]
    for noun in _NOUNS:
        swarm += [("GET", f"/{noun}/{{id}}"), ("POST", f"/{noun}/create"), ("DELETE", f"/{noun}/{{id}}")]
    return swarm
