import pytest

from wherry.cli.timestamps import to_unix


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", "0"),
        ("1700000000.5", "1700000000.5"),
        ("10m", "1699999400"),
        ("2023-11-14T22:13:20Z", "1700000000.000000000"),
        ("2023-11-14T22:13:20.123456789Z", "1700000000.123456789"),
        ("2023-11-14T23:13:20.12+01:00", "1700000000.120000000"),
    ],
)
def test_points_in_time(text: str, expected: str) -> None:
    assert to_unix(text, now=1700000000.0) == expected


def test_what_is_no_point_in_time() -> None:
    with pytest.raises(ValueError, match='failed to parse value as time or duration: "soon"'):
        to_unix("soon", now=0)
