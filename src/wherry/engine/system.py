"""The engine as a whole: what it is, what it runs on, what it holds."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from wherry.engine.ports import Clock
from wherry.errors import NoSuchContainer
from wherry.model.container import Container, Status
from wherry.model.host import HostFacts
from wherry.model.image import Image, Layer
from wherry.model.launch import RuntimeInfo
from wherry.model.reference import Reference
from wherry.model.volume import Volume

IMAGES, CONTAINERS, VOLUMES = "image", "container", "volume"
KINDS = frozenset((IMAGES, CONTAINERS, VOLUMES))

_FORWARDING = "net/ipv4/ip_forward"
_BRIDGED_IPV4, _BRIDGED_IPV6 = "net/bridge/bridge-nf-call-iptables", "net/bridge/bridge-nf-call-ip6tables"


class Settings(Struct, frozen=True, kw_only=True):
    """What the engine was told about itself.

    ``id`` is kept for the life of the data root, ``monitor`` is name and version of the containers' monitor,
    ``init_path`` the binary of ``--init``, "" if there is none.
    """

    id: str
    version: str
    python: str
    data_root: str
    monitor: tuple[str, str] = ("", "")
    commit: str = ""
    build_time: str = ""
    init_path: str = ""
    debug: bool = False
    experimental: bool = False
    labels: tuple[str, ...] = ()
    insecure_registries: tuple[str, ...] = ()
    mirrors: tuple[str, ...] = ()
    http_proxy: str = ""
    https_proxy: str = ""
    no_proxy: str = ""


class Version(Struct, frozen=True, kw_only=True):
    settings: Settings
    facts: HostFacts
    runtimes: tuple[RuntimeInfo, ...]


class Counts(Struct, frozen=True, kw_only=True):
    """How many containers are in which state; a paused one runs."""

    total: int
    running: int
    paused: int
    stopped: int


class Forwarding(Struct, frozen=True, kw_only=True):
    """Which of the kernel's parameters for routing and bridges are on."""

    ipv4: bool
    bridged_ipv4: bool
    bridged_ipv6: bool


class Info(Struct, frozen=True, kw_only=True):
    """``time`` in ns since the epoch, ``listeners`` of the event feed, ``warnings`` for people."""

    settings: Settings
    facts: HostFacts
    containers: Counts
    images: int
    runtimes: tuple[RuntimeInfo, ...]
    default_runtime: str
    forwarding: Forwarding
    listeners: int
    time: int
    warnings: tuple[str, ...]


class ImageUsage(Struct, frozen=True, kw_only=True):
    """``shared`` are the bytes of layers that other images have too, ``containers`` those made from the image."""

    image: Image
    names: tuple[Reference, ...]
    shared: int
    containers: int


class ContainerUsage(Struct, frozen=True, kw_only=True):
    """``own`` are the bytes of the container's files, ``root`` those with its image."""

    container: Container
    own: int
    root: int


class VolumeUsage(Struct, frozen=True, kw_only=True):
    """``size`` -1: not measured."""

    volume: Volume
    path: str
    users: int
    size: int = -1


class DiskUsage(Struct, frozen=True, kw_only=True):
    """``layers`` are the bytes of all layers, each counted once. None for a kind that was not asked for."""

    layers: int = 0
    images: tuple[ImageUsage, ...] | None = None
    containers: tuple[ContainerUsage, ...] | None = None
    volumes: tuple[VolumeUsage, ...] | None = None


class CountedContainers(Protocol):
    def all(self) -> tuple[Container, ...]: ...

    async def size(self, ref: str) -> tuple[int, int]: ...


class CountedImages(Protocol):
    def all(self) -> tuple[Image, ...]: ...

    def names(self, image_id: str) -> tuple[Reference, ...]: ...

    def layers(self, image: Image) -> tuple[Layer, ...]: ...


