"""What runtimes and monitors keep on the disk, below ``<exec-root>``.

``bundles/<id>`` (config.json, the monitor's sockets), ``state/<runtime>/<id>`` (the runtime's own folder),
``exits/<id>`` (the exit code, left by the monitor). Where /run is on a disk they are in memory
(docs/adr/0026-runtime-state-in-memory.md).
"""

import os
import shutil
from pathlib import Path

import msgspec

from wherry.errors import Conflict
from wherry.kernel import identity
from wherry.kernel.mounts import memory_folders
from wherry.model.launch import Exit
from wherry.model.process import ProcessId
from wherry.runtime.binaries import Binary
from wherry.runtime.monitor import Seat, noted_process

_CRUN_CACHE = ".cache"  # where crun keeps compiled seccomp filters, among the states of its containers


class _Linux(msgspec.Struct, rename="camel"):
    cgroups_path: str


class _Config(msgspec.Struct):
    """What we read back of a config.json."""

    linux: _Linux


class Folders:
    """The folders of all containers of one engine."""

    def __init__(self, exec_root: Path) -> None:
        self._bundles = exec_root / "bundles"
        self._states = exec_root / "state"
        self._exits = exec_root / "exits"
        self._all = self._bundles, self._states, self._exits
        for folder in self._all:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.ids():
            for folder in self._all:
                memory_folders.provide(folder)

    def close(self) -> None:
        if not self.ids():
            for folder in self._all:
                memory_folders.give_back(folder)

    def ids(self) -> tuple[str, ...]:
        """Containers of which anything is left."""
        states = (entry for root in self._states.iterdir() for entry in os.listdir(root) if entry != _CRUN_CACHE)
        return tuple(sorted({*os.listdir(self._bundles), *states, *os.listdir(self._exits)}))

    def bundle(self, container_id: str) -> Path:
        return self._bundles / container_id

    def seat(self, container_id: str, binary: Binary) -> Seat:
        """The container's own."""
        return Seat(
            runtime=binary.command,
            state_root=self.state_root(binary),
            bundle=self.bundle(container_id),
            exits=self._exits,
        )

    def exec_seat(self, container_id: str, binary: Binary) -> Seat:
        """A new one, of a session in the container. Conflict if that does not run."""
        folder = self.bundle(container_id) / f"exec-{os.urandom(8).hex()}"
        try:
            folder.mkdir(mode=0o700)
        except FileNotFoundError as error:
            raise Conflict(f"container {container_id} is not running") from error
        return Seat(runtime=binary.command, state_root=self.state_root(binary), bundle=folder, exits=folder)

    def state_root(self, binary: Binary) -> Path:
        """Made by the runtime when it needs it."""
        return self._states / binary.info.name

    def state(self, container_id: str, binary: Binary) -> Path:
        return self.state_root(binary) / container_id

    def group(self, container_id: str) -> str:
        """The path of its control group. FileNotFoundError."""
        config = msgspec.json.decode((self.bundle(container_id) / "config.json").read_bytes(), type=_Config)
        return config.linux.cgroups_path

    def process(self, container_id: str) -> ProcessId | None:
        """The container's first process, while it lives."""
        return noted_process(self.bundle(container_id) / "pidfile")

    def monitor(self, container_id: str) -> ProcessId | None:
        """Its monitor, while both live."""
        process = self.process(container_id)
        parent = identity.parent(process) if process else None
        return parent if parent and identity.name(parent) == "conmon" else None

    def exit(self, container_id: str) -> Exit | None:
        """How it ended, if that has been noted."""
        path = self._exits / container_id
        try:
            text = path.read_text()
            finished_at = path.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        if not text:
            return None  # the monitor died while it wrote
        return Exit(code=int(text), finished_at=finished_at, oom_killed=(self.bundle(container_id) / "oom").exists())

    def remove_bundle(self, container_id: str) -> None:
        """Idempotent."""
        bundle = self.bundle(container_id)
        if bundle.exists():
            shutil.rmtree(bundle)

    def remove_exit(self, container_id: str) -> None:
        """Idempotent."""
        (self._exits / container_id).unlink(missing_ok=True)
