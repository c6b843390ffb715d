"""The creation of a container: nothing runs yet."""

from contextlib import AsyncExitStack

from msgspec import Struct
from msgspec.structs import replace

from wherry.engine.concurrency.operations import Operations
from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.events import tell
from wherry.engine.containers.launch.linking import Linking
from wherry.engine.containers.launch.rootfs import Roots
from wherry.engine.containers.output.log_plugins import LogPlugins
from wherry.engine.events import Events
from wherry.engine.images import Images
from wherry.engine.networks import Networks
from wherry.engine.ports import Chance, Clock, ContainerFiles, Host, Runtime, Snapshots
from wherry.engine.volumes import Volumes
from wherry.engine.volumes.use import VolumeUse
from wherry.errors import InternalError, InvalidArgument
from wherry.model.container import Container, ContainerDefaults, ContainerSpec
from wherry.model.image import Image
from wherry.model.remapping import Remapping
from wherry.plan import remapping
from wherry.plan.containers import creation, namespaces, resources, validation
from wherry.plan.images.platforms import check_platform


class Created(Struct, frozen=True, kw_only=True):
    container: Container
    warnings: tuple[str, ...] = ()


class Creation:
    """Checks what was asked, resolves what it names, and stores it."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        linking: Linking,
        images: Images,
        volumes: Volumes,
        volume_use: VolumeUse,
        log_plugins: LogPlugins,
        roots: Roots,
        networks: Networks,
        snapshots: Snapshots,
        files: ContainerFiles,
        runtime: Runtime,
        host: Host,
        events: Events,
        operations: Operations,
        clock: Clock,
        chance: Chance,
        defaults: ContainerDefaults,
        remapped: Remapping | None,
    ) -> None:
        self._catalog = catalog
        self._linking = linking
        self._images = images
        self._volumes = volumes
        self._volume_use = volume_use
        self._log_plugins = log_plugins
        self._roots = roots
        self._networks = networks
        self._snapshots = snapshots
        self._files = files
        self._runtime = runtime
        self._host = host
        self._events = events
        self._operations = operations
        self._clock = clock
        self._chance = chance
        self._defaults = defaults
        self._remapped = remapped

    async def create(self, spec: ContainerSpec, name: str = "", platform: str = "") -> Created:
        """A new container of ``spec``, under ``name`` or one of chance. Raises what any of its parts raises:
        NoSuchImage, NameInUse, InvalidArgument, NoSuchNetwork, …; nothing is left behind then."""
        return await self._operations.run(self._create(spec, name, platform))

    async def create_for_build(self, spec: ContainerSpec, image: Image) -> Created:
        """A new container of an image that need not be stored: its layers are. Recovery removes it."""
        return await self._operations.run(self._create_of(image, spec, "", build=True))

    async def _create(self, spec: ContainerSpec, name: str, platform: str) -> Created:
        if not spec.image:
            raise InvalidArgument("no command specified")  # as dockerd has it: there is none without an image
        image = self._images.find(spec.image)
        check_platform(image.platform, platform, spec.image)
        return await self._create_of(image, spec, name)

    async def _create_of(self, image: Image, spec: ContainerSpec, name: str, build: bool = False) -> Created:
        draft, warnings = self._draft(image, spec, name, build)
        await self._log_plugins.check(draft.spec.host.log.driver)
        with self._catalog.reserving(draft.name, draft.id):
            async with self._images.hold(image.id, image.chain_id), AsyncExitStack() as undo:
                container = await self._make(draft, image, undo)
                undo.pop_all()
        tell(self._events, container, "create")
        return Created(container=container, warnings=warnings)

    def _draft(self, image: Image, spec: ContainerSpec, name: str, build: bool) -> tuple[Container, tuple[str, ...]]:
        """The container but for what has to be made for it; and warnings about what was asked."""
        container_id = self._chance.new_id()
        facts = self._host.facts()
        merged = creation.merge(spec, image.config)
        warnings = validation.check(merged, facts)
        remapping.check(merged.host, self._remapped)
        kept = namespaces.with_cgroups(resources.with_kept_limits(merged, facts), facts, self._defaults)
        spec = creation.complete(kept, container_id, facts.hostname, self._defaults)
        spec = self._networks.named(self._with_peers(spec, name.removeprefix("/")))
        runtime = self._runtime.check(spec.host.runtime)
        draft = Container(
            id=container_id,
            name=name.removeprefix("/") or self._free_name(),
            image_id=image.id,
            chain_id=image.chain_id,
            created=self._clock.now(),
            spec=spec,
            runtime=runtime,
            remapping=remapping.remapping_of(spec.host, self._remapped),
            build=build,
        )
        return draft, warnings

    async def _make(self, draft: Container, image: Image, undo: AsyncExitStack) -> Container:
        """The container with its links and mounts, stored; ``undo`` takes away all that was made for it."""
        links = self._linking.resolve(draft.spec)
        undo.push_async_callback(self._volumes.discard, draft.id)
        mounts = await self._volumes.resolve(draft.id, draft.spec, self._catalog.find)
        undo.push_async_callback(self._snapshots.remove, draft.id)
        await self._snapshots.prepare(draft.id)
        undo.push_async_callback(self._files.remove, draft.id)
        await self._files.write(draft.id, {})
        container = replace(draft, links=links, mounts=mounts)
        if not container.build and container.spec.working_dir != image.config.working_dir:
            await self._make_working_dir(container, undo)
        await self._populate(container, undo)
        undo.push_async_callback(self._catalog.delete, container.id)
        container = await self._catalog.put(container)
        self._volumes.settled(container.id)
        return container

    async def _make_working_dir(self, container: Container, undo: AsyncExitStack) -> None:
        """One that its image does not name is there before the start, so that files can be copied to it."""
        undo.push_async_callback(self._roots.unmount, container)
        async with self._roots.borrowed(container) as root:
            await self._roots.make_working_dir(container, root)

    async def _populate(self, container: Container, undo: AsyncExitStack) -> None:
        """Its empty volumes begin with what the image has there; an image without layers has nothing."""
        if container.chain_id and await self._volume_use.lacks_files(container):
            undo.push_async_callback(self._roots.unmount, container)
            async with self._roots.pristine(container) as root:
                await self._volume_use.populate(container, root)

    def _with_peers(self, spec: ContainerSpec, name: str) -> ContainerSpec:
        """The spec with the IDs of those whose namespaces it shares. NoSuchContainer for any that it names,
        InternalError for a network of its own."""
        if name and namespaces.peer(spec.host.network) == name:
            raise InternalError("cannot join own network")
        ids = {name: self._catalog.find(name).id for name in namespaces.peers(spec.host)}
        return replace(spec, host=namespaces.with_peers(spec.host, ids.__getitem__))

    def _free_name(self) -> str:
        attempt = 0
        while not self._catalog.free(name := self._chance.new_name(attempt)):
            attempt += 1
        return name
