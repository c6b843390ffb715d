"""The engine as a whole: what it is, what it runs on, what it holds."""

from collections.abc import Iterable
from operator import attrgetter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from wherry.engine.authorization import Authorization
from wherry.engine.concurrency.operations import Operations
from wherry.engine.containers import Containers
from wherry.engine.events import Events
from wherry.engine.images import Images
from wherry.engine.ports import Clock, Host, Registry, Runtime
from wherry.engine.volumes import Volumes
from wherry.engine.volumes.drivers import VolumeDrivers
from wherry.engine.volumes.measuring import Measuring
from wherry.errors import NoSuchContainer
from wherry.model.container import Container, Status
from wherry.model.host import Forwarding, HostFacts
from wherry.model.image import Layer
from wherry.model.launch import RuntimeInfo
from wherry.model.resources import Ulimit
from wherry.model.system import (
    BUILTIN_PROFILE,
    ContainerUsage,
    Counts,
    DiskUsage,
    ImageUsage,
    Info,
    Reloadable,
    Settings,
    Version,
    VolumeUsage,
)
from wherry.plan import reload

if TYPE_CHECKING:
    from wherry.engine.transfer import Transfer

IMAGES, CONTAINERS, VOLUMES = "image", "container", "volume"
KINDS = frozenset((IMAGES, CONTAINERS, VOLUMES))


class System:
    def __init__(
        self,
        *,
        settings: Settings,
        containers: Containers,
        images: Images,
        transfer: "Transfer",
        registry: Registry,
        volumes: Volumes,
        drivers: VolumeDrivers,
        authorization: Authorization,
        events: Events,
        host: Host,
        runtime: Runtime,
        clock: Clock,
        operations: Operations,
    ) -> None:
        self._settings = settings
        self._containers = containers
        self._images = images
        self._transfer = transfer
        self._registry = registry
        self._volumes = volumes
        self._drivers = drivers
        self._authorization = authorization
        self._measuring = Measuring(volumes, operations)
        self._events = events
        self._host = host
        self._runtime = runtime
        self._clock = clock
        self._operations = operations

    @property
    def facts(self) -> HostFacts:
        return self._host.facts()

    @property
    def data_root(self) -> str:
        return self._settings.data_root

    @property
    def default_ulimits(self) -> tuple[Ulimit, ...]:
        """Of containers that ask for none of that name."""
        return self._settings.defaults.ulimits

    def now(self) -> int:
        """Nanoseconds since the epoch."""
        return self._clock.now()

    def version(self) -> Version:
        return Version(settings=self._settings, facts=self.facts, runtimes=self._usable_runtimes())

    def info(self) -> Info:
        facts, forwarding = self.facts, self._host.forwarding()
        return Info(
            settings=self._settings,
            facts=facts,
            containers=_count(self._containers.all()),
            images=len(self._images.all()),
            volume_drivers=self._drivers.known(),
            authorization=self._authorization.names,
            runtimes=self._usable_runtimes(),
            default_runtime=self._runtime.check(""),
            forwarding=forwarding,
            listeners=self._events.listeners,
            time=self.now(),
            warnings=(
                *self._settings.warnings,
                *_weakened(self._settings),
                *_lacks(facts, forwarding),
                *_refusals(self._runtime.available()),
            ),
        )

    async def reload(self, told: Reloadable) -> None:
        """Take other settings. InvalidArgument, NotSupported; nothing changes then."""
        await self._runtime.configure(told.runtimes, told.default_runtime)
        registries = told.registries
        self._registry.configure(registries)
        self._operations.patience = told.shutdown_timeout
        self._transfer.limit(max_downloads=registries.max_downloads, max_uploads=registries.max_uploads)
        self._settings = replace(
            self._settings,
            debug=told.debug,
            labels=told.labels,
            insecure_registries=registries.insecure,
            mirrors=registries.mirrors,
        )
        attributes = reload.attributes(told, self._settings, self.facts, self._runtime.check(""))
        self._events.publish("daemon", "reload", self._settings.id, attributes)

    async def disk_usage(self, kinds: frozenset[str] = KINDS) -> DiskUsage:
        """How much room is taken by what. Containers that vanish meanwhile are left out."""
        stacks = {image.id: self._images.layers(image) for image in self._images.all()}
        return DiskUsage(
            layers=_unique_bytes(stacks.values()) if IMAGES in kinds else 0,
            images=self._image_usage(stacks) if IMAGES in kinds else None,
            containers=await self._container_usage() if CONTAINERS in kinds else None,
            volumes=await self._volume_usage() if VOLUMES in kinds else None,
        )

    def _usable_runtimes(self) -> tuple[RuntimeInfo, ...]:
        return tuple(runtime for runtime in self._runtime.available() if not runtime.reason)

    def _image_usage(self, stacks: dict[str, tuple[Layer, ...]]) -> tuple[ImageUsage, ...]:
        holders: dict[str, int] = {}
        for stack in stacks.values():
            for layer in stack:
                holders[layer.chain_id] = holders.get(layer.chain_id, 0) + 1
        used = [container.image_id for container in self._containers.all()]
        return tuple(
            ImageUsage(
                image=image,
                names=self._images.names(image.id),
                shared=sum(layer.size for layer in stacks[image.id] if holders[layer.chain_id] > 1),
                containers=used.count(image.id),
            )
            for image in self._images.all()
            if image.id in stacks
        )

    async def _container_usage(self) -> tuple[ContainerUsage, ...]:
        usages = []
        for container in self._containers.all():
            try:
                own, root = await self._containers.size(container.id)
            except NoSuchContainer:
                continue
            usages.append(ContainerUsage(container=container, own=own, root=root))
        return tuple(usages)

    async def _volume_usage(self) -> tuple[VolumeUsage, ...]:
        volumes = tuple(filter(attrgetter("is_local"), self._volumes.all()))
        sizes = await self._measuring.sizes(tuple(volume.name for volume in volumes))
        return tuple(
            VolumeUsage(
                volume=volume,
                path=str(self._volumes.path(volume.name)),
                users=len(self._volumes.users(volume.name)),
                size=size,
            )
            for volume, size in zip(volumes, sizes, strict=True)
        )


