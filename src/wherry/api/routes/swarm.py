"""What only a swarm manager could answer."""

from wherry.api.http import Request, Response, Router
from wherry.errors import Unavailable

_NOT_A_MANAGER = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm '
    "and try again."
)
_NOUNS = ("nodes", "services", "tasks", "secrets", "configs")


class SwarmRoutes:
    def register(self, router: Router) -> None:
        for method, path in _routes():
            router.add(method, path, self.refuse)

    async def refuse(self, request: Request) -> Response:
        raise Unavailable(_NOT_A_MANAGER)


def _routes() -> list[tuple[str, str]]:
    swarm = [("GET", "/swarm"), ("GET", "/swarm/unlockkey")]
    swarm += [("POST", f"/swarm/{verb}") for verb in ("init", "join", "leave", "update", "unlock")]
    for noun in _NOUNS:
        swarm += [("GET", f"/{noun}"), ("GET", f"/{noun}/{{id}}")]
        swarm += [("POST", f"/{noun}/create"), ("POST", f"/{noun}/{{id}}/update"), ("DELETE", f"/{noun}/{{id}}")]
    return [*swarm, ("GET", "/services/{id}/logs"), ("GET", "/tasks/{id}/logs"), ("PUT", "/volumes/{name}")]
