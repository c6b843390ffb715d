"""Files into containers and out of them."""

from wherry.api.bodies import TAR
from wherry.api.http import Request, Response, Router, empty
from wherry.api.translate.path_stat import path_stat_header
from wherry.engine.containers.copying import Copying


class FileRoutes:
    def __init__(self, copying: Copying) -> None:
        self._copying = copying

    def register(self, router: Router) -> None:
        router.add("HEAD", "/containers/{name}/archive", self.stat)
        router.add("GET", "/containers/{name}/archive", self.pack)
        router.add("PUT", "/containers/{name}/archive", self.unpack)

    async def stat(self, request: Request) -> Response:
        found = await self._copying.stat(request.params["name"], request.query.get("path", ""))
        return empty(status=200, headers=path_stat_header(found))

    async def pack(self, request: Request) -> None:
        async with self._copying.pack(request.params["name"], request.query.get("path", "")) as packed:
            stream = await request.stream(TAR, headers=path_stat_header(packed.stat), large=True)
            async for chunk in packed.chunks:
                await stream.write(chunk)

    async def unpack(self, request: Request) -> Response:
        await self._copying.unpack(
            request.params["name"],
            request.query.get("path", ""),
            request.body,
            keep=request.query.flag("noOverwriteDirNonDir"),
            as_user=request.query.flag("copyUIDGID"),
        )
        return empty(status=200)