def _count(containers: Iterable[Container]) -> Counts:
    statuses = [container.state.status for container in containers]
    paused = statuses.count(Status.PAUSED)
    running = statuses.count(Status.RUNNING) + statuses.count(Status.RESTARTING)
    return Counts(total=len(statuses), running=running, paused=paused, stopped=len(statuses) - running - paused)


def _unique_bytes(stacks: Iterable[tuple[Layer, ...]]) -> int:
    return sum({layer.chain_id: layer.size for stack in stacks for layer in stack}.values())


def _weakened(settings: Settings) -> tuple[str, ...]:
    usual = settings.seccomp_profile == BUILTIN_PROFILE
    return () if usual else ("WARNING: daemon is not using the default seccomp profile",)


def _lacks(facts: HostFacts, forwarding: Forwarding) -> tuple[str, ...]:
    """Docker's words for what the kernel does not give."""
    checks = (
        ("memory" in facts.controllers, "No memory limit support"),
        ("cpu" in facts.controllers, "No cpu shares support"),
        ("cpuset" in facts.controllers, "No cpuset support"),
        (forwarding.ipv4, "IPv4 forwarding is disabled"),
    )
    return tuple(f"WARNING: {text}" for is_there, text in checks if not is_there)


def _refusals(runtimes: Iterable[RuntimeInfo]) -> tuple[str, ...]:
    """Why runtimes that are installed cannot be used."""
    return tuple(
        f"WARNING: runtime {runtime.name} cannot be used: {runtime.reason}"
        for runtime in runtimes
        if runtime.reason and runtime.version
    )
