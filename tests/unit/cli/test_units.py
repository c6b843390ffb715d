"""Sizes, ages, durations and times as Docker prints them."""

import time

import pytest

from wherry.cli.formats.units import bytes_size, go_duration, go_time, human_duration, human_size, local_time, rfc3339

MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.mark.parametrize(
    ("size", "precision", "text"),
    [
        (0, 4, "0B"), (999, 4, "999B"), (1000, 4, "1kB"), (2026601, 4, "2.027MB"), (2026601, 3, "2.03MB"),
        (30_000_000, 4, "30MB"), (1.5e9, 4, "1.5GB"), (999_999, 4, "1000kB"), (999_999, 3, "1e+03kB"), (5e15, 4, "5PB"),
    ],
)  # fmt: skip
def test_sizes_go_by_thousands(size: float, precision: int, text: str) -> None:
    assert human_size(size, precision) == text


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0B"), (1024, "1KiB"), (25276502016, "23.54GiB"), (1 << 50, "1PiB"), (1536, "1.5KiB")]
)
def test_memory_goes_by_1024(size: float, text: str) -> None:
    assert bytes_size(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.9, "Less than a second"), (1, "1 second"), (59, "59 seconds"), (60, "About a minute"),
        (119, "About a minute"),
        (120, "2 minutes"), (59 * MINUTE, "59 minutes"), (HOUR, "About an hour"), (89 * MINUTE, "About an hour"),
        (90 * MINUTE, "2 hours"), (47 * HOUR, "47 hours"), (48 * HOUR, "2 days"), (13 * DAY, "13 days"),
        (14 * DAY, "2 weeks"), (59 * DAY, "8 weeks"), (60 * DAY, "2 months"), (729 * DAY, "24 months"),
        (730 * DAY, "2 years"), (2000 * DAY, "5 years"),
    ],
)  # fmt: skip
def test_ages_are_told_in_words(seconds: float, text: str) -> None:
    assert human_duration(seconds) == text


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0s"), (1, "1ns"), (1500, "1.5µs"), (2_000_000, "2ms"), (10**9, "1s"), (90 * 10**9, "1m30s"),
        (3600 * 10**9, "1h0m0s"), (3_661_500_000_000, "1h1m1.5s"), (-90 * 10**9, "-1m30s"),
    ],
)  # fmt: skip
def test_durations_are_those_of_go(nanoseconds: int, text: str) -> None:
    assert go_duration(nanoseconds) == text


@pytest.mark.parametrize(
    ("zone", "local", "precise"),
    [
        ("UTC", "2023-11-14 22:13:20 +0000 UTC", "2023-11-14T22:13:20.000000007Z"),
        ("XXX-5:30", "2023-11-15 03:43:20 +0530 XXX", "2023-11-15T03:43:20.000000007+05:30"),
    ],
)
def test_times_are_local(monkeypatch: pytest.MonkeyPatch, zone: str, local: str, precise: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    assert (local_time(1_700_000_000), rfc3339(1_700_000_000, 7)) == (local, precise)
    assert rfc3339(1_700_000_000) == precise.replace(".000000007", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2024-05-01T12:00:00Z", "2024-05-01 12:00:00 +0000 UTC"),
        ("2024-05-01T12:00:00.500000000Z", "2024-05-01 12:00:00.5 +0000 UTC"),
        ("2024-05-01T12:00:00.12+02:00", "2024-05-01 12:00:00.12 +0200 +0200"),
    ],
)
def test_times_of_the_engine_are_printed_as_go_does(text: str, shown: str) -> None:
    assert go_time(text) == shown
