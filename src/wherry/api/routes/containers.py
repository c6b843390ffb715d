"""Containers: list, create, inspect, processes, removal."""

from typing import TYPE_CHECKING

from wherry.api import parameters
from wherry.api.bodies import send_bytes
from wherry.api.http import Request, Response, Router, empty, json_response
from wherry.api.latest import Latest
from wherry.api.translate import older_clients
from wherry.api.translate.changes import filesystem_change
from wherry.api.translate.containers import container_inspect, container_summary
from wherry.api.translate.create import requested
from wherry.engine.containers import Containers
from wherry.engine.containers.execs import Execs
from wherry.engine.images import Images
from wherry.engine.system import System
from wherry.errors import InvalidArgument, NoSuchContainer, NotFound
from wherry.model.container import Container
from wherry.model.resources import Ulimit
from wherry.plan.containers.security import apparmor_profile
from wherry.plan.filters import CONTAINER_FILTERS, ContainerFilter, Filters
from wherry.wire.container import ContainersPruned, CreateRequest, CreateResponse, TopResponse

if TYPE_CHECKING:
    from wherry.engine.archives import Archives


class ContainerRoutes:
    def __init__(
        self, containers: Containers, execs: Execs, images: Images, archives: "Archives", system: System
    ) -> None:
        self._containers = containers
        self._execs = execs
        self._images = images
        self._archives = archives
        self._system = system
        self._inspection = Latest(self._inspect)

    def register(self, router: Router) -> None:
        router.add("GET", "/containers/json", self.list)
        router.add("POST", "/containers/create", self.create)
        router.add("POST", "/containers/prune", self.prune)
        router.add("GET", "/containers/{name:path}/json", self.inspect)
        router.add("GET", "/containers/{name:path}/top", self.top)
        router.add("GET", "/containers/{name:path}/export", self.export)
        router.add("GET", "/containers/{name:path}/changes", self.changes)
        router.add("POST", "/containers/{name:path}/rename", self.rename)
        router.add("DELETE", "/containers/{name:path}", self.remove)

    async def list(self, request: Request) -> Response:
        query, limit = request.query, request.query.integer("limit")
        wanted = self._filter(parameters.filters(request, CONTAINER_FILTERS))
        show_all = query.flag("all") or limit > 0 or wanted.wants_all
        found = [
            container
            for container in sorted(self._containers.all(), key=lambda container: container.created, reverse=True)
            if (show_all or container.state.status.runs) and wanted.matches(container)
        ]
        now, names, links = self._system.now(), _ImageNames(self._images), self._containers.link_names()
        return json_response(
            [
                container_summary(container, names.of(container), now, size, links.get(container.id, ()))
                for container in found[: limit if limit > 0 else None]
                for size in [await self._containers.size(container.id) if query.flag("size") else None]
            ]
        )

    async def create(self, request: Request) -> Response:
        facts = self._system.facts
        asked = requested(await request.json(CreateRequest, required=True), facts, request.api_version)
        name = request.query.get("name", "").removeprefix("/")
        platform = parameters.platform(parameters.known(request, "platform", (1, 41)), facts)
        try:
            created = await self._containers.create(asked.spec, name, str(platform or ""))
        except NoSuchContainer as error:
            # Not 404: clients take that for a missing image, and pull it.
            raise InvalidArgument(str(error)) from None
        answer = CreateResponse(id=created.container.id, warnings=[*asked.warnings, *created.warnings])
        return json_response(answer, status=201)

    async def inspect(self, request: Request) -> Response:
        container = self._containers.find(request.params["name"])
        return self._inspection(
            container,
            await self._containers.size(container.id) if request.query.flag("size") else None,
            self._execs.of(container.id),
            self._containers.links(container),
            apparmor_profile(container.spec.host, self._system.facts),
            self._system.default_ulimits,
            request.api_version,
        )

    async def top(self, request: Request) -> Response:
        titles, rows = await self._containers.top(request.params["name"], request.query.get("ps_args") or "-ef")
        return json_response(TopResponse(processes=[list(row) for row in rows], titles=list(titles)))

    async def export(self, request: Request) -> None:
        container = self._containers.find(request.params["name"])
        await send_bytes(request, self._archives.export(container.id), "application/octet-stream")

    async def changes(self, request: Request) -> Response:
        found = await self._containers.changes(request.params["name"])
        return json_response([filesystem_change(change) for change in found] or None)

    async def rename(self, request: Request) -> Response:
        name = request.query.get("name", "").removeprefix("/")
        if not name:
            raise InvalidArgument("Neither old nor new names may be empty")
        await self._containers.rename(request.params["name"], name)
        return empty()

    async def remove(self, request: Request) -> Response:
        query = request.query
        if query.flag("link"):
            await self._containers.unlink(request.params["name"])
            return empty()
        await self._containers.remove(request.params["name"], force=query.flag("force"), volumes=query.flag("v"))
        return empty()

    async def prune(self, request: Request) -> Response:
        found = parameters.filters(request, parameters.PRUNE_FILTERS)
        until, labels = parameters.prune_bounds(found, self._system.now())
        deleted, reclaimed = await self._containers.prune(until=until, labels=labels)
        return json_response(ContainersPruned(containers_deleted=list(deleted) or None, space_reclaimed=reclaimed))

    def _inspect(
        self,
        container: Container,
        size: tuple[int, int] | None,
        execs: tuple[str, ...],
        links: tuple[str, ...],
        profile: str,
        default_ulimits: tuple[Ulimit, ...],
        api_version: tuple[int, ...],
    ) -> Response:
        shown = container_inspect(
            container,
            self._containers.paths(container),
            execs=execs,
            size=size,
            links=links,
            apparmor=profile,
            default_ulimits=default_ulimits,
        )
        older_clients.container(shown, container, api_version)
        return json_response(shown)

    def _filter(self, found: Filters) -> ContainerFilter:
        """The filters, with what they name looked up. Raises NoSuchContainer."""
        before = [self._containers.find(ref).created for ref in found.get("before", ())]
        since = [self._containers.find(ref).created for ref in found.get("since", ())]
        return ContainerFilter.read(
            found,
            images=self._descendants(found["ancestor"]) if "ancestor" in found else None,
            before=min(before, default=0),
            since=max(since, default=0),
        )

    def _descendants(self, refs: tuple[str, ...]) -> frozenset[str]:
        """IDs of the images named, as far as there are any, and of those built on them."""
        family = {image_id for ref in refs if (image_id := _image_id(self._images, ref))}
        images = self._images.all()
        while children := {image.id for image in images if image.parent in family} - family:
            family |= children
        return frozenset(family)


class _ImageNames:
    """How the images of containers are called now: as asked, or by ID once the name means another image."""

    def __init__(self, images: Images) -> None:
        self._images = images
        self._ids: dict[str, str] = {}

    def of(self, container: Container) -> str:
        name = container.spec.image
        if name not in self._ids:
            self._ids[name] = _image_id(self._images, name)
        return name if self._ids[name] == container.image_id else container.image_id


def _image_id(images: Images, ref: str) -> str:
    """The ID of an image, "" if there is none of that name."""
    try:
        return images.find(ref).id
    except (NotFound, InvalidArgument):
        return ""
