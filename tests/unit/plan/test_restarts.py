import pytest

from wherry.model.container import Container, ContainerSpec, ContainerState, HostSpec, RestartPolicy, Status
from wherry.model.launch import Exit
from wherry.plan.containers.restarts import after_boot, delay

SECOND = 1_000_000_000


def container(policy: str, maximum: int = 0, **state: object) -> Container:
    host = HostSpec(restart=RestartPolicy(name=policy, maximum=maximum))
    spec = ContainerSpec(image="i", command=("x",), host=host)
    known = ContainerState(status=Status.EXITED, started_at=1, **state)  # type: ignore[arg-type]
    return Container(id="c" * 64, name="c", image_id="i", chain_id="", created=1, spec=spec, state=known)


def test_no_policy_no_restart() -> None:
    assert delay(container("no"), Exit(code=1, finished_at=0), SECOND) is None


def test_on_failure_restarts_failures_only_and_so_often() -> None:
    failed, well = Exit(code=1, finished_at=0), Exit(code=0, finished_at=0)
    assert delay(container("on-failure"), well, SECOND) is None
    assert delay(container("on-failure", 2, restart_count=1), failed, SECOND) is not None
    assert delay(container("on-failure", 2, restart_count=2), failed, SECOND) is None


def test_what_the_user_stopped_stays_stopped() -> None:
    assert delay(container("always", stopped_by_user=True), Exit(code=0, finished_at=0), SECOND) is None


def test_delays_double_up_to_a_minute_and_begin_again_after_ten_seconds() -> None:
    how = Exit(code=1, finished_at=0)
    delays = [delay(container("always", restart_delay=last), how, SECOND) for last in (0.0, 0.1, 0.2, 51.2, 60.0)]
    assert delays == [0.1, 0.2, 0.4, 60.0, 60.0]
    assert delay(container("always", restart_delay=60.0), how, 11 * SECOND) == 0.1


@pytest.mark.parametrize(
    ("policy", "state", "expected"),
    [
        ("no", {}, False),
        ("always", {}, True),
        ("always", {"stopped_by_user": True}, True),
        ("unless-stopped", {}, True),
        ("unless-stopped", {"stopped_by_user": True}, False),
        ("on-failure", {}, False),
    ],
)
def test_who_is_started_with_the_engine(policy: str, state: dict[str, bool], expected: bool) -> None:
    assert after_boot(container(policy, **state)) is expected
