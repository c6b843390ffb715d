"""Numbers of flags, as Go's strconv reads them: what Docker's client 26.1 took and refused."""

from collections.abc import Callable

import pytest

from wherry.cli.flags.values import (
    parse_decimal,
    parse_decimal_uint64,
    parse_int,
    parse_nano_cpus,
    parse_octal,
    parse_uint16,
)
from wherry.cli.options.limits import ulimit
from wherry.cli.options.policies import restart_policy

Parse = Callable[[str], object]


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (parse_int, "010", 8),
        (parse_int, "0o17", 15),
        (parse_int, "0b11", 3),
        (parse_int, "0x_1", 1),
        (parse_int, "0_7", 7),
        (parse_int, "1_0", 10),
        (parse_int, "-1", -1),
        (parse_int, "0", 0),
        (parse_decimal, "010", 10),
        (parse_decimal, "+5", 5),
        (parse_octal, "1700", 0o1700),
    ],
)
def test_numbers(parse: Parse, text: str, value: int) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_int, "08"),
        (parse_int, "1__0"),
        (parse_int, " 5"),
        (parse_int, "٣"),
        (parse_decimal, "1_0"),
        (parse_decimal, "0x1"),
        (parse_decimal_uint64, "1_0"),
        (parse_decimal_uint64, "+1"),
        (parse_uint16, "-1"),
        (parse_octal, "+7"),
    ],
)
def test_no_numbers(parse: Parse, text: str) -> None:
    with pytest.raises(ValueError, match="invalid syntax"):
        parse(text)


@pytest.mark.parametrize(
    ("parse", "text", "words"),
    [
        (parse_nano_cpus, "٣", "failed to parse ٣ as a rational number"),
        (restart_policy, "on-failure:1_0", "maximum retry count must be an integer"),
        (ulimit, "nofile=1_0", 'strconv.ParseInt: parsing "1_0": invalid syntax'),
    ],
)
def test_in_options(parse: Parse, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse(text)
