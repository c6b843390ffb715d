"""Values as Go reads them."""

import pytest

from wherry.plan.go_values import decimal, read_bool, read_int, read_size


@pytest.mark.parametrize(
    ("text", "base", "size"),
    [("0", 1000, 0), ("1.5k", 1000, 1500), ("10 MB", 1000, 10_000_000), ("1GiB", 1024, 1 << 30), ("7b", 1024, 7)],
)
def test_sizes(text: str, base: int, size: int) -> None:
    assert read_size(text, base) == size


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "invalid size: ''"),
        ("-1", "invalid size: '-1'"),
        ("1x", "invalid size: '1x'"),
        ("9" * 400, f'strconv.ParseFloat: parsing "{"9" * 400}": value out of range'),
    ],
)
def test_what_is_no_size(text: str, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_size(text)
    assert str(caught.value) == reason


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("+7", 7), ("-7", -7), ("007", 7)])
def test_numbers(text: str, number: int) -> None:
    assert read_int(text) == number


@pytest.mark.parametrize("text", ["9223372036854775808", "-9223372036854775809", "9" * 5000])
def test_numbers_of_more_than_64_bits(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_int(text)
    assert str(caught.value) == f'strconv.Atoi: parsing "{text}": value out of range'


@pytest.mark.parametrize("text", ["", " 7", "1_000", "7.0", "٧"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_int(text)
    assert str(caught.value) == f'strconv.Atoi: parsing "{text}": invalid syntax'


def test_what_is_no_boolean() -> None:
    with pytest.raises(ValueError, match='parsing "yes": invalid syntax'):
        read_bool("yes")


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("65535", 65535), ("65536", None), ("9" * 5000, None), ("-1", None), ("", None), ("٧", None)],
)
def test_numbers_up_to_a_bound(text: str, number: int | None) -> None:
    assert decimal(text, 65535) == number
