"""Volumes whose driver is a plugin. The texts are those of dockerd 26.1.5."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.harness.plugins import VolumeDriver
from tests.unit.engine.test_volumes import World

from wherry.errors import Conflict, InternalError, NoSuchVolume, NotFound, PluginUnreachable, WherryError
from wherry.model.container import Container, ContainerState, Status
from wherry.model.mount import MountKind, MountSpec

GONE = 'Post "http://plugin.moby.localhost/VolumeDriver.{}": dial unix nas'


class DrivenWorld(World):
    def __init__(self) -> None:
        super().__init__()
        self.driver = VolumeDriver(Path("/nas"), makes_folders=False)
        self.plugins.there["nas"] = self.driver

    def vanish(self) -> None:
        self.plugins.gone.add("nas")

    async def mounted(self, container: Container) -> set[str]:
        return {point.source for point in (await self.use.acquire(container)).mounts}


def of(name: str, **more: Any) -> MountSpec:
    return MountSpec(kind=MountKind.VOLUME, source=name, target="/data", volume_driver="nas", **more)


async def test_a_driver_makes_its_volumes_and_tells_of_them() -> None:
    world = DrivenWorld()
    made = await world.volumes.create("data", driver="nas", options={"a": "b"}, labels={"k": "v"})
    assert (made.volume.driver, made.scope, made.mountpoint) == ("nas", "global", "")
    assert world.driver.volumes == {"data": {"a": "b"}} and world.files.volumes == {}
    view = await world.volumes.view("data")
    assert view.told and (view.mountpoint, view.told.status) == ("/nas/data", {"hello": "world"})
    assert (view.volume.labels, view.told.created) == ({"k": "v"}, "2024-05-06T07:08:09Z")
    assert world.happened() == [("create", "data", {"driver": "nas"})]


async def test_what_a_driver_has_already_is_not_made_again() -> None:
    world = DrivenWorld()
    world.driver.volumes["data"] = {}
    for driver in ("nas", "", "nas"):
        assert (await world.volumes.create("data", driver=driver)).volume.driver == "nas"
    assert world.driver.calls == []


async def test_volumes_that_only_a_driver_knows_are_seen() -> None:
    world = DrivenWorld()
    await world.volumes.create("ours")
    world.driver.volumes["theirs"] = {}
    views, warnings = await world.volumes.views()
    assert [(view.volume.name, view.volume.driver) for view in views] == [("ours", "local"), ("theirs", "nas")]
    assert warnings == ()
    assert (await world.volumes.view("theirs")).mountpoint == "/nas/theirs"
    await world.volumes.remove("theirs")
    assert world.driver.volumes == {}


async def test_a_name_belongs_to_one_driver() -> None:
    world = DrivenWorld()
    await world.volumes.create("data", driver="nas")
    world.driver.volumes["mine"] = {}
    await world.volumes.create("mine", driver="local")
    views, _ = await world.volumes.views()
    assert [(view.volume.name, view.volume.driver) for view in views] == [("data", "nas"), ("mine", "local")]
    with pytest.raises(Conflict) as caught:
        await world.volumes.create("data", driver="local")
    assert str(caught.value) == "create data: driver 'nas' already has volume 'data': volume name must be unique"


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ({"Err": "cannot: why"}, "create data: cannot: why"),
        ({"status": 500, "Err": "five hundred"}, "create data: VolumeDriver.Create: five hundred"),
        ({"Err": 7}, "create data: VolumeDriver.Create: the plugin's answer makes no sense: Expected `str`, got `int`"),
    ],
)
async def test_what_a_driver_refuses_is_told_in_its_words(answer: dict[str, Any], text: str) -> None:
    world = DrivenWorld()
    world.driver.failing["Create"] = answer
    with pytest.raises(InternalError) as caught:
        await world.volumes.create("data", driver="nas")
    assert str(caught.value).startswith(text)
    assert world.volumes.all() == ()


async def test_a_driver_that_is_gone_is_told_of_and_hides_nothing() -> None:
    world = DrivenWorld()
    await world.volumes.create("data", driver="nas")
    world.vanish()
    views, warnings = await world.volumes.views()
    assert [view.volume.name for view in views] == ["data"]
    assert warnings == (f"list nas: {GONE.format('List')}",)
    reason = f'error while checking if volume "data" exists in driver "nas": {GONE.format("Get")}'
    for call in (world.volumes.view("data"), world.volumes.remove("data", force=True)):
        with pytest.raises(PluginUnreachable) as caught:
            await call
        assert str(caught.value) == f"get data: {reason}"
    with pytest.raises(Conflict) as conflict:
        await world.volumes.create("data")
    found = "found reference to volume 'data' in driver 'nas', but got an error while checking the driver"
    assert str(conflict.value) == f"create data: {found}: {reason}: volume name must be unique"


async def test_nobody_waits_for_a_driver_that_is_gone_to_make_a_volume_without_it() -> None:
    world = DrivenWorld()
    await world.volumes.create("data", driver="nas")
    world.vanish()
    assert (await world.volumes.create("other")).volume.driver == "local"
    assert world.plugins.awaited == []


async def test_a_volume_that_its_driver_lost_is_made_again_unless_containers_have_it() -> None:
    world = DrivenWorld()
    container = await world.create("one", mounts=(of("data"),))
    world.driver.volumes.clear()
    with pytest.raises(NoSuchVolume):
        await world.volumes.view("data")
    with pytest.raises(Conflict, match="found references to volume 'data' in driver 'nas' but the volume was not"):
        await world.volumes.create("data", driver="nas")
    await world.remove(container)
    await world.volumes.create("data", driver="nas")
    assert world.driver.volumes == {"data": {}}


async def test_a_volume_that_its_driver_does_not_remove_stays_unless_forced() -> None:
    world = DrivenWorld()
    await world.volumes.create("data", driver="nas")
    world.driver.failing["Remove"] = {"Err": "stays"}
    for force, left in ((False, 1), (True, 0)):
        with pytest.raises(InternalError) as caught:
            await world.volumes.remove("data", force=force)
        assert str(caught.value) == "remove data: stays"
        assert len(world.volumes.all()) == left


async def test_prune_leaves_volumes_of_drivers() -> None:
    world = DrivenWorld()
    await world.volumes.create("data", driver="nas")
    await world.volumes.create("", driver="nas")
    await world.volumes.create("local")
    assert (await world.volumes.prune(named=True))[0] == ("local",)


# --- in containers ---


async def test_a_driver_mounts_from_a_containers_start_to_its_end() -> None:
    world = DrivenWorld()
    container = await world.create("one", mounts=(of("data", volume_options={"x": "y"}),))
    assert [(point.driver, point.source) for point in container.mounts] == [("nas", "")]
    assert world.driver.volumes == {"data": {"x": "y"}}
    assert await world.mounted(container) == {"/nas/data"}
    (first,) = world.driver.held
    await world.stop(container)
    await world.stop(container)
    assert not world.driver.held
    await world.start(container)
    assert world.driver.held == {first}
    assert [call for call, _ in world.driver.calls] == ["Create", "Mount", "Unmount", "Mount"]


async def test_volume_driver_is_for_binds_and_the_images_volumes() -> None:
    world = DrivenWorld()
    mount = MountSpec(kind=MountKind.VOLUME, source="plain", target="/m")
    container = await world.create(
        "one", volumes=("/image",), binds=("named:/b",), mounts=(mount,), volume_driver="nas"
    )
    drivers = {point.target: point.driver for point in container.mounts}
    assert drivers == {"/b": "nas", "/m": "local", "/image": "nas"}


async def test_each_mount_of_a_volume_has_an_id() -> None:
    world = DrivenWorld()
    one = await world.create("one", mounts=(of("data"), replace(of("data"), target="/again")))
    other = await world.create("other", mounts=(of("data"),))
    for container in (one, other):
        await world.start(container)
    assert len(world.driver.held) == 3
    await world.stop(one)
    assert len(world.driver.held) == 1


async def test_what_is_copied_goes_by_a_mount_of_its_own() -> None:
    world = DrivenWorld()
    container = await world.start(await world.create("one", mounts=(of("data"),)))
    async with world.use.borrowed(container) as seen:
        assert [point.source for point in seen.mounts] == ["/nas/data"]
        assert len(world.driver.held) == 2
    assert len(world.driver.held) == 1


async def test_a_drivers_volume_takes_the_images_files_where_it_has_some() -> None:
    world = DrivenWorld()
    container = await world.create("one", mounts=(of("data"),))
    await world.use.populate(container, "/merged")
    assert world.driver.calls == [("Create", "data")]
    world.files.host.add("/merged/data")
    world.files.trees[Path("/merged/data")] = {"file": "text"}
    assert await world.use.lacks_files(container)
    await world.use.populate(container, "/merged")
    assert world.files.elsewhere == {Path("/nas/data"): {"file": "text"}}
    assert not world.driver.held


@pytest.mark.parametrize("answer", [{"Err": "no"}, {"Mountpoint": ""}, {"Mountpoint": "relative"}])
async def test_a_mount_that_is_refused_is_not_held(answer: dict[str, Any]) -> None:
    world = DrivenWorld()
    container = await world.create("one", mounts=(of("data"),))
    world.driver.failing["Mount"] = answer
    with pytest.raises(InternalError):
        await world.use.acquire(container)
    await world.use.release(container)
    assert "Unmount" not in [call for call, _ in world.driver.calls]


async def test_a_driver_that_is_gone_hinders_no_end_and_no_removal() -> None:
    world = DrivenWorld()
    container = await world.start(await world.create("one", volumes=("/v",), volume_driver="nas"))
    world.vanish()
    await world.stop(container)
    await world.remove(container)
    assert len(world.driver.held) == 1


async def test_what_a_dead_engine_held_is_let_go_by_the_next_and_what_runs_keeps_its_mount() -> None:
    world = DrivenWorld()
    ended = await world.start(await world.create("ended", mounts=(of("one"),)))
    running = await world.start(await world.create("running", mounts=(of("two"),)))
    with world.use.recovering():
        await world.records.containers.put(replace(ended, state=ContainerState(status=Status.EXITED)))
        await world.use.release(ended)
        assert len(world.driver.held) == 2, "an engine that begins waits for no driver"
    await world.operations.drain()
    assert {name for name, _ in world.driver.held} == {"two"}
    await world.stop(running)
    assert not world.driver.held


async def test_a_start_without_an_answer_is_undone_when_the_driver_is_back() -> None:
    world = DrivenWorld()
    container = await world.create("one", mounts=(of("data"),))
    world.vanish()
    with pytest.raises(PluginUnreachable):
        await world.use.acquire(container)
    world.plugins.gone.clear()
    await world.use.release(container)
    await world.use.release(container)
    assert [call for call, _ in world.driver.calls] == ["Create", "Unmount"]


async def test_an_unknown_driver_is_not_found() -> None:
    world = World()
    with pytest.raises(NotFound) as caught:
        await world.volumes.create("data", driver="nas")
    assert str(caught.value) == 'create data: error looking up volume plugin nas: plugin "nas" not found'
    with pytest.raises(WherryError):
        await world.create("one", mounts=(of("data"),))
    assert world.volumes.all() == ()
