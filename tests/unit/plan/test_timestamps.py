"""Times as clients write them; the texts of errors and the readings were asked of dockerd 26.1.5."""

import pytest

from wherry.errors import InvalidArgument
from wherry.plan.timestamps import SECOND, duration_text, parse_duration, parse_timestamp, parse_unix

NOW = 1_800_000_000 * SECOND


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("", 0),
        ("0", 0),
        ("12", 12 * SECOND),
        ("12.000000005", 12 * SECOND + 5),
        ("12.5", 12 * SECOND + SECOND // 2),
        ("12.1234567891", 12 * SECOND + 123456789),
        ("-5", -5 * SECOND),
    ],
)
def test_unix_times(text: str, nanoseconds: int) -> None:
    assert parse_unix(text) == nanoseconds


@pytest.mark.parametrize("text", ["x", "1h", "2020-01-01", "1.5x", "1.", " 1", "9" * 5000])
def test_streams_take_unix_times_only(text: str) -> None:
    with pytest.raises(InvalidArgument, match="invalid syntax"):
        parse_unix(text)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1h", 3600 * SECOND),
        ("1h30m", 5400 * SECOND),
        ("1.5s", SECOND + SECOND // 2),
        (".5m", 30 * SECOND),
        ("100ms", SECOND // 10),
        ("2us3ns", 2003),
        ("-1m", -60 * SECOND),
        ("0", 0),
        ("", None),
        ("10", None),
        ("1d", None),
        ("h", None),
        ("1h x", None),
    ],
)
def test_durations(text: str, nanoseconds: int | None) -> None:
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("10m", NOW - 600 * SECOND),
        ("1577836800", 1577836800 * SECOND),
        ("0", 0),
        ("2020-01-01", 1577836800 * SECOND),
        ("2020-01-01Z", 1577836800 * SECOND),
        ("2020-01-01+01:00", 1577833200 * SECOND),
        ("2020-01-01T01", 1577840400 * SECOND),
        ("2020-01-01T00:01", 1577836860 * SECOND),
        ("2020-01-01T00:00:01", 1577836801 * SECOND),
        ("2020-01-01T00:00:01.000000007Z", 1577836801 * SECOND + 7),
        ("2020-01-01T00:00:01.5-01:30", 1577836801 * SECOND + SECOND // 2 + 5400 * SECOND),
    ],
)
def test_times_as_people_write_them(text: str, nanoseconds: int) -> None:
    assert parse_timestamp(text, NOW) == nanoseconds


def test_a_date_without_zone_is_local() -> None:
    assert parse_timestamp("2020-01-01", NOW, utc_offset=7200) == (1577836800 - 7200) * SECOND
    assert parse_timestamp("2020-01-01Z", NOW, utc_offset=7200) == 1577836800 * SECOND


@pytest.mark.parametrize("text", ["x", "", "1d", "yesterday", "9" * 5000, "9" * 5000 + "h"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(InvalidArgument, match="failed to parse value as time or duration"):
        parse_timestamp(text, NOW)


def test_a_day_that_does_not_exist() -> None:
    with pytest.raises(InvalidArgument, match="2020-02-30"):
        parse_timestamp("2020-02-30", NOW)


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0s"),
        (500_000_000, "500ms"),
        (1_500_000, "1.5ms"),
        (SECOND, "1s"),
        (1_500_000_000, "1.5s"),
        (90 * SECOND, "1m30s"),
        (3600 * SECOND, "1h0m0s"),
    ],
)
def test_durations_as_go_writes_them(nanoseconds: int, text: str) -> None:
    assert duration_text(nanoseconds) == text
