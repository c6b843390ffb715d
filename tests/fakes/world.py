"""The services of containers on fakes: a whole engine without an outside."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.fakes.collectors import FakeCollectors
from tests.fakes.faults import Faults
from tests.fakes.host import (
    FakeChance,
    FakeClock,
    FakeDevices,
    FakeHost,
    FakeMounts,
    FakeRootFiles,
    FakeRuntime,
    FakeUserNamespaces,
)
from tests.fakes.layers import FakeLayers
from tests.fakes.name_servers import FakeNameServers
from tests.fakes.networking import FakeNetworking
from tests.fakes.plugins import FakePlugins
from tests.fakes.store import FakeContainerFiles, FakeContent, FakeLogs, FakeRecords, FakeSnapshots, FakeVolumeFiles
from wherry.model.container import Container, ContainerSpec, HostSpec
from wherry.model.image import ImageConfig, Layer, Platform
from wherry.model.reference import Reference
from wherry.model.remapping import Remapping
from wherry.model.system import Settings
from wherry.plan.images.chain import chain_ids
from wherry.plan.images.configuration import write_image
from wherry.wiring.config import EngineConfig
from wherry.wiring.containers import make_containers
from wherry.wiring.edges import Edges
from wherry.wiring.foundation import make_foundation
from wherry.wiring.shared import make_shared
from wherry.wiring.system import make_recovery
from wherry.wiring.verbs import make_verbs

IMAGE = "busybox"
_DIFF_ID = f"sha256:{'a' * 64}"


class Outside:
    """What outlives an engine."""

    def __init__(self) -> None:
        self.records, self.content, self.snapshots = FakeRecords(), FakeContent(), FakeSnapshots()
        self.files, self.logs, self.volumes = FakeContainerFiles(), FakeLogs(), FakeVolumeFiles()
        self.mounts, self.runtime, self.networking = FakeMounts(), FakeRuntime(), FakeNetworking()
        self.users, self.collectors = FakeUserNamespaces(), FakeCollectors()
        self.clock, self.chance, self.plugins = FakeClock(), FakeChance(), FakePlugins()
        self.root_files = FakeRootFiles()

    def held(self) -> dict[str, object]:
        """What containers hold on the host while they run: all of it empty when none does."""
        return {
            "mounts": self.mounts.targets(),
            "bundles": tuple(self.runtime.bundles),
            "processes": tuple(self.runtime.living),
            "exits": tuple(self.runtime.exits),
            "namespaces": (*self.networking.pinned, *self.users.pinned),
            "published ports": tuple(self.networking.published),
        }

    def kept(self) -> dict[str, object]:
        """What containers have on disk: all of it empty when there is none."""
        layers = {layer.directory for layer in self.records.layers.all()}
        return {
            "rows": tuple(self.records.containers.rows),
            "files": tuple(self.files.files),
            "snapshots": tuple(name for name in self.snapshots.names() if name not in layers),
            "volumes": (tuple(self.records.volumes.rows), tuple(self.volumes.volumes)),
        }


class _Records:
    """Records of which those of containers, networks and volumes can be made to fail."""

    def __init__(self, records: FakeRecords, faults: Faults) -> None:
        for name in ("containers", "networks", "volumes"):
            setattr(self, name, faults.wrap(name, getattr(records, name)))
        self._records = records

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)


def _edges(out: Outside, faults: Faults, remapped: Remapping | None) -> Any:
    """The outside in the place of everything that touches the world. Calls to it go through ``faults``."""
    wrap = faults.wrap
    return Edges(
        exec_root=Path("/run"),
        store=SimpleNamespace(
            records=_Records(out.records, faults),
            content=out.content,
            snapshots=wrap("snapshots", out.snapshots),
            containers=wrap("files", out.files),
            volumes=wrap("volumes", out.volumes),
            logs=out.logs,
        ),
        clock=out.clock,
        chance=out.chance,
        machine=wrap("host", FakeHost(out.runtime)),
        mounts=wrap("mounts", out.mounts),
        user_namespaces=wrap("users", out.users),
        step_files=None,
        devices=FakeDevices(),
        root_files=out.root_files,
        runtime=wrap("runtime", out.runtime),
        networking=wrap("networking", out.networking),
        name_servers=wrap("name_servers", FakeNameServers()),
        collectors=out.collectors,
        plugins=out.plugins,
        registry=None,
        web=None,
        layers=FakeLayers(out.content),
        journal=FakeLogs(),
        settings=Settings(id="engine", version="0", python="3", data_root="/var/lib/wherry", remapping=remapped),
    )


class World:
    """One life of an engine: its services as they are put together, with nothing outside them."""

    def __init__(self, outside: Outside | None = None, remapped: Remapping | None = None) -> None:
        self.outside = outside or Outside()
        self.faults = Faults()
        config, edges = EngineConfig(), _edges(self.outside, self.faults, remapped)
        shared = make_shared(config, edges)
        foundation = make_foundation(config, edges, shared)
        self.edges, self.shared, self.foundation = edges, shared, foundation
        verbs = make_verbs(edges, shared, foundation)
        self.events, self.operations = shared.events, shared.operations
        self.images, self.networks = foundation.images, foundation.networks
        self.volumes, self.volume_use = foundation.volumes, foundation.volume_use
        self.execs, self.supervisor = verbs.execs, verbs.supervisor
        self.containers = make_containers(edges, shared, foundation, verbs)
        self._recovery = make_recovery(edges, shared, foundation, verbs)

    @classmethod
    async def open(cls, outside: Outside | None = None, remapped: Remapping | None = None) -> "World":
        """An engine that has done its recovery, with the image ``busybox``."""
        world = cls(outside, remapped)
        await world._recovery.run()
        if not world.images.all():
            await world._add_image()
        return world

    async def close(self) -> None:
        """The engine ends as it should."""
        await self.supervisor.close()

    async def create(self, name: str = "box", *, host: HostSpec | None = None, **spec: Any) -> Container:
        """A container of ``busybox``."""
        asked = ContainerSpec(image=IMAGE, host=host or HostSpec(), **{"command": ("sleep", "1d"), **spec})
        return (await self.containers.create(asked, name)).container

    async def run(self, name: str = "box", *, host: HostSpec | None = None, **spec: Any) -> Container:
        """The same, started."""
        container = await self.create(name, host=host, **spec)
        await self.containers.start(container.id)
        return self.containers.find(container.id)

    async def exit(self, container: Container, code: int = 0) -> None:
        """The container's process ends by itself; returns when that is recorded."""
        ended = self.containers.wait(container.id, "next-exit")
        process = self.containers.find(container.id).state.process
        assert process is not None
        await self.outside.runtime.end(process.pid, code)
        await ended
        await self.operations.drain()

    async def _add_image(self) -> None:
        out = self.outside
        config = write_image(
            platform=Platform(os="linux", architecture="amd64"),
            config=ImageConfig(env=("PATH=/bin",)),
            diff_ids=(_DIFF_ID,),
            history=(),
            created=out.clock.now(),
        )
        blob = await out.content.put(b"a layer")
        (chain_id,) = chain_ids((_DIFF_ID,))
        layer = Layer(chain_id=chain_id, diff_id=_DIFF_ID, directory=await out.snapshots.begin(), size=7, blob=blob)
        await self.images.add(config, None, (layer,), (Reference.parse(IMAGE),))