class CountedVolumes(Protocol):
    def all(self) -> tuple[Volume, ...]: ...

    def path(self, name: str) -> Path: ...

    def users(self, name: str) -> tuple[str, ...]: ...


class Facts(Protocol):
    def facts(self) -> HostFacts: ...


class Runtimes(Protocol):
    def available(self) -> tuple[RuntimeInfo, ...]: ...

    def check(self, name: str) -> str: ...


class Feed(Protocol):
    @property
    def listeners(self) -> int: ...


class System:
    def __init__(
        self,
        *,
        settings: Settings,
        containers: CountedContainers,
        images: CountedImages,
        volumes: CountedVolumes,
        events: Feed,
        host: Facts,
        runtime: Runtimes,
        clock: Clock,
        sysctl: Callable[[str], str],
    ) -> None:
        """``sysctl`` reads a kernel parameter by its path below /proc/sys; FileNotFoundError if there is none."""
        self._settings = settings
        self._containers = containers
        self._images = images
        self._volumes = volumes
        self._events = events
        self._host = host
        self._runtime = runtime
        self._clock = clock
        self._sysctl = sysctl

    @property
    def facts(self) -> HostFacts:
        return self._host.facts()

    @property
    def data_root(self) -> str:
        return self._settings.data_root

    def now(self) -> int:
        """Nanoseconds since the epoch."""
        return self._clock.now()

    def version(self) -> Version:
        return Version(settings=self._settings, facts=self.facts, runtimes=self._usable_runtimes())

    def info(self) -> Info:
        facts, forwarding = self.facts, self._forwarding()
        return Info(
            settings=self._settings,
            facts=facts,
            containers=_count(self._containers.all()),
            images=len(self._images.all()),
            runtimes=self._usable_runtimes(),
            default_runtime=self._runtime.check(""),
            forwarding=forwarding,
            listeners=self._events.listeners,
            time=self.now(),
            warnings=(*_lacks(facts, forwarding), *_refusals(self._runtime.available())),
        )

    async def disk_usage(self, kinds: frozenset[str] = KINDS) -> DiskUsage:
        """How much room is taken by what. Containers that vanish meanwhile are left out."""
        stacks = {image.id: self._images.layers(image) for image in self._images.all()}
        return DiskUsage(
            layers=_unique_bytes(stacks.values()) if IMAGES in kinds else 0,
            images=self._image_usage(stacks) if IMAGES in kinds else None,
            containers=await self._container_usage() if CONTAINERS in kinds else None,
            volumes=self._volume_usage() if VOLUMES in kinds else None,
        )

    def _usable_runtimes(self) -> tuple[RuntimeInfo, ...]:
        return tuple(runtime for runtime in self._runtime.available() if not runtime.reason)

    def _forwarding(self) -> Forwarding:
        return Forwarding(
            ipv4=self._is_on(_FORWARDING),
            bridged_ipv4=self._is_on(_BRIDGED_IPV4),
            bridged_ipv6=self._is_on(_BRIDGED_IPV6),
        )

    def _is_on(self, key: str) -> bool:
        try:
            return self._sysctl(key) == "1"
        except FileNotFoundError:
            return False

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

    def _volume_usage(self) -> tuple[VolumeUsage, ...]:
        return tuple(
            VolumeUsage(
                volume=volume, path=str(self._volumes.path(volume.name)), users=len(self._volumes.users(volume.name))
            )
            for volume in self._volumes.all()
        )


def _count(containers: Iterable[Container]) -> Counts:
    statuses = [container.state.status for container in containers]
    paused = statuses.count(Status.PAUSED)
    running = statuses.count(Status.RUNNING) + statuses.count(Status.RESTARTING)
    return Counts(total=len(statuses), running=running, paused=paused, stopped=len(statuses) - running - paused)


def _unique_bytes(stacks: Iterable[tuple[Layer, ...]]) -> int:
    return sum({layer.chain_id: layer.size for stack in stacks for layer in stack}.values())


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
