from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.fakes.host import FakeChance, FakeClock, FakeMounts
from tests.fakes.plugins import FakePlugins
from tests.fakes.store import FakeRecords, FakeVolumeFiles

from wherry.engine.concurrency.operations import Operations
from wherry.engine.events import Events
from wherry.engine.volumes import Volumes
from wherry.engine.volumes.driven import DrivenMounts
from wherry.engine.volumes.drivers import VolumeDrivers
from wherry.engine.volumes.use import VolumeUse
from wherry.errors import Conflict, InvalidArgument, NoSuchContainer, NoSuchVolume, NotFound, NotSupported, WherryError
from wherry.model.container import Container, ContainerSpec, ContainerState, HostSpec, Status
from wherry.model.mount import MountKind, MountSpec, Recursion

ROOT = "/merged"
TMPFS = {"type": "tmpfs", "device": "tmpfs"}


class World:
    def __init__(self) -> None:
        self.records, self.files, clock = FakeRecords(), FakeVolumeFiles(), FakeClock()
        self.events = Events(clock)
        containers = self.records.containers.all
        self.plugins, self.operations = FakePlugins(), Operations()
        drivers = VolumeDrivers(self.plugins)
        self.volumes = Volumes(
            records=self.records,
            files=self.files,
            drivers=drivers,
            clock=clock,
            chance=FakeChance(),
            events=self.events,
            containers=containers,
            data_root="/var/lib/wherry",
        )
        self.mounts = FakeMounts()
        self.use = VolumeUse(
            Path("/run/parts"),
            volumes=self.volumes,
            files=self.files,
            driven=DrivenMounts(
                records=self.records,
                drivers=drivers,
                chance=FakeChance(),
                operations=self.operations,
                containers=containers,
            ),
            mounts=self.mounts,
            events=self.events,
            containers=containers,
        )

    async def create(self, name: str, *, volumes: Iterable[str] = (), **host: Any) -> Container:
        """What a creation does with volumes."""
        spec = ContainerSpec(image="i", volumes=tuple(volumes), host=HostSpec(**host))
        container_id = f"id-{name}"
        mounts = await self.volumes.resolve(container_id, spec, self.find)
        container = Container(id=container_id, name=name, image_id="", chain_id="", created=0, spec=spec, mounts=mounts)
        await self.records.containers.put(container)
        self.volumes.settled(container_id)
        return container

    async def start(self, container: Container) -> Container:
        await self.use.acquire(container)
        container = replace(container, state=ContainerState(status=Status.RUNNING))
        await self.records.containers.put(container)
        return container

    async def stop(self, container: Container) -> None:
        await self.records.containers.put(replace(container, state=ContainerState(status=Status.EXITED)))
        self.use.let_go(container)
        await self.use.release(container)

    async def remove(self, container: Container) -> None:
        await self.volumes.remove_anonymous(container)
        await self.records.containers.delete(container.id)

    def find(self, ref: str) -> Container:
        for container in self.records.containers.all():
            if container.name == ref:
                return container
        raise NoSuchContainer(ref)

    def names(self) -> set[str]:
        names = {volume.name for volume in self.volumes.all()}
        assert names == set(self.files.volumes)
        return names

    def happened(self) -> list[tuple[str, str, dict[str, str]]]:
        return [(event.action, event.actor, event.attributes) for event in self.events._past]


# --- volumes by themselves ---


async def test_a_volume_is_made_once() -> None:
    world = World()
    made = (await world.volumes.create("data", labels={"a": "b"})).volume
    assert (made.driver, made.labels, made.anonymous) == ("local", {"a": "b"}, False)
    assert (await world.volumes.create("data", labels={"c": "d"})).volume == made
    assert (await world.volumes.view("data")).volume == made
    assert world.names() == {"data"}
    assert world.happened() == [("create", "data", {"driver": "local"})]


async def test_a_volume_without_a_name_is_anonymous() -> None:
    world = World()
    made = (await world.volumes.create("")).volume
    assert made.anonymous and made.labels == {"com.docker.volume.anonymous": ""}
    assert world.names() == {made.name}


@pytest.mark.parametrize(
    ("name", "more", "kind", "text"),
    [
        (
            "b/d",
            {},
            InvalidArgument,
            'create b/d: "b/d" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" '
            "are allowed. If you intended to pass a host directory, use absolute path",
        ),
        (
            "x",
            {},
            InvalidArgument,
            "create x: volume name is too short, names should be at least two alphanumeric characters",
        ),
        (
            "data",
            {"driver": "foo"},
            NotFound,
            'create data: error looking up volume plugin foo: plugin "foo" not found',
        ),
        ("data", {"options": {"foo": "bar"}}, InvalidArgument, 'create data: invalid option: "foo"'),
        (
            "data",
            {"options": {"type": "nfs"}},
            InvalidArgument,
            'create data: missing required option: "device"',
        ),
        (
            "data",
            {"options": {"size": "10m"}},
            NotSupported,
            "create data: quota size requested but no quota support",
        ),
    ],
)
async def test_what_cannot_be_made_is_refused_in_dockers_words(
    name: str, more: dict[str, Any], kind: type[WherryError], text: str
) -> None:
    world = World()
    with pytest.raises(kind) as caught:
        await world.volumes.create(name, **more)
    assert str(caught.value) == text
    assert world.names() == set()


