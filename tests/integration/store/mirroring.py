"""Mirrors on a disk, without an engine."""

import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.fakes.host import FakeClock, FakeHost, FakeRuntime
from tests.fakes.store import FakeRecords
from tests.harness.buildkit import Session

from wherry.build.solver.kept_folders import KeptFolders
from wherry.build.solver.mirroring import Mirroring
from wherry.build.solver.workspace import Folder, workspace
from wherry.buildkit.offers.offering import SessionClient
from wherry.model.build import Selection
from wherry.store.builds.building import BuildFiles
from wherry.store.builds.cache_folders import CacheFolders
from wherry.store.builds.mirrors import Mirrors
from wherry.store.programs.children import Child, Start
from wherry.threads import Threads


class Shelf:
    """Mirrors on a disk; one of the same folder and ``records`` is another life of the engine."""

    def __init__(
        self, folder: Path, threads: Threads, records: FakeRecords | None = None, start: Start = Child
    ) -> None:
        self.folder, self.threads, self.records = folder, threads, records or FakeRecords()
        (folder / "builds").mkdir(parents=True, exist_ok=True)
        self.clock = FakeClock()
        self.files = BuildFiles(folder / "builds", threads)
        self.folders = CacheFolders(folder / "buildcache", threads)
        self.kept = KeptFolders(records=self.records, folders=self.folders, clock=self.clock)
        host = FakeHost(FakeRuntime())
        self.boot = host.facts().boot_id
        mirrors = Mirrors(folder / "buildcache", threads, start)
        self.mirroring = Mirroring(kept=self.kept, folders=self.folders, mirrors=mirrors, host=host)

    @asynccontextmanager
    async def mirrored(self, session: Session, follow: tuple[str, ...] = ()) -> AsyncIterator[Folder]:
        client = SessionClient(session)
        async with workspace(self.files) as space:
            async with client.files("context", follow=follow) as offer:
                mirror = await space.hold(self.mirroring.mirrored(client.key("context"), "context", offer, space))
            yield mirror

    async def digest(self, mirror: Folder) -> str:
        return (await self.files.select((Selection(trees=(mirror.path,), patterns=(".",), index=mirror.index),))).digest

    async def update(self, session: Session) -> dict[str, str]:
        async with self.mirrored(session) as mirror:
            return listing(mirror.path)


def listing(tree: Path) -> dict[str, str]:
    """What is in a directory, with modes, times, contents and the links between names."""
    found = {}
    numbers: dict[int, str] = {}
    for path in sorted(tree.rglob("*")):
        name, status = str(path.relative_to(tree)), path.lstat()
        what = f"{stat.filemode(status.st_mode)} {status.st_mtime_ns} "
        if path.is_symlink():
            what += f"-> {path.readlink()}"
        elif path.is_file():
            what += f"{path.read_bytes()!r} {numbers.setdefault(status.st_ino, name)}"
        found[name] = what
    return found
