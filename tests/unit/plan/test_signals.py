import pytest

from wherry.errors import InvalidArgument
from wherry.plan.signals import number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SIGKILL", 9),
        ("kill", 9),
        ("TERM", 15),
        ("15", 15),
        ("SIGRTMIN+3", 37),
        ("RTMAX-1", 63),
        ("64", 64),
        ("+1", 1),
        ("RTMIN+15", 49),
        ("RTMAX-14", 50),
    ],
)
def test_signals_by_name_and_number(text: str, expected: int) -> None:
    assert number(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "SIGNOPE",
        "RTMIN+x",
        "KILL+",
        "TERM+5",
        "RTMIN+16",
        "RTMIN+01",
        "RTMIN-1",
        "RTMAX-15",
        " 5",
        "1_0",
        "+0",
        "9" * 5000,
        "RTMIN+" + "9" * 5000,
    ],
)
def test_no_signals(text: str) -> None:
    with pytest.raises(InvalidArgument, match="invalid signal"):
        number(text)


@pytest.mark.parametrize("text", ["65", "-9"])
def test_numbers_that_linux_does_not_have(text: str) -> None:
    with pytest.raises(InvalidArgument, match=f"the linux daemon does not support signal {text}"):
        number(text)
