"""An engine in memory: the services as the API knows them, with as little behind them as a user could notice."""

from typing import cast

from tests.fakes.plugins import FakePlugins
from tests.fakes.registry import FakeRegistry
from tests.unit.api.fakes.containers import FakeContainers, FakeExecs
from tests.unit.api.fakes.files import FakeCommitting, FakeCopying
from tests.unit.api.fakes.images import FakeArchives, FakeBuilds, FakeImages, FakeTransfer
from tests.unit.api.fakes.managed_plugins import FakeManagedPlugins
from tests.unit.api.fakes.networks import FakeNetworks
from tests.unit.api.fakes.streams import FakeAttachment
from tests.unit.api.fakes.system import SETTINGS, FakeClock, FakeEvents, FakeHost, FakeRuntime
from tests.unit.api.fakes.volumes import FakeVolumes
from tests.unit.api.samples import BRIDGE, NOW, RUNNING

from wherry.engine.authorization import Authorization
from wherry.engine.concurrency.operations import Operations
from wherry.engine.containers import Containers
from wherry.engine.events import Events
from wherry.engine.images import Images
from wherry.engine.ports import Host, Registry, Runtime
from wherry.engine.registries import Registries
from wherry.engine.system import System
from wherry.engine.transfer import Transfer
from wherry.engine.volumes import Volumes
from wherry.engine.volumes.drivers import VolumeDrivers
from wherry.model.volume import Volume

__all__ = ["FakeAttachment", "FakeEngine"]


class FakeEngine:
    """One running container called ``web``, the image busybox, the network bridge and a volume ``data``."""

    def __init__(self) -> None:
        self.containers = FakeContainers(RUNNING)
        self.execs = FakeExecs(self.containers)
        self.copying = FakeCopying()
        self.committing = FakeCommitting()
        self.builds = FakeBuilds()
        self.images = FakeImages()
        self.transfer = FakeTransfer()
        self.registry = FakeRegistry()
        self.registries = Registries(self.registry)
        self.archives = FakeArchives()
        self.networks = FakeNetworks(BRIDGE)
        self.volumes = FakeVolumes(Volume(name="data", created=NOW))
        self.events = FakeEvents()
        self.plugins = FakePlugins()
        self.managed_plugins = FakeManagedPlugins()
        self.authorization = Authorization(self.plugins)
        self.system = System(
            settings=SETTINGS,
            containers=cast(Containers, self.containers),
            images=cast(Images, self.images),
            transfer=cast(Transfer, self.transfer),
            registry=cast(Registry, self.registry),
            volumes=cast(Volumes, self.volumes),
            drivers=VolumeDrivers(self.plugins),
            authorization=self.authorization,
            events=cast(Events, self.events),
            host=cast(Host, FakeHost()),
            runtime=cast(Runtime, FakeRuntime()),
            clock=FakeClock(),
            operations=Operations(),
        )
