"""Modules that are loaded, and services that are made, when they are first used."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from threading import Event
from types import ModuleType

import pytest

from wherry.postponing import postpone, postponed


class Shelf:
    """Modules of the test's own; ``loads`` has the name of each that was loaded, as often as it was."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loads: list[str] = []
        self.begun, self.go_on = Event(), Event()
        self.go_on.set()

    def write(self, name: str, text: str = "") -> None:
        first = "from wherry_shelf import shelf\nshelf.loads.append(__name__)\n"
        (self.folder / f"{name}.py").write_text(f"{first}{text}\nvalue = 1\n")


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.setattr(sys, "modules", {**sys.modules})
    monkeypatch.syspath_prepend(tmp_path)
    shelf = Shelf(tmp_path)
    face = ModuleType("wherry_shelf")
    face.__dict__["shelf"] = shelf
    sys.modules["wherry_shelf"] = face
    return shelf


def test_a_module_is_loaded_when_it_is_used_and_not_when_it_is_imported(shelf: Shelf) -> None:
    shelf.write("rare")
    shelf.write("usual")
    postpone({"rare"})
    module = import_module("rare")
    import_module("usual")
    assert import_module("rare") is module
    assert shelf.loads == ["usual"]

    assert module.value == 1
    assert module.value == 1
    assert shelf.loads == ["usual", "rare"]
    assert type(module) is ModuleType


def test_what_a_module_lacks_is_missed_as_ever(shelf: Shelf) -> None:
    shelf.write("rare")
    postpone({"rare"})
    with pytest.raises(AttributeError, match="module 'rare' has no attribute 'nothing'"):
        import_module("rare").nothing  # noqa: B018
    with pytest.raises(ModuleNotFoundError):
        import_module("rarest")


def test_a_second_thread_waits_until_a_module_is_whole(shelf: Shelf) -> None:
    shelf.go_on.clear()
    shelf.write("rare", "shelf.begun.set()\nshelf.go_on.wait()")
    postpone({"rare"})
    module = import_module("rare")
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(getattr, module, "value")
        shelf.begun.wait()
        second = threads.submit(getattr, module, "value")
        assert not second.done()
        shelf.go_on.set()
        assert (first.result(), second.result()) == (1, 1)
    assert shelf.loads == ["rare"]


def test_a_module_that_fails_is_tried_again(shelf: Shelf) -> None:
    shelf.write("rare", "if len(shelf.loads) == 1: raise OSError('the disk is gone')")
    postpone({"rare"})
    module = import_module("rare")
    with pytest.raises(OSError, match="the disk is gone"):
        module.value  # noqa: B018
    assert module.value == 1


def test_a_service_is_made_once_when_it_is_first_asked() -> None:
    made: list[str] = []

    def make() -> list[str]:
        made.append("made")
        return ["a", "b", "a"]

    service = postponed(make)
    assert made == []
    assert service.count("a") == 2
    assert service.index("b") == 1
    assert made == ["made"]
