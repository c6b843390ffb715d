import pytest

from wherry.api.http import Query
from wherry.errors import InvalidArgument


@pytest.mark.parametrize("value", ["", "0", "no", "false", "none", "NO", "False", "None", "+"])
def test_false(value: str) -> None:
    assert Query(f"all={value}").flag("all", default=True) is False


@pytest.mark.parametrize("value", ["1", "true", "yes", "2", "nope", "f"])
def test_true(value: str) -> None:
    assert Query(f"all={value}").flag("all") is True


def test_an_absent_flag_is_its_default() -> None:
    assert Query("all").flag("all", default=True) is False
    assert Query("").flag("all") is False
    assert Query("").flag("all", default=True) is True


def test_many_values_of_one_name() -> None:
    query = Query("names=a&names=b&x=1&&=odd")
    assert query.all("names") == ("a", "b")
    assert query["names"] == "a"
    assert query.all("absent") == ()
    assert dict(query) == {"names": "a", "x": "1", "": "odd"}


def test_integers() -> None:
    query = Query("h=40&w=&x=abc")
    assert query.integer("h") == 40
    assert query.integer("w", default=7) == 7
    assert query.integer("absent") == 0
    with pytest.raises(InvalidArgument, match=r'^strconv\.Atoi: parsing "abc": invalid syntax$'):
        query.integer("x")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("a=%zz", 'invalid URL escape "%zz"'), ("a=%4", 'invalid URL escape "%4"'), ("a;b=1", "invalid semicolon")],
)
def test_malformed(text: str, complaint: str) -> None:
    with pytest.raises(InvalidArgument, match=complaint):
        Query(text)
