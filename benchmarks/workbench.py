"""The place where the benchmarks work: a directory on a real disk, and what several of them need, made once."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path

from tests.harness.engine import busybox_tar

from wherry.cli.launcher import write_script

from .contestants import Contestant, Engine
from .daemons import Daemon
from .manyfiles import ManyFiles, write_image
from .registry import Registry

MEGABYTE = 1 << 20
STREAM_SIZE = 300 * MEGABYTE


class Workbench:
    """As a context it removes all that it made."""

    def __init__(self) -> None:
        # /tmp may be a tmpfs, and overlay on overlay is refused.
        self.folder = Path(tempfile.mkdtemp(prefix="wherry-bench-", dir="/var/lib"))
        self.token = uuid.uuid4().hex[:8]
        self._closing = ExitStack()
        self._registries: dict[str, Registry] = {}

    def __enter__(self) -> "Workbench":
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()
        shutil.rmtree(self.folder)

    @property
    def box(self) -> str:
        """The name of the busybox image that every contestant has."""
        return f"wherry-bench-{self.token}"

    def name(self, contestant: Contestant, what: str) -> str:
        """A container's name that nobody else uses, in an engine that others may use too."""
        return f"{self.box}-{contestant.label.replace(' ', '-')}-{what}"

    def own_engine(self) -> Engine:
        """The wherry that most rows measure, running until the end."""
        return self._closing.enter_context(Daemon("wherry", self.folder)).engine

    def bring_box(self, contestant: Contestant) -> None:
        """Give the contestant's engine the busybox image until the end."""
        self._closing.enter_context(self.box_in(contestant))

    @contextmanager
    def box_in(self, contestant: Contestant) -> Iterator[None]:
        """The busybox image in an engine; it and all containers of it are gone afterwards."""
        contestant.run("import", "--change", 'CMD ["sh"]', self._box_tar, self.box)
        try:
            yield
        finally:
            listed = contestant.run("ps", "--all", "--quiet", "--filter", f"ancestor={self.box}")
            contestant.remove(*listed.split())
            contestant.remove_image(self.box)

    @cached_property
    def wherry(self) -> str:
        """Our command, started as an installed one is."""
        script = self.folder / "wherry"
        write_script(script)
        return str(script)

    @cached_property
    def many_files(self) -> ManyFiles:
        """An archive for ``docker load`` of an image with many files in one layer."""
        return write_image(self.folder / "many.tar", f"wherry-bench-load-{self.token}:1")

    @cached_property
    def stream(self) -> Path:
        """300 MB that do not compress."""
        path = self.folder / "stream"
        block = os.urandom(MEGABYTE)
        with path.open("wb") as file:
            for _ in range(STREAM_SIZE // MEGABYTE):
                file.write(block)
        return path

    def pull_reference(self, engine: Engine) -> str:
        """What to pull to get ``many_files`` from a registry on the engine's loopback; pushed once for all engines."""
        image = f"wherry-bench-pull:{self.token}"
        if engine.netns not in self._registries:
            registry = self._closing.enter_context(Registry(self.folder / "registry", engine))
            if not self._registries:
                registry.push(self.many_files.archive, image)
            self._registries[engine.netns] = registry
        return self._registries[engine.netns].reference(image)

    @cached_property
    def _box_tar(self) -> Path:
        return busybox_tar(self.folder / "busybox.tar")
