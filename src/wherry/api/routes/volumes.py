"""Volumes."""

from wherry.api import parameters
from wherry.api.http import Request, Response, Router, empty, json_response
from wherry.api.translate.volumes import volume_resource
from wherry.engine.volumes import Volumes
from wherry.plan.filters import VOLUME_FILTERS, VolumeFilter, parse_flag, parse_labels
from wherry.wire.volume import VolumeCreateRequest, VolumeList, VolumesPruned

_PRUNE_FILTERS = frozenset(("all", "label", "label!"))
_ANONYMOUS_ONLY_SINCE = (1, 42)


class VolumeRoutes:
    def __init__(self, volumes: Volumes) -> None:
        self._volumes = volumes

    def register(self, router: Router) -> None:
        router.add("GET", "/volumes", self.list)
        router.add("POST", "/volumes/create", self.create)
        router.add("POST", "/volumes/prune", self.prune)
        router.add("GET", "/volumes/{name}", self.inspect)
        router.add("DELETE", "/volumes/{name}", self.remove)

    async def list(self, request: Request) -> Response:
        wanted = VolumeFilter.read(parameters.filters(request, VOLUME_FILTERS))
        views, warnings = await self._volumes.views()
        found = [
            volume_resource(view)
            for view in views
            if wanted.matches(view.volume, used=bool(self._volumes.users(view.volume.name)))
        ]
        return json_response(VolumeList(volumes=found, warnings=list(warnings) or None))

    async def create(self, request: Request) -> Response:
        asked = await request.json(VolumeCreateRequest)
        view = await self._volumes.create(
            asked.name or "",
            driver=asked.driver or "",
            options=asked.driver_opts or {},
            labels=asked.labels or {},
            anonymous=not asked.name,
        )
        return json_response(volume_resource(view), status=201)

    async def inspect(self, request: Request) -> Response:
        view = await self._volumes.view(request.params["name"])
        return json_response(volume_resource(view, with_status=True))

    async def remove(self, request: Request) -> Response:
        await self._volumes.remove(request.params["name"], force=request.query.flag("force"))
        return empty()

    async def prune(self, request: Request) -> Response:
        """Unused volumes: of those with a name only if all are asked for, or by clients below API 1.42."""
        found = parameters.filters(request, _PRUNE_FILTERS)
        named = parse_flag(found, "all", request.api_version < _ANONYMOUS_ONLY_SINCE) is True
        deleted, reclaimed = await self._volumes.prune(named=named, labels=parse_labels(found))
        return json_response(VolumesPruned(volumes_deleted=list(deleted), space_reclaimed=reclaimed))
