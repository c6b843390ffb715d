"""Texts and defaults were asked of dockerd 26.1.5."""

import pytest

from wherry.errors import InternalError
from wherry.model.container import LogConfig
from wherry.model.log import LogLimits
from wherry.plan.logs.limits import limits


@pytest.mark.parametrize(
    ("driver", "options", "expected"),
    [
        ("json-file", {}, None),
        ("json-file", {"max-file": "3"}, None),
        ("json-file", {"max-size": "10k"}, LogLimits(size=10_000, files=1)),
        ("json-file", {"max-size": "1.5MiB", "max-file": "3"}, LogLimits(size=1_500_000, files=3)),
        (
            "json-file",
            {"max-size": "1", "max-file": "2", "compress": "true"},
            LogLimits(size=1, files=2, packed=True),
        ),
        ("local", {}, LogLimits(size=20_000_000, files=5, packed=True)),
        ("local", {"max-size": "0"}, None),
        ("local", {"max-file": "1", "compress": "false"}, LogLimits(size=20_000_000, files=1)),
        ("syslog", {}, LogLimits(size=20_000_000, files=5, packed=True)),
        ("syslog", {"cache-max-size": "1m", "cache-max-file": "1"}, LogLimits(size=1_000_000, files=2, packed=True)),
    ],
)
def test_limits(driver: str, options: dict[str, str], expected: LogLimits | None) -> None:
    assert limits(LogConfig(driver=driver, options=options)) == expected


@pytest.mark.parametrize(
    ("driver", "options", "text"),
    [
        ("json-file", {"max-size": "1x"}, "invalid size: '1x'"),
        ("json-file", {"max-size": "-1"}, "invalid size: '-1'"),
        ("json-file", {"max-size": "0"}, "max-size must be a positive number"),
        ("json-file", {"max-size": "1k", "max-file": "0"}, "max-file cannot be less than 1"),
        ("json-file", {"max-size": "1k", "max-file": "x"}, 'strconv.Atoi: parsing "x": invalid syntax'),
        ("json-file", {"compress": "maybe"}, 'strconv.ParseBool: parsing "maybe": invalid syntax'),
        (
            "json-file",
            {"max-size": "10k", "compress": "true"},
            "compress cannot be true when max-file is less than 2 or max-size is not set",
        ),
        ("local", {"max-file": "1"}, "compression cannot be enabled when max file count is 1"),
        ("local", {"max-file": "x"}, 'invalid value for max-file: x: strconv.Atoi: parsing "x": invalid syntax'),
    ],
)
def test_what_is_no_limit(driver: str, options: dict[str, str], text: str) -> None:
    with pytest.raises(InternalError) as caught:
        limits(LogConfig(driver=driver, options=options))

    assert str(caught.value) == f"failed to create task for container: failed to initialize logging driver: {text}"
