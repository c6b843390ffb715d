"""Builds: messages in the progress stream of ``POST /build`` beyond Docker's, and the answer of ``POST /build/prune``.

A client that asks with the query parameter ``wherry.progress=1`` gets `StepMessage` and `OutputMessage` in the stream
beside Docker's own lines (``Step 1/3 : FROM …``), which say the same in the order of the file. Independent stages run
side by side: these messages come when things happen. The first of them comes before the first of Docker's lines.
"""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType, field

STEP = "wherry.step"
OUTPUT = "wherry.output"


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
