"""The services of containers on fakes: a whole engine without an outside."""

import importlib.resources
from pathlib import Path
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
from tests.fakes.store import FakeContainerFiles, FakeContent, FakeLogs, FakeRecords, FakeSnapshots, FakeVolumeFiles
from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.concurrency.operations import Operations
from wherry.engine.containers import Containers
from wherry.engine.containers.building import Building
from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.connecting import Connecting
from wherry.engine.containers.creation import Creation
from wherry.engine.containers.ending import Ending
from wherry.engine.containers.etc_files import EtcFiles
from wherry.engine.containers.execs import Execs
from wherry.engine.containers.forwarding import LogForwarding
from wherry.engine.containers.health import HealthChecks
from wherry.engine.containers.hubs import Hubs
from wherry.engine.containers.launcher import Launcher
from wherry.engine.containers.linking import Linking
from wherry.engine.containers.removal import Removal
from wherry.engine.containers.rootfs import Roots
from wherry.engine.containers.rotation import LogRotation
from wherry.engine.containers.sandboxes import Sandboxes
from wherry.engine.containers.stats import Stats
from wherry.engine.containers.supervisor import Supervisor
from wherry.engine.containers.teardown import Teardown
from wherry.engine.containers.updating import Updating
from wherry.engine.containers.viewing import Viewing
from wherry.engine.containers.waiters import Waiters
from wherry.engine.events import Events
from wherry.engine.images import Images
from wherry.engine.networks import Networks
from wherry.engine.recovery import Recovery
from wherry.engine.volumes import Volumes
from wherry.engine.volumes.use import VolumeUse
from wherry.model.container import Container, ContainerSpec, HostSpec
from wherry.model.image import ImageConfig, Layer, Platform
from wherry.model.network import NetworkSettings
from wherry.model.reference import Reference
from wherry.model.remapping import Remapping
from wherry.plan.images.chain import chain_ids
from wherry.plan.images.configuration import write_image
from wherry.plan.oci.seccomp import Seccomp

IMAGE = "busybox"
_SECCOMP = importlib.resources.files("wherry.plan").joinpath("data/seccomp.json").read_bytes()
_DIFF_ID = f"sha256:{'a' * 64}"


class Outside:
    """What outlives an engine."""

    def __init__(self) -> None:
        self.records, self.content, self.snapshots = FakeRecords(), FakeContent(), FakeSnapshots()
        self.files, self.logs, self.volumes = FakeContainerFiles(), FakeLogs(), FakeVolumeFiles()
        self.mounts, self.runtime, self.networking = FakeMounts(), FakeRuntime(), FakeNetworking()
        self.users, self.collectors = FakeUserNamespaces(), FakeCollectors()
        self.clock, self.chance = FakeClock(), FakeChance()

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
    """Records whose tables can be made to fail."""

    def __init__(self, records: FakeRecords, faults: Faults) -> None:
        for name in ("containers", "images", "tags", "layers", "networks", "volumes", "cache"):
            setattr(self, name, faults.wrap(name, getattr(records, name)))
        self.commit = records.commit


