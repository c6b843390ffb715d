"""Plugins: what the fake and programs behind sockets promise."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from tests.fakes.plugins import FakePlugins
from tests.harness.plugins import Answerer, plugin_socket
from wherry.engine.ports import Plugins
from wherry.errors import InternalError, NotFound, PluginUnreachable
from wherry.plugins import Plugins as RealPlugins
from wherry.plugins.discovery import Folders

KIND = "VolumeDriver"


class Said(Struct, rename="pascal"):
    name: str = ""
    arguments: dict[str, Any] = {}


def echo(method: str, arguments: dict[str, Any]) -> dict[str, Any]:
    if method == "Plugin.Activate":
        return {"Implements": [KIND, "other"]}
    return {"Name": method, "Arguments": arguments, **arguments.get("answer", {})}


class World:
    """The port, and how plugins come and go."""

    def __init__(self, port: Plugins, folder: Path) -> None:
        self.port = port
        self._folder = folder
        self._running: dict[str, ExitStack] = {}

    def begin(self, name: str, answerer: Answerer) -> None:
        if isinstance(self.port, FakePlugins):
            self.port.there[name] = answerer
            self.port.gone.discard(name)
        else:
            stack = self._running[name] = ExitStack()
            stack.enter_context(plugin_socket(self._folder / f"{name}.sock", answerer))

    def end(self, name: str) -> None:
        if isinstance(self.port, FakePlugins):
            self.port.gone.add(name)
        else:
            self._running.pop(name).close()

    def close(self) -> None:
        for name in tuple(self._running):
            self.end(name)

    async def ask(self, name: str, **answer: Any) -> Said:
        arguments = {"answer": answer} if answer else {}
        return await self.port.call(name, KIND, "Some.Thing", arguments, Said, patience=60.0, retry=True)


@pytest.fixture(params=["fake", "real"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    fake = request.param == "fake"
    world = World(FakePlugins() if fake else RealPlugins(Folders(tmp_path, ()), pauses=()), tmp_path)
    yield world
    world.close()


async def test_a_plugin_is_asked_and_answers(world: World) -> None:
    world.begin("one", echo)
    assert await world.ask("one") == Said("Some.Thing", {})
    assert await world.ask("one", more=1) == Said("Some.Thing", {"answer": {"more": 1}})


async def test_plugins_are_known_once_they_were_needed(world: World) -> None:
    world.begin("one", echo)
    world.begin("two", echo)
    assert world.port.known(KIND) == ()
    await world.port.require("two", KIND)
    assert world.port.known(KIND) == ("two",)
    assert await world.port.all(KIND) == ("one", "two") == world.port.known(KIND)
    assert await world.port.all("no such kind") == ()


async def test_one_that_is_not_there_is_not_found(world: World) -> None:
    for name in ("nope", "", "../nope", "a/b"):
        with pytest.raises(NotFound) as caught:
            await world.ask(name)
        assert str(caught.value) == f'plugin "{name}" not found'


async def test_one_of_another_kind_is_refused(world: World) -> None:
    world.begin("one", lambda method, arguments: {"Implements": ["authz"]})
    with pytest.raises(InternalError, match="legacy plugin: Plugin does not implement the requested driver"):
        await world.ask("one")


async def test_what_a_plugin_refuses_is_told(world: World) -> None:
    world.begin("one", echo)
    with pytest.raises(InternalError) as caught:
        await world.ask("one", status=500, Err="five hundred")
    assert str(caught.value) == "Some.Thing: five hundred"


async def test_a_lie_is_an_error(world: World) -> None:
    world.begin("one", echo)
    with pytest.raises(InternalError, match=r"Some\.Thing: the plugin's answer makes no sense"):
        await world.ask("one", Name=7)


async def test_one_that_went_away_is_unreachable_until_it_is_back(world: World) -> None:
    world.begin("one", echo)
    await world.ask("one")
    world.end("one")
    with pytest.raises(PluginUnreachable, match=r'Post "http://plugin.moby.localhost/Some.Thing": dial unix'):
        await world.ask("one")
    assert await world.port.all(KIND) == ("one",)
    world.begin("one", echo)
    assert (await world.ask("one")).name == "Some.Thing"
