"""Builds: messages in the progress stream of ``POST /build`` beyond Docker's, and the answer of ``POST /build/prune``.

A client that asks with the query parameter ``wherry.progress=1`` gets `StepMessage` and `OutputMessage` in the stream
beside Docker's own lines (``Step 1/3 : FROM …``), which say the same in the order of the file. Independent stages run
side by side: these messages come when things happen. The first of them comes before the first of Docker's lines.

``POST /build/offered`` is ``POST /build`` for a directory of which the engine has most files from the build before. Its
query has ``wherry.directory`` as well, which is the same for the same directory. Its body is messages as gRPC frames
them: what the Dockerfile says; packets of fsutil (``wire.proto``) of the kind STAT for all files of the context, and an
empty one; and then, whenever a `WantedMessage` in the answer asks for files, DATA packets of these. It has no end: the
answer has.
"""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType, field

STEP = "wherry.step"
OUTPUT = "wherry.output"
WANTED = "wherry.wanted"


class StepDetail(Struct, kw_only=True):
    """How a step goes. ``index`` is from 1 to ``total``; ``stage`` the stage's name, or its index as text.

    ``text`` is the instruction on one line, ``lines`` its first and last line in the Dockerfile (absent for triggers
    of a base image). ``seconds`` is how long it took, with the last three states.
    """

    index: int
    total: int
    stage: str
    text: str
    state: Literal["started", "cached", "done", "failed"]
    lines: tuple[int, int] | UnsetType = UNSET
    seconds: float | UnsetType = UNSET


class StepMessage(Struct, kw_only=True):
    id: str = STEP
    aux: StepDetail


class OutputDetail(Struct, kw_only=True):
    """What the command of a step wrote: a piece of text as it came."""

    index: int
    text: str


class OutputMessage(Struct, kw_only=True):
    id: str = OUTPUT
    aux: OutputDetail


class WantedDetail(Struct, kw_only=True):
    """Files whose contents are to be sent, by the order in which they were told of, from 0."""

    files: list[int]


class WantedMessage(Struct, kw_only=True):
    id: str = WANTED
    aux: WantedDetail


class BuildPruned(Struct, kw_only=True, rename="pascal"):
    caches_deleted: list[str] | None = None
    space_reclaimed: int = 0


class BuildCache(Struct, kw_only=True, rename="pascal"):
    """An entry of the build cache, in the answer of ``GET /system/df``."""

    id: str = field(name="ID")
    parent: str | UnsetType = UNSET
    parents: list[str] | UnsetType = UNSET
    type: str
    description: str
    in_use: bool
    shared: bool
    size: int
    created_at: str
    last_used_at: str | None
    usage_count: int
