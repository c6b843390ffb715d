"""Which OCI runtimes there are, and which of them this host can use."""

import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from mmap import PROT_READ, mmap

from msgspec import Struct

from wherry.errors import InvalidArgument, NotSupported
from wherry.kernel import cgroups, processes
from wherry.kernel.cgroups.hybrids import take_from_version_2
from wherry.kernel.sealed import seal
from wherry.model.launch import RuntimeInfo
from wherry.runtime import filters

# crun first: it starts a container in a fifth of runc's time.
BUILTIN = ("crun", "runc")


class Binary(Struct, frozen=True, kw_only=True):
    """A runtime to execute. ``command`` is a sealed copy in memory: runtimes then skip copying themselves.
    ``takes_filters``: it can be handed seccomp filters that are compiled. ``reads``: an init that waits to be let go
    reads its fifo (crun), or writes it (runc); None where only the runtime itself knows how that is done."""

    info: RuntimeInfo
    command: str
    takes_filters: bool = False
    reads: bool | None = None


class Binaries:
    """The registered runtimes by name. To be closed; ``held`` is what they need until then."""

    def __init__(self, binaries: dict[str, Binary], default: str, held: ExitStack) -> None:
        self._binaries = binaries
        self.default = default
        self._held = held

    def close(self) -> None:
        """Give up the copies in memory: nothing can be executed from now on."""
        self._held.close()

    def infos(self) -> tuple[RuntimeInfo, ...]:
        return tuple(binary.info for binary in self._binaries.values())

    def get(self, name: str) -> Binary:
        """The runtime called ``name`` ("" for the default). InvalidArgument for an unknown one, with Docker's text."""
        binary = self._binaries.get(name or self.default)
        if binary is None:
            raise InvalidArgument(f"unknown or invalid runtime name: {name}")
        if binary.info.reason:
            raise NotSupported(f"runtime {binary.info.name} cannot be used here: {binary.info.reason}")
        return binary


async def discover(extra: Mapping[str, str], default: str = "") -> Binaries:
    """Find crun, runc and the ``extra`` ones (name → path, or what is in PATH), ask their versions, choose the
    default.

    Raises InvalidArgument if ``default`` is not among them, NotSupported if no runtime can be used.
    """
    paths = {name: shutil.which(name) or "" for name in BUILTIN} | dict(extra)
    if default and default not in paths:
        raise InvalidArgument(f"specified default runtime '{default}' does not exist")
    with ExitStack() as held:
        binaries = {}
        for name, path in paths.items():
            binaries[name] = await _probe(name, path, held)
        usable = [name for name, binary in binaries.items() if not binary.info.reason]
        if not usable:
            reasons = "; ".join(f"{name}: {binary.info.reason}" for name, binary in binaries.items())
            raise NotSupported(f"no OCI runtime can be used ({reasons}): install crun or runc")
        return Binaries(binaries, default or usable[0], held.pop_all())


async def _probe(name: str, path: str, held: ExitStack) -> Binary:
    program = shutil.which(path)
    if not program:
        reason = f"{path}: no such file or directory" if path else "not installed"
        return Binary(info=RuntimeInfo(name=name, path=path, version="", reason=reason), command="")
    answer = await processes.run([program, "--version"], env=processes.ENVIRONMENT)
    first_line = answer.stdout.decode(errors="replace").partition("\n")[0]
    version = first_line.rpartition(" ")[2]
    reason = await _crun_obstacle(held) if "crun" in first_line else ""
    info = RuntimeInfo(name=name, path=path, version=version, reason=reason)
    if not first_line.startswith(("crun", "runc")):
        return Binary(info=info, command=program)
    sealed = seal(program)
    held.callback(sealed.close)
    return Binary(
        info=info,
        command=sealed.path,
        takes_filters=_knows(program, filters.ANNOTATION),
        reads=first_line.startswith("crun"),
    )


async def _crun_obstacle(held: ExitStack) -> str:
    """Why crun cannot run here, "" if it can: at hybrid hosts by what is held then."""
    await take_from_version_2(cgroups.probe(), held)
    return cgroups.crun_obstacle(cgroups.probe()) or ""


def _knows(path: str, text: str) -> bool:
    """Whether a text is in a program: crun tells its version, but not what it has been built with."""
    with open(path, "rb") as program, mmap(program.fileno(), 0, prot=PROT_READ) as content:
        return content.find(text.encode()) >= 0
