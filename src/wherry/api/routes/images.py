"""Images: list, inspect, tag, delete."""

from wherry.api import parameters
from wherry.api.http import Request, Response, Router, empty, json_response
from wherry.api.translate import older_clients
from wherry.api.translate.images import (
    deleted_image,
    digests,
    history_item,
    image_inspect,
    image_summary,
    tags,
    tree_layer,
)
from wherry.engine.images import Images
from wherry.engine.system import System
from wherry.errors import InvalidArgument
from wherry.model.image import Image
from wherry.model.reference import Reference
from wherry.plan.filters import IMAGE_FILTERS, Filters, ImageFilter, parse_flag
from wherry.plan.images.tree import Stack, build
from wherry.wire.image import ImagesPruned, ImageSummary

_PRUNE_FILTERS = parameters.PRUNE_FILTERS | {"dangling"}


class ImageRoutes:
    def __init__(self, images: Images, system: System) -> None:
        self._images = images
        self._system = system

    def register(self, router: Router) -> None:
        router.add("GET", "/images/json", self.list)
        router.add("GET", "/wherry/images/tree", self.tree)
        router.add("POST", "/images/prune", self.prune)
        router.add("GET", "/images/{name:path}/json", self.inspect)
        router.add("GET", "/images/{name:path}/history", self.history)
        router.add("POST", "/images/{name:path}/tag", self.tag)
        router.add("DELETE", "/images/{name:path}", self.remove)

    async def list(self, request: Request) -> Response:
        listed = sorted(self._listed(request), key=lambda entry: entry[0].created, reverse=True)
        return json_response([self._summary(request, image, names) for image, names in listed])

    async def tree(self, request: Request) -> Response:
        """The images of a list, as the tree of their layers. An endpoint of wherry's own: what Docker's tell does not
        say which step of a history made which layer."""
        listed = [(image, tags(names) or digests(names)) for image, names in self._listed(request)]
        stacks = [
            Stack(
                image=image,
                layers=self._images.layers(image)[::-1],
                names=tuple(names),
                containers=len(self._images.containers(image)),
            )
            for image, names in sorted(listed, key=lambda entry: (not entry[1], entry[1], entry[0].id))
        ]
        return json_response([tree_layer(node) for node in build(stacks)])

    async def inspect(self, request: Request) -> Response:
        image = self._images.find(request.params["name"])
        store = f"{self._system.data_root}/overlay2"
        lowers = tuple(f"{store}/{layer.directory}/diff" for layer in self._images.layers(image))
        shown = image_inspect(image, self._images.names(image.id), lowers)
        older_clients.image(shown, request.api_version)
        return json_response(shown)

    async def history(self, request: Request) -> Response:
        return json_response([history_item(entry) for entry in self._images.history(request.params["name"])])

    async def tag(self, request: Request) -> Response:
        target, tag = Reference.parse(request.query.get("repo", "")), request.query.get("tag", "")
        await self._images.tag(request.params["name"], target.with_tag(tag) if tag else target)
        return empty(201)

    async def remove(self, request: Request) -> Response:
        query, name = request.query, request.params["name"]
        if not name.strip():
            raise InvalidArgument("image name cannot be blank")
        removals = await self._images.remove(name, force=query.flag("force"), prune=not query.flag("noprune"))
        return json_response([deleted_image(removal) for removal in removals])

    async def prune(self, request: Request) -> Response:
        found = parameters.filters(request, _PRUNE_FILTERS)
        until, labels = parameters.prune_bounds(found, self._system.now())
        dangling = parse_flag(found, "dangling") is not False
        removals, reclaimed = await self._images.prune(dangling=dangling, until=until, labels=labels)
        deleted = [deleted_image(removal) for removal in removals]
        return json_response(ImagesPruned(images_deleted=deleted or None, space_reclaimed=reclaimed))

    def _filter(self, found: Filters) -> ImageFilter:
        """The filters, with what they name looked up. Raises NoSuchImage."""
        before = [self._images.find(ref).created for ref in found.get("before", ())]
        since = [self._images.find(ref).created for ref in found.get("since", ())]
        return ImageFilter.read(
            found,
            before=min(before, default=None),
            since=max(since, default=None),
            now=self._system.now(),
            utc_offset=parameters.utc_offset(),
        )

    def _listed(self, request: Request) -> tuple[tuple[Image, tuple[Reference, ...]], ...]:
        """The images that a request asks for, with the names to show."""
        found = parameters.filters(request, IMAGE_FILTERS)
        wanted = self._filter(older_clients.image_filters(found, request.query, request.api_version))
        images = self._images.all()
        parents = {image.parent for image in images}
        show_all = request.query.flag("all")
        return tuple(
            (image, tuple(name for name in names if wanted.shows(name)))
            for image in images
            if wanted.matches(image, names := self._images.names(image.id))
            if names or show_all or image.id not in parents
        )

    def _summary(self, request: Request, image: Image, names: tuple[Reference, ...]) -> ImageSummary:
        asks_shared = parameters.known(request, "shared-size", (1, 42)).flag("shared-size")
        shown = image_summary(image, names, shared=self._images.shared_size(image) if asks_shared else -1)
        older_clients.image_summary(shown, request.api_version)
        return shown
