"""BuildKit's protocol: connections that are handed over to it."""

from wherry.api.buildkit import BuildKitProtocol
from wherry.api.http import Request, Router
from wherry.errors import InternalError, InvalidArgument

_PROTOCOL = "h2c"


class BuildKitRoutes:
    def __init__(self, buildkit: BuildKitProtocol) -> None:
        self._buildkit = buildkit

    def register(self, router: Router) -> None:
        router.add("POST", "/grpc", self.control)
        router.add("POST", "/session", self.session)

    async def control(self, request: Request) -> None:
        if problem := _problem(request):
            raise InternalError(problem)
        stream = await request.hijack(None, _PROTOCOL)
        stream.hand_over(self._buildkit.control())

    async def session(self, request: Request) -> None:
        if problem := _problem(request):
            raise InvalidArgument(problem)
        self._buildkit.require_new_session(request.headers)
        stream = await request.hijack(None, _PROTOCOL)
        stream.hand_over(self._buildkit.session(request.headers))


def _problem(request: Request) -> str:
    """Why the connection is not handed over, in dockerd's words; "" if it is."""
    protocol = request.headers.get("upgrade", "")
    if not protocol:
        return "no upgrade proto in request"
    return "" if protocol == _PROTOCOL else f"protocol {protocol} not supported"