async def test_a_volume_is_removed_with_its_data() -> None:
    world = World()
    await world.volumes.create("data")
    await world.volumes.remove("data")
    assert world.names() == set()
    assert world.happened()[-1] == ("destroy", "data", {"driver": "local"})


async def test_what_is_not_there_cannot_be_removed_but_by_force() -> None:
    world = World()
    with pytest.raises(NoSuchVolume, match=r"^get nope: no such volume$"):
        await world.volumes.remove("nope")
    await world.volumes.remove("nope", force=True)


@pytest.mark.parametrize("force", [True, False])
async def test_a_volume_that_containers_have_stays(force: bool) -> None:
    world = World()
    one, two = [await world.create(name, binds=("data:/d",)) for name in ("one", "two")]
    assert world.volumes.users("data") == (one.id, two.id)
    with pytest.raises(Conflict) as caught:
        await world.volumes.remove("data", force=force)
    assert str(caught.value) == f"remove data: volume is in use - [{one.id}, {two.id}]"
    assert world.names() == {"data"}


async def test_prune_takes_anonymous_volumes_that_nobody_has() -> None:
    world = World()
    used = await world.create("one", volumes=("/d",))
    await world.volumes.create("named")
    unused = (await world.volumes.create("")).volume
    world.files.volumes[unused.name]["file"] = "12345"
    assert await world.volumes.prune() == ((unused.name,), 5)
    assert world.names() == {"named", used.mounts[0].name}
    assert await world.volumes.prune(named=True) == (("named",), 0)


# --- the mounts of containers ---


async def test_named_volumes_are_made_on_demand_and_shared() -> None:
    world = World()
    one = await world.create("one", binds=("data:/d",))
    two = await world.create("two", mounts=(MountSpec(kind=MountKind.VOLUME, source="data", target="/e"),))
    assert [container.mounts[0].name for container in (one, two)] == ["data", "data"]
    assert one.mounts[0].source == str(world.volumes.path("data"))
    assert world.names() == {"data"}


async def test_each_container_gets_anonymous_volumes_of_its_own_and_rm_v_takes_them() -> None:
    world = World()
    one = await world.create("one", volumes=("/a",), binds=("/b", "data:/d"))
    two = await world.create("two", volumes=("/a",))
    assert len(world.names()) == 4
    await world.remove(one)
    assert world.names() == {"data", two.mounts[0].name}


async def test_an_anonymous_volume_goes_with_its_last_user() -> None:
    world = World()
    one = await world.create("one", volumes=("/a",))
    two = await world.create("two", volumes_from=("one:ro",))
    assert two.mounts[0].name == one.mounts[0].name and not two.mounts[0].writable
    await world.remove(one)
    assert world.names() == {one.mounts[0].name}
    await world.remove(two)
    assert world.names() == set()


async def test_volumes_from_nobody_are_refused() -> None:
    with pytest.raises(NoSuchContainer):
        await World().create("one", volumes_from=("nope",))


async def test_labels_of_a_mount_are_its_new_volumes() -> None:
    world = World()
    spec = MountSpec(kind=MountKind.VOLUME, source="data", target="/d", volume_labels={"a": "b"})
    await world.create("one", mounts=(spec,))
    assert (await world.volumes.view("data")).volume.labels == {"a": "b"}


async def test_a_missing_host_path_of_mount_is_refused_before_anything_is_made() -> None:
    world = World()
    bind = MountSpec(kind=MountKind.BIND, source="/nope", target="/a")
    with pytest.raises(InvalidArgument) as caught:
        await world.create("one", binds=("data:/d",), mounts=(bind,))
    assert str(caught.value) == 'invalid mount config for type "bind": bind source path does not exist: /nope'
    assert world.names() == set()


async def test_a_creation_that_failed_leaves_named_volumes_only() -> None:
    world = World()
    other = await world.create("other", volumes=("/a",))
    await world.volumes.resolve(
        "id-failed", ContainerSpec(image="i", volumes=("/a",), host=HostSpec(binds=("data:/d",))), world.find
    )
    await world.volumes.discard("id-failed")
    await world.volumes.discard("id-failed")
    assert world.names() == {"data", other.mounts[0].name}


# --- containers that use them ---