class World:
    """One life of an engine. Its calls to the outside go through ``faults``."""

    def __init__(self, outside: Outside | None = None, remapped: Remapping | None = None) -> None:
        self.outside = out = outside or Outside()
        self.faults = Faults()
        wrap = self.faults.wrap
        records: Any = _Records(out.records, self.faults)
        snapshots, files = wrap("snapshots", out.snapshots), wrap("files", out.files)
        mounts, runtime = wrap("mounts", out.mounts), wrap("runtime", out.runtime)
        host = wrap("host", FakeHost(out.runtime))
        clock, chance, devices = out.clock, out.chance, FakeDevices()
        self.events, self.operations, locks = Events(clock), Operations(), KeyedLocks()
        catalog, waiters, hubs = Catalog(records), Waiters(), Hubs(runtime)
        self.images = Images(
            records=out.records,
            content=out.content,
            snapshots=out.snapshots,
            operations=self.operations,
            events=self.events,
            clock=clock,
            containers_using=catalog.of_image,
        )
        self.networks = Networks(
            records=records,
            networking=wrap("networking", out.networking),
            clock=clock,
            chance=chance,
            events=self.events,
            settings=NetworkSettings(),
            containers=catalog.all,
            name_servers=wrap("name_servers", FakeNameServers()),
            host_resolv_conf=host.resolv_conf,
        )
        volume_files = wrap("volumes", out.volumes)
        self.volumes = Volumes(
            records=records,
            files=volume_files,
            clock=clock,
            chance=chance,
            events=self.events,
            containers=catalog.all,
        )
        self.volume_use = VolumeUse(
            Path("/run/parts"),
            volumes=self.volumes,
            files=volume_files,
            mounts=mounts,
            events=self.events,
            containers=catalog.all,
        )
        roots = Roots(images=self.images, snapshots=snapshots, mounts=mounts, files=FakeRootFiles(), devices=devices)
        sandboxes = Sandboxes(Path("/run"), self.networks, mounts, wrap("users", out.users))
        teardown = Teardown(runtime=runtime, sandboxes=sandboxes, roots=roots, volumes=self.volume_use)
        forwarding = LogForwarding(files=files, logs=out.logs, collectors=out.collectors, clock=clock)
        removal = Removal(
            catalog=catalog,
            teardown=teardown,
            snapshots=snapshots,
            files=files,
            forwarding=forwarding,
            volumes=self.volumes,
            images=self.images,
            hubs=hubs,
            waiters=waiters,
            events=self.events,
            clock=clock,
        )
        linking = Linking(catalog=catalog, networks=self.networks, files=files, locks=locks)
        etc_files = EtcFiles(files=files, host=host, networks=self.networks)
        launcher = Launcher(
            catalog=catalog,
            linking=linking,
            roots=roots,
            sandboxes=sandboxes,
            volumes=self.volume_use,
            files=files,
            etc_files=etc_files,
            runtime=runtime,
            host=host,
            hubs=hubs,
            seccomp=Seccomp(_SECCOMP),
            remapped=remapped,
        )
        self.execs = Execs(
            catalog=catalog,
            linking=linking,
            roots=roots,
            runtime=runtime,
            host=host,
            events=self.events,
            operations=self.operations,
            chance=chance,
            clock=clock,
        )
        checks = HealthChecks(
            catalog=catalog,
            execs=self.execs,
            events=self.events,
            operations=self.operations,
            locks=locks,
            clock=clock,
        )
        self.supervisor = Supervisor(
            catalog=catalog,
            launcher=launcher,
            teardown=teardown,
            removal=removal,
            volumes=self.volume_use,
            runtime=runtime,
            hubs=hubs,
            checks=checks,
            rotation=LogRotation(files=files, logs=out.logs, runtime=runtime),
            forwarding=forwarding,
            waiters=waiters,
            events=self.events,
            operations=self.operations,
            locks=locks,
            clock=clock,
        )
        creation = Creation(
            catalog=catalog,
            linking=linking,
            images=self.images,
            volumes=self.volumes,
            volume_use=self.volume_use,
            roots=roots,
            networks=self.networks,
            snapshots=snapshots,
            files=files,
            runtime=runtime,
            host=host,
            events=self.events,
            operations=self.operations,
            clock=clock,
            chance=chance,
            remapped=remapped,
        )
        ending = Ending(
            catalog=catalog,
            supervisor=self.supervisor,
            removal=removal,
            checks=checks,
            runtime=runtime,
            host=host,
            waiters=waiters,
            events=self.events,
            operations=self.operations,
            locks=locks,
        )
        viewing = Viewing(
            catalog=catalog,
            images=self.images,
            roots=roots,
            sandboxes=sandboxes,
            snapshots=snapshots,
            layers=FakeLayers(out.content),
            files=files,
            logs=out.logs,
            journal=FakeLogs(),
            runtime=runtime,
            host=host,
            hubs=hubs,
            waiters=waiters,
            events=self.events,
        )
        self.containers = Containers(
            catalog=catalog,
            networks=self.networks,
            creation=creation,
            building=Building(
                catalog=catalog,
                teardown=teardown,
                snapshots=snapshots,
                operations=self.operations,
                locks=locks,
            ),
            supervisor=self.supervisor,
            ending=ending,
            linking=linking,
            viewing=viewing,
            stats=Stats(
                catalog=catalog, waiters=waiters, host=host, networking=out.networking, sandboxes=sandboxes, clock=clock
            ),
            updating=Updating(
                catalog=catalog,
                runtime=runtime,
                host=host,
                events=self.events,
                operations=self.operations,
                locks=locks,
            ),
            connecting=Connecting(
                catalog=catalog,
                networks=self.networks,
                sandboxes=sandboxes,
                etc_files=etc_files,
                operations=self.operations,
                locks=locks,
            ),
            events=self.events,
            operations=self.operations,
            locks=locks,
        )
        self._recovery = Recovery(
            catalog=catalog,
            supervisor=self.supervisor,
            removal=removal,
            forwarding=forwarding,
            teardown=teardown,
            sandboxes=sandboxes,
            networks=self.networks,
            images=self.images,
            volumes=self.volumes,
            volume_use=self.volume_use,
            snapshots=snapshots,
            files=files,
            mounts=mounts,
            runtime=runtime,
            host=host,
        )

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
