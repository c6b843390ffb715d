import pytest

from wherry.model.container import Container, ContainerSpec, ContainerState, Status
from wherry.model.health import Health, HealthStatus, Probe
from wherry.model.image import Healthcheck
from wherry.plan.containers import health

SECOND = 1_000_000_000
STARTED = 1000 * SECOND


def container(state: Health | None = None, shell: tuple[str, ...] = (), **check: object) -> Container:
    """One that was started at ``STARTED``."""
    healthcheck = Healthcheck(**{"test": ("CMD", "probe"), **check})  # type: ignore[arg-type]
    return Container(
        id="c" * 64,
        name="c",
        image_id="i",
        chain_id="",
        created=1,
        spec=ContainerSpec(image="i", command=("x",), healthcheck=healthcheck, shell=shell),
        state=ContainerState(status=Status.RUNNING, started_at=STARTED, health=state),
    )


def probe(code: int, at: int = 0) -> Probe:
    return Probe(start=STARTED + at * SECOND, end=STARTED + at * SECOND, exit_code=code)


def probed(before: Container, code: int, at: int = 0) -> Health:
    """The health after a probe of a container that has run for ``at`` seconds."""
    return health.probed(before, probe(code, at), at * SECOND)


def wait(before: Container, at: int) -> float:
    """Seconds to the next probe of a container that has run for ``at`` seconds."""
    return health.wait(before, STARTED + at * SECOND, at * SECOND)


@pytest.mark.parametrize(
    ("test", "shell", "command"),
    [
        (("CMD", "a", "b"), (), ("a", "b")),
        (("CMD-SHELL", "a | b"), (), ("/bin/sh", "-c", "a | b")),
        (("CMD-SHELL", "a | b"), ("/bin/bash", "-c"), ("/bin/bash", "-c", "a | b")),
        (("NONE",), (), ()),
        ((), (), ()),
        (("OTHER", "a"), (), ()),
    ],
)
def test_what_is_executed(test: tuple[str, ...], shell: tuple[str, ...], command: tuple[str, ...]) -> None:
    assert health.command(container(test=test, shell=shell).spec) == command


def test_three_failures_in_a_row_make_it_unhealthy_and_one_success_healthy() -> None:
    state = health.started(container())
    seen = []
    for code in (0, 1, 1, 0, 1, 1, 1, 0):
        state = probed(container(state), code)
        seen.append((state.status.value, state.failing_streak))

    assert seen == [
        ("healthy", 0),
        ("healthy", 1),
        ("healthy", 2),
        ("healthy", 0),
        ("healthy", 1),
        ("healthy", 2),
        ("unhealthy", 3),
        ("healthy", 0),
    ]


def test_the_last_five_probes_are_kept() -> None:
    state = health.started(container())
    for code in range(7):
        state = probed(container(state), code)

    assert state is not None
    assert [kept.exit_code for kept in state.log] == [2, 3, 4, 5, 6]


def test_failures_in_the_start_period_do_not_count_until_it_was_healthy() -> None:
    starting, healthy = Health(), Health(status=HealthStatus.HEALTHY)
    times = {"retries": 1, "start_period": 10 * SECOND}

    assert probed(container(starting, **times), 1, at=9).status is HealthStatus.STARTING
    assert probed(container(starting, **times), 1, at=10).status is HealthStatus.UNHEALTHY
    assert probed(container(healthy, **times), 1, at=9).status is HealthStatus.UNHEALTHY


def test_the_next_probe_is_an_interval_after_the_last_or_after_the_start() -> None:
    assert wait(container(), 0) == 30
    assert wait(container(interval=2 * SECOND), 0) == 2
    assert wait(container(Health(log=(probe(0, at=20),))), 21) == 29
    assert wait(container(Health(log=(probe(0, at=20),))), 900) == 0
    assert wait(container(Health(log=(probe(0, at=-500),))), 0) == 30


def test_a_clock_that_was_set_back_delays_no_probe() -> None:
    assert health.wait(container(), now=STARTED - 3600 * SECOND, age=SECOND) == 30


def test_the_start_period_ends_when_it_has_passed_whatever_the_clock_says() -> None:
    times = {"retries": 1, "start_period": 10 * SECOND}

    late = health.probed(container(Health(), **times), probe(1, at=-3600), age=10 * SECOND)
    early = health.probed(container(Health(), **times), probe(1, at=3600), age=9 * SECOND)

    assert late.status is HealthStatus.UNHEALTHY
    assert early.status is HealthStatus.STARTING


def test_probes_come_sooner_in_the_start_period() -> None:
    times = {"start_period": 60 * SECOND, "start_interval": SECOND}

    assert wait(container(Health(), **times), 0) == 1
    assert wait(container(Health(), start_period=60 * SECOND), 0) == 5
    assert wait(container(Health(status=HealthStatus.HEALTHY), **times), 0) == 30


def test_a_new_start_keeps_the_log_alone() -> None:
    before = Health(status=HealthStatus.UNHEALTHY, failing_streak=4, log=(probe(1),))

    assert health.started(container(before)) == Health(log=(probe(1),))
    assert health.started(container(before, test=("NONE",))) is None


def test_the_text_of_a_probe_that_took_too_long() -> None:
    assert health.timed_out(container().spec, "") == "Health check exceeded timeout (30s)"
    text = health.timed_out(container(timeout=1_500_000_000).spec, "half")
    assert text == "Health check exceeded timeout (1.5s): half"