async def test_a_start_makes_the_host_paths_of_v() -> None:
    world = World()
    container = await world.create("one", binds=("/new:/d",))
    assert not world.files.host
    await world.use.acquire(container)
    assert world.files.host == {"/new"}


async def test_nothing_is_below_a_file_that_would_have_to_be_read_only_too() -> None:
    world = World()
    world.files.host_files.add("/file")
    container = await world.create("one", binds=("/file:/f:ro", "/folder:/d:ro"))
    file, folder = (await world.use.acquire(container)).mounts
    assert (file.read_only_below, folder.read_only_below) == (Recursion.NO, Recursion.WHERE_POSSIBLE)


async def test_a_start_needs_the_host_paths_of_mount() -> None:
    world = World()
    world.files.host.add("/src")
    bind = MountSpec(kind=MountKind.BIND, source="/src", target="/a")
    container = await world.create("one", mounts=(bind,))
    await world.use.acquire(container)
    world.files.host.clear()
    with pytest.raises(InvalidArgument, match="bind source path does not exist: /src"):
        await world.use.acquire(container)


async def test_an_empty_volume_takes_what_the_image_has() -> None:
    world = World()
    world.files.trees[Path("/merged/d")] = {"file": "image"}
    container = await world.create("one", binds=("data:/d", "bare:/d/x:nocopy"))
    await world.use.populate(container, ROOT)
    assert world.files.volumes == {"data": {"file": "image"}, "bare": {}}


async def test_inherited_mounts_are_not_filled() -> None:
    world = World()
    world.files.trees[Path("/merged/d")] = {"file": "image"}
    await world.create("one", volumes=("/d",))
    two = await world.create("two", volumes_from=("one",))
    await world.use.populate(two, ROOT)
    assert world.files.volumes[two.mounts[0].name] == {}


async def test_a_volume_promised_to_a_new_container_stays() -> None:
    world = World()
    spec = ContainerSpec(image="i", host=HostSpec(binds=("data:/d",)))
    await world.volumes.resolve("id-one", spec, world.find)
    with pytest.raises(Conflict, match=r"^remove data: volume is in use - \[id-one\]$"):
        await world.volumes.remove("data")
    await world.volumes.discard("id-one")
    await world.volumes.remove("data")


async def test_a_device_is_mounted_from_the_first_user_to_the_last() -> None:
    world = World()
    await world.volumes.create("data", options=TMPFS)
    one, two = [await world.create(name, binds=("data:/d",)) for name in ("one", "two")]
    assert world.mounts.targets() == ()

    one, two = await world.start(one), await world.start(two)
    assert world.mounts.devices[str(world.volumes.path("data"))].kind == "tmpfs"

    await world.stop(one)
    assert world.mounts.targets() == (str(world.volumes.path("data")),)
    await world.stop(two)
    assert world.mounts.targets() == ()


async def test_a_device_stays_mounted_while_it_is_on_loan() -> None:
    world = World()
    await world.volumes.create("data", options=TMPFS)
    container = await world.create("one", binds=("data:/d",))
    async with world.use.borrowed(container):
        await world.stop(await world.start(container))
        assert len(world.mounts.targets()) == 1
    assert world.mounts.targets() == ()


async def test_the_next_engine_unmounts_what_nobody_uses() -> None:
    world = World()
    for name in ("left", "used"):
        await world.volumes.create(name, options=TMPFS)
        await world.start(await world.create(name, binds=(f"{name}:/d",)))
    await world.records.containers.delete("id-left")
    await world.use.sweep()
    assert world.mounts.targets() == (str(world.volumes.path("used")),)


async def test_what_happens_to_a_volume_of_a_container() -> None:
    world = World()
    container = await world.create("one", binds=("data:/d:ro",))
    await world.stop(await world.start(container))
    assert world.happened()[1:] == [
        (
            "mount",
            "data",
            {"driver": "local", "container": "id-one", "destination": "/d", "propagation": "", "read/write": "false"},
        ),
        ("unmount", "data", {"driver": "local", "container": "id-one"}),
    ]


async def test_a_volume_whose_directory_was_lost_gets_one() -> None:
    world = World()
    await world.volumes.create("data")
    world.files.volumes.clear()
    await world.volumes.sweep()
    assert world.names() == {"data"}


async def test_the_next_engine_removes_what_was_made_for_a_container_that_came_to_nothing() -> None:
    world = World()
    spec = ContainerSpec(image="i", volumes=("/anonymous",), host=HostSpec(binds=("data:/d",)))
    await world.volumes.resolve("id-lost", spec, world.find)
    await world.volumes.sweep()
    assert world.names() == {"data"}


async def test_the_next_engine_keeps_what_a_removed_container_leaves() -> None:
    world = World()
    container = await world.create("one", volumes=("/anonymous",))
    await world.volumes.keep(container.id)
    await world.records.containers.delete(container.id)
    await world.volumes.sweep()
    assert len(world.names()) == 1
