"""What a build does to files."""

from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from wherry.model.progress import Progress


class Selection(Struct, frozen=True, kw_only=True):
    """Files of a stack of trees, the uppermost first, by patterns of Go's ``filepath.Match``.

    ``owners``: theirs are kept, and count in the digest. ``unpack``: archives are unpacked. ``exclude`` are patterns as
    in .dockerignore, of paths relative to a source. ``parents``: the directories that a pattern names are made as well,
    but for those before ``/./``. ``index`` is a mirror's, which knows digests of the files of its tree.
    """

    trees: tuple[Path, ...]
    patterns: tuple[str, ...]
    owners: bool = False
    unpack: bool = False
    exclude: tuple[str, ...] = ()
    parents: bool = False
    index: Path | None = None


class Selected(Struct, frozen=True, kw_only=True):
    """How many sources there are, and one digest of all: ``file:…``, ``dir:…`` or ``multi:…``.

    ``missing`` is a source that is not there.
    """

    count: int
    digest: str = ""
    missing: str | None = None


class Placement(Struct, frozen=True, kw_only=True):
    """Where files go: into a directory if ``destination`` ends in ``/`` or is one.

    ``owner`` None keeps theirs; ``chmod`` is octal or symbolic, "" keeps their modes. ``link``: files that need no
    change share their inode with where they come from, so nobody may write to them.
    """

    selections: tuple[Selection, ...]
    destination: str
    owner: tuple[int, int] | None = (0, 0)
    chmod: str = ""
    link: bool = True


STEP, CACHE_MOUNT, LOCAL_SOURCE = "regular", "exec.cachemount", "source.local"


class CacheEntry(Struct, frozen=True, kw_only=True):
    """A step that was done: what came of it, by the digest of all that it hangs on.

    ``parent`` is the key of the step before it; ``chain_id`` the stack of layers after it, ``size`` the bytes of its
    own layer, 0 if it made none. Times are nanoseconds since the epoch.

    ``unsaved`` names the boot of the host in which its layer was written, until that is known to be on the disk.
    ``kind`` tells it from a directory for ``RUN --mount=type=cache``, and from one of a client's files, which have
    neither parent nor layers.
    """

    key: str
    parent: str = ""
    chain_id: str = ""
    description: str
    created: int
    last_used: int
    uses: int = 0
    size: int = 0
    kind: str = STEP
    unsaved: str = ""


class CacheUsage(Struct, frozen=True, kw_only=True):
    """``shared``: an image has its layer too; ``in_use``: a build that is under way stands on it."""

    entry: CacheEntry
    shared: bool
    in_use: bool


class StepState(StrEnum):
    STARTED = "started"
    CACHED = "cached"
    DONE = "done"
    FAILED = "failed"


class StepNews(Struct, frozen=True, kw_only=True):
    """How step ``index`` of ``total`` goes, counted from 1, at once when it happens.

    ``lines`` are its first and last in the Dockerfile, None for a trigger of a base image; ``seconds`` how long it
    took, None while it is under way. ``title`` is what BuildKit calls it, "" where it shows nothing.
    """

    index: int
    total: int
    stage: str
    text: str
    state: StepState
    lines: tuple[int, int] | None = None
    title: str = ""
    seconds: float | None = None


class OutputNews(Struct, frozen=True, kw_only=True):
    """A piece of what a step's command wrote, at once when it came."""

    index: int
    text: str


class DockerfileNews(Struct, frozen=True):
    """The text of the Dockerfile, before the first step. ``warnings`` are for people."""

    text: str
    warnings: tuple[str, ...] = ()


BuildNews = Progress | DockerfileNews | StepNews | OutputNews
"""What a build tells: lines in the order of the Dockerfile, and what happens as it happens."""
