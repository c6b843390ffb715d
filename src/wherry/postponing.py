"""What an engine at rest does not use takes no memory there: modules are loaded, and services made, when they are first
used."""

import sys
from collections.abc import Callable, Collection, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from threading import RLock
from types import ModuleType
from typing import Any, TypeVar, cast

_T = TypeVar("_T")


def postponed(make: Callable[[], _T]) -> _T:
    """Stands for what ``make`` gives, which is called when an attribute of it is first asked for."""
    return cast(_T, _Postponed(make))


def postpone(names: Collection[str]) -> None:
    """From now on ``import`` of one of these modules loads nothing: the first who uses something of it does.

    ``from module import name`` uses it at once.
    """
    sys.meta_path.insert(0, _Finder(names))


class _Postponed:
    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        if name == "_made":  # nobody has asked before
            self._made = self._make()
            return self._made
        return getattr(self._made, name)


class _Finder:
    def __init__(self, names: Collection[str]) -> None:
        self._names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname in self._names else None
        if spec is not None and spec.loader is not None:
            later: Any = _Loader(spec.loader)  # which has of a loader's methods those that are called
            spec.loader = spec.loader_state = later
        return spec


class _Loader:
    """Loads a module some time after it was imported, once, whichever thread comes first.

    ``importlib.util.LazyLoader`` would load when the module is imported a second time, and in Python 3.11 it lets a
    second thread see half a module.
    """

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._lock = RLock()

    def create_module(self, spec: ModuleSpec) -> None:
        """As usual."""

    def exec_module(self, module: ModuleType) -> None:
        module.__class__ = _Module

    def load(self, module: Any, spec: Any) -> None:
        with self._lock:
            if spec.loader is self:  # else it is loaded, or asks for something of its own while it is
                spec.loader = module.__loader__ = self._loader
                try:
                    self._loader.exec_module(module)
                    module.__class__ = ModuleType
                except BaseException:
                    spec.loader = module.__loader__ = self
                    raise


class _Module(ModuleType):
    """A module that has nothing but its name and its place so far."""

    def __getattr__(self, name: str) -> Any:
        spec: Any = self.__spec__
        spec.loader_state.load(self, spec)
        return ModuleType.__getattribute__(self, name)
