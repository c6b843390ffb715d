"""The layer table: which package may import which, and what the pure ones may not touch."""

import ast
import graphlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "wherry"

MAY_IMPORT = {
    "errors": set(),
    "version": set(),
    "threads": set(),
    "framing": set(),
    "hashing": set(),
    "spans": set(),
    "protowire": set(),
    "proxies": set(),
    "go_modes": set(),
    "locking": set(),
    "postponing": set(),
    "wire": {"wire"},
    "model": {"errors", "model"},
    "plan": {"errors", "model", "plan"},
    "kernel": {"errors", "model", "kernel", "threads", "locking"},
    "tar": {"tar", "framing", "go_modes", "hashing", "protowire", "spans"},
    "store": {"errors", "model", "plan", "store", "tar", "threads", "hashing", "locking", "postponing"},
    "runtime": {"errors", "model", "kernel", "runtime"},
    "registry": {"errors", "model", "registry", "proxies"},
    "manifests": {"errors", "model", "registry", "manifests"},
    "collectors": {"errors", "model", "protowire", "collectors"},
    "plugins": {"errors", "model", "plugins", "threads"},
    "engine": {"errors", "model", "plan", "engine", "version"},
    "build": {"errors", "model", "plan", "engine", "build"},
    "wiring": {"errors", "model", "plan", "collectors", "plugins", "kernel", "store", "runtime", "registry", "engine"}
    | {"build", "version", "postponing"},
    "api": {"errors", "model", "plan", "wire", "engine", "build", "buildkit", "api", "version", "framing", "go_modes"},
    "buildkit": {"errors", "model", "plan", "engine", "build", "buildkit", "version", "protowire", "go_modes"},
    "client": {"errors", "wire", "client", "spans", "proxies"},
    "cli": {"errors", "wire", "client", "cli", "tar", "manifests", "version", "spans"},
    "daemon": {
        "errors",
        "model",
        "locking",
        "postponing",
        "version",
        "wiring",
        "engine",
        "build",
        "api",
        "cli",
        "daemon",
    },
    "library": {"errors", "model", "wiring", "engine", "build"},
    "__init__": {"errors", "model", "library"},
}
PURE = ("errors.py", "model", "plan", "wire", "build/plan")
IMPURE_MODULES = {"asyncio", "subprocess", "socket", "sqlite3", "ctypes", "time", "random", "threading", "os"}

MODULES = sorted(path.relative_to(SOURCE) for path in SOURCE.rglob("*.py"))


def package_of(path: Path) -> str:
    return path.parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[str]:
    yield from imported(ast.walk(ast.parse((SOURCE / path).read_text())))


def imported(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_module_imports_only_what_its_package_may(path: Path) -> None:
    allowed = MAY_IMPORT[package_of(path)]
    used = {name.split(".")[1] for name in imports_of(path) if name.startswith("wherry.") and "." in name}
    assert used <= allowed | {package_of(path)}


def is_pure(path: Path) -> bool:
    return any(path.is_relative_to(part) for part in PURE)


@pytest.mark.parametrize("path", [path for path in MODULES if is_pure(path)], ids=str)
def test_a_pure_module_touches_neither_the_world_nor_the_clock(path: Path) -> None:
    used = {name.split(".")[0] for name in imports_of(path)}
    assert not used & IMPURE_MODULES


def name_of(path: Path) -> str:
    return ".".join(("wherry", *path.with_suffix("").parts)).removesuffix(".__init__")


def needed_first(path: Path, known: set[str]) -> set[str]:
    """The modules that run while this one is imported, less its own packages: they run before it in any case."""
    own = name_of(path)
    names = (name.split(".") for name in imported(ast.parse((SOURCE / path).read_text()).body))
    needed = {".".join(parts[:length]) for parts in names for length in range(1, len(parts) + 1)}
    return {name for name in needed & known if not f"{own}.".startswith(f"{name}.")}


def test_no_imports_go_in_a_circle() -> None:
    """So each module can be the first that somebody imports."""
    known = {name_of(path) for path in MODULES}
    graph = {name_of(path): needed_first(path, known) for path in MODULES}

    graphlib.TopologicalSorter(graph).prepare()  # a CycleError names the circle
