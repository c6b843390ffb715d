"""The recovery table, row by row."""

import pytest
from msgspec.structs import replace

from wherry.model.container import Container, ContainerSpec, ContainerState, Pending, Status
from wherry.model.launch import Exit
from wherry.model.process import ProcessId
from wherry.plan.containers.recovery import Observation, Repair, repair

ALIVE = ProcessId(pid=7, start_time=1, boot_id="b")
EXIT = Exit(code=3, finished_at=1)


def container(status: Status, pending: Pending | None = None) -> Container:
    state = ContainerState(status=status, pending=pending)
    spec = ContainerSpec(image="i", command=("x",))
    return Container(id="c" * 64, name="c", image_id="i", chain_id="", created=1, spec=spec, state=state)


@pytest.mark.parametrize(
    ("status", "pending", "seen", "expected"),
    [
        (Status.RUNNING, None, Observation(process=ALIVE, monitor=ALIVE, let_go=True), Repair.WATCH),
        (Status.PAUSED, None, Observation(process=ALIVE, monitor=ALIVE, let_go=True), Repair.WATCH),
        (Status.RUNNING, None, Observation(exit=EXIT, monitor=ALIVE), Repair.RECORD_EXIT),
        (Status.RUNNING, None, Observation(exit=EXIT), Repair.RECORD_EXIT),
        (Status.RUNNING, None, Observation(monitor=ALIVE), Repair.WATCH),
        (Status.RUNNING, None, Observation(process=ALIVE), Repair.KILL),
        (Status.RUNNING, None, Observation(), Repair.RECORD_LOSS),
        (Status.CREATED, Pending.STARTING, Observation(process=ALIVE, monitor=ALIVE, let_go=True), Repair.RECORD_START),
        (Status.CREATED, Pending.STARTING, Observation(process=ALIVE, monitor=ALIVE), Repair.UNDO_START),
        (Status.CREATED, Pending.STARTING, Observation(), Repair.UNDO_START),
        (Status.PAUSED, Pending.COPYING, Observation(process=ALIVE, monitor=ALIVE, let_go=True), Repair.RESUME),
        (Status.PAUSED, Pending.COPYING, Observation(exit=EXIT), Repair.RECORD_EXIT),
        (Status.PAUSED, Pending.COPYING, Observation(), Repair.RECORD_LOSS),
        (Status.EXITED, Pending.REMOVING, Observation(), Repair.FINISH_REMOVAL),
        (Status.EXITED, Pending.REMOVING, Observation(process=ALIVE, monitor=ALIVE), Repair.FINISH_REMOVAL),
        (Status.CREATED, None, Observation(), Repair.TEAR_DOWN),
        (Status.EXITED, None, Observation(), Repair.TEAR_DOWN),
        (Status.RESTARTING, None, Observation(), Repair.TEAR_DOWN),
    ],
)
def test_each_row_has_one_repair(status: Status, pending: Pending | None, seen: Observation, expected: Repair) -> None:
    assert repair(container(status, pending), seen) is expected


def test_one_of_a_build_is_removed_whatever_it_does() -> None:
    running = replace(container(Status.RUNNING), build=True)
    assert repair(running, Observation(process=ALIVE, monitor=ALIVE, let_go=True)) is Repair.FINISH_REMOVAL
