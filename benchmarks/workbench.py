"""The place where the benchmarks work: a directory on a real disk, and what several of them need, made once."""

import itertools
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path

from tests.harness import buildx
from tests.harness.engine import busybox_tar

from wherry.cli.launcher import write_script

from . import images
from .contestants import Contestant, Engine
from .daemons import Daemon
from .images import MEGABYTE, Archive, SampleImage
from .registry import Registry

STREAM_SIZE = 300 * MEGABYTE
TREE_FILES = 5_000
FILES_OF_A_FOLDER = 100
FILE_SIZE = 4_000


class Workbench:
    """As a context it removes all that it made."""

    def __init__(self) -> None:
        # /tmp may be a tmpfs, and overlay on overlay is refused.
        self.folder = Path(tempfile.mkdtemp(prefix="wherry-bench-", dir="/var/lib"))
        self.token = uuid.uuid4().hex[:8]
        self._closing = ExitStack()
        self._archives: dict[str, Archive] = {}
        self._registries: dict[str, Registry] = {}
        self._pushed: set[str] = set()
        self._ports = itertools.count(45000 + os.getpid() % 1000 * 10)

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

    @contextmanager
    def running(self, contestant: Contestant, what: str) -> Iterator[str]:
        """The name of a container that runs and does nothing by itself."""
        name = self.name(contestant, what)
        try:
            contestant.run("run", "--detach", "--name", name, self.box, "sleep", "3600")
            yield name
        finally:
            contestant.remove(name)

    def own_engine(self) -> Engine:
        """The wherry that most rows measure, running until the end."""
        return self._closing.enter_context(Daemon("wherry", self.folder)).engine

    def bring_box(self, contestant: Contestant) -> None:
        """Give the contestant's engine the busybox image until the end."""
        self._closing.enter_context(self.box_in(contestant))

    @contextmanager
    def fresh_daemon(self, contestant: Contestant) -> Iterator[tuple[Daemon, Contestant]]:
        """A daemon of the contestant's kind that has the busybox image and no container, and its client."""
        with Daemon(contestant.engine.kind, self.folder) as daemon:
            own = Contestant(contestant.label, daemon.engine, contestant.program)
            with self.box_in(own):
                yield daemon, own

    @contextmanager
    def box_in(self, contestant: Contestant) -> Iterator[None]:
        """The busybox image in an engine; it and all containers of it are gone afterwards."""
        contestant.run("import", "--change", 'CMD ["sh"]', self._box_tar, self.box)
        try:
            yield
        finally:
            contestant.remove_made_of(self.box)

    @cached_property
    def wherry(self) -> str:
        """Our command, started as an installed one is."""
        script = self.folder / "wherry"
        write_script(script)
        return str(script)

    @cached_property
    def stream(self) -> Path:
        """300 MB that do not compress."""
        path = self.folder / "stream"
        block = os.urandom(MEGABYTE)
        with path.open("wb") as file:
            for _ in range(STREAM_SIZE // MEGABYTE):
                file.write(block)
        return path

    @cached_property
    def big_file(self) -> Path:
        """500 MB."""
        path = self.folder / "big"
        images.write_big_file(path)
        return path

    @cached_property
    def tree(self) -> Path:
        """A directory of 5,000 files of 4 kB, a hundred a folder."""
        tree = self.folder / "tree"
        for number in range(TREE_FILES):
            path = tree / str(number // FILES_OF_A_FOLDER) / str(number)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(os.urandom(FILE_SIZE))
        return tree

    @cached_property
    def client_config(self) -> Path:
        """What DOCKER_CONFIG names for a docker command that has BuildKit."""
        return buildx.client_config(self.folder / "docker")

    def archive(self, sample: SampleImage) -> Archive:
        """An archive for ``docker load`` of the image."""
        if sample.name not in self._archives:
            image = f"wherry-bench-{sample.name}-{self.token}:1"
            self._archives[sample.name] = images.write(sample, self.folder / f"{sample.name}.tar", image)
        return self._archives[sample.name]

    def pull_reference(self, engine: Engine, sample: SampleImage) -> str:
        """What to pull to get the image from a registry on the engine's loopback; pushed once for all engines."""
        image = f"wherry-bench-pull-{sample.name}:{self.token}"
        registry = self._full_registry(engine)
        if sample.name not in self._pushed:
            registry.push(self.archive(sample).path, image)
            self._pushed.add(sample.name)
        return registry.reference(image)

    def empty_registry(self, contestant: Contestant) -> Registry:
        """A registry for the contestant alone, on its engine's loopback; to be entered."""
        port = next(self._ports)
        return Registry(self.folder / f"registry-{port}", contestant.engine, port)

    def _full_registry(self, engine: Engine) -> Registry:
        """The registry that images are pulled from: one storage, served on the loopback of each engine."""
        if engine.netns not in self._registries:
            registry = Registry(self.folder / "registry", engine, next(self._ports))
            self._registries[engine.netns] = self._closing.enter_context(registry)
        return self._registries[engine.netns]

    @cached_property
    def _box_tar(self) -> Path:
        return busybox_tar(self.folder / "busybox.tar")
