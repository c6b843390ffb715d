"""Times, states, sizes and platforms in Docker's words."""

import pytest
from msgspec.structs import replace
from tests.unit.api.samples import NOW, RUNNING, SECOND

from wherry.api.translate.containers import container_summary
from wherry.api.translate.progress import bar, human_size
from wherry.api.translate.state import status_text
from wherry.api.translate.times import age, rfc3339, rfc3339_seconds
from wherry.errors import InvalidArgument
from wherry.model.container import ContainerState, Pending, Status
from wherry.plan.images.platforms import parse_platform

DAY = 86400


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0001-01-01T00:00:00Z"),
        (NOW, "2027-01-15T08:00:00Z"),
        (NOW + 50_000_000, "2027-01-15T08:00:00.05Z"),
        (NOW + 1, "2027-01-15T08:00:00.000000001Z"),
        (NOW + 123456789, "2027-01-15T08:00:00.123456789Z"),
    ],
)
def test_moments(nanoseconds: int, text: str) -> None:
    assert rfc3339(nanoseconds) == text


def test_moments_in_whole_seconds() -> None:
    assert rfc3339_seconds(NOW + 123456789) == "2027-01-15T08:00:00Z"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.5, "Less than a second"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "About a minute"),
        (119, "About a minute"),
        (120, "2 minutes"),
        (3599, "59 minutes"),
        (3600, "About an hour"),
        (5399, "About an hour"),
        (5400, "2 hours"),
        (47 * 3600, "47 hours"),
        (2 * DAY, "2 days"),
        (13 * DAY, "13 days"),
        (14 * DAY, "2 weeks"),
        (59 * DAY, "8 weeks"),
        (60 * DAY, "2 months"),
        (729 * DAY, "24 months"),
        (730 * DAY, "2 years"),
    ],
)
def test_ages(seconds: float, text: str) -> None:
    assert age(int(seconds * SECOND)) == text


ENDED = ContainerState(status=Status.EXITED, started_at=NOW - 9 * SECOND, finished_at=NOW - 3 * SECOND, exit_code=137)
UP = ContainerState(status=Status.RUNNING, started_at=NOW - 300 * SECOND)


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (ContainerState(), "Created"),
        (UP, "Up 5 minutes"),
        (replace(UP, status=Status.PAUSED), "Up 5 minutes (Paused)"),
        (ENDED, "Exited (137) 3 seconds ago"),
        (replace(ENDED, status=Status.RESTARTING), "Restarting (137) 3 seconds ago"),
        (replace(ENDED, pending=Pending.REMOVING), "Removal In Progress"),
        (replace(ENDED, status=Status.DEAD), "Dead"),
    ],
)
def test_states(state: ContainerState, text: str) -> None:
    assert status_text(replace(RUNNING, state=state), NOW) == text


def test_a_command_on_a_line() -> None:
    spec = replace(RUNNING.spec, entrypoint=("/bin/my sh",), command=("-c", "echo  hi", ""))
    assert container_summary(replace(RUNNING, spec=spec), "i", NOW).command == "/bin/my sh -c 'echo  hi' "


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0B"), (999, "999B"), (1000, "1kB"), (2026601, "2.027MB"), (10**18, "1000PB")]
)
def test_sizes(size: int, text: str) -> None:
    assert human_size(size) == text


def test_bars() -> None:
    assert bar(32768, 3010560) == f"[>{' ' * 50}]  32.77kB/3.011MB"
    assert bar(3010560, 3010560) == f"[{'=' * 50}>]  3.011MB/3.011MB"
    assert bar(2000, 1000) == f"[{'=' * 50}>]      2kB"
    assert bar(5000, 0) == "5kB"


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("linux", "linux/riscv64"),
        ("x86_64", "linux/amd64"),
        ("linux/aarch64", "linux/arm64"),
        ("linux/arm/7", "linux/arm/v7"),
        ("Linux/arm64/v8", "linux/arm64/v8"),
        ("windows", "windows/riscv64"),
    ],
)
def test_platforms(text: str, platform: str) -> None:
    assert str(parse_platform(text, "riscv64")) == platform


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a/b/c/d", '"a/b/c/d": cannot parse platform specifier: invalid argument'),
        ("foo", '"foo": unknown operating system or architecture: invalid argument'),
        ("linux/", '"" is an invalid component of "linux/"'),
    ],
)
def test_platforms_that_are_none(text: str, reason: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_platform(text, "amd64")
    assert str(caught.value).startswith(reason)
