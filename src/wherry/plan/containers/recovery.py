"""What a new engine does about each container that an earlier one left: record × facts → repair.

| row says | monitor | process | exit file | repair |
|---|---|---|---|---|
| running | alive | alive | – | watch again |
| running | any | gone | yes | record the exit, tear down, restart policy |
| running | alive | gone | no | watch again: the monitor is about to tell |
| running | gone | alive | – | kill, record 137, tear down, restart policy: its streams are lost |
| running | gone | gone | no | record 255, tear down, restart policy |
| starting | alive | let go | – | record that it runs: never kill what the user got |
| starting | otherwise | | | tear down, exited with an error |
| removing | any | any | any | finish the removal |
| of a build | any | any | any | remove it |
| paused for a copy | any | alive | – | let it go on, watch again |
| created, exited | – | – | – | tear down what is left over |
"""

from enum import StrEnum

from msgspec import Struct

from wherry.model.container import Container, Pending
from wherry.model.launch import Exit
from wherry.model.process import ProcessId


class Observation(Struct, frozen=True, kw_only=True):
    """What the host says about one container.

    ``process`` and ``monitor`` are those that live, None if gone; ``let_go`` whether the runtime's start took place;
    ``exit`` what the monitor left.
    """

    process: ProcessId | None = None
    monitor: ProcessId | None = None
    let_go: bool = False
    exit: Exit | None = None


class Repair(StrEnum):
    WATCH = "watch"
    RECORD_EXIT = "record exit"
    RECORD_LOSS = "record loss"
    KILL = "kill"
    RECORD_START = "record start"
    UNDO_START = "undo start"
    RESUME = "resume"
    FINISH_REMOVAL = "finish removal"
    TEAR_DOWN = "tear down"


def repair(container: Container, seen: Observation) -> Repair:
    """The one thing to do about a container."""
    state = container.state
    if container.build or state.pending is Pending.REMOVING:
        return Repair.FINISH_REMOVAL
    if state.pending is Pending.STARTING:
        return Repair.RECORD_START if seen.process and seen.monitor and seen.let_go else Repair.UNDO_START
    if state.pending is Pending.COPYING and seen.process:
        return Repair.RESUME
    if not state.alive:
        return Repair.TEAR_DOWN
    if seen.exit and not seen.process:
        return Repair.RECORD_EXIT
    if seen.monitor:
        return Repair.WATCH
    return Repair.KILL if seen.process else Repair.RECORD_LOSS
