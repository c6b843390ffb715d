"""What a template works on: plain JSON values, and a few classes for what only Go's types can say.

Plain are ``str``, ``int``, ``float``, ``bool``, ``None``, ``list`` and ``dict``. The classes here add the difference
between a struct and a map (a struct prints as ``{a b}`` and refuses an unknown field), typed nils, and rows of a
listing whose fields are computed.
"""

from __future__ import annotations

from ..units import go_duration, go_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Missing:
    """The value of a map key that is not there: prints as ``<no value>``."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False


MISSING = Missing()


class Struct:
    """A Go struct: named fields in order. ``raw`` is the JSON value it was read from, and what ``json`` prints."""

    __slots__ = ("fields", "raw", "type_name")

    def __init__(self, type_name: str, fields: dict[str, object], raw: object) -> None:
        self.type_name = type_name
        self.fields = fields
        self.raw = raw


class NilPointer:
    """A nil pointer to a struct: false, prints as ``<nil>``; reading one of its fields is an error."""

    __slots__ = ("names", "type_name")

    def __init__(self, type_name: str, names: tuple[str, ...]) -> None:
        self.type_name = type_name
        self.names = names

    def __bool__(self) -> bool:
        return False


class NilList(list[object]):
    """A nil slice: an empty list whose JSON is ``null``."""


class TypedMap(dict[str, object]):
    """A map whose Go type is known: ``index`` of a key that is not there gives ``zero``."""

    def __init__(self, entries: dict[str, object], zero: object) -> None:
        super().__init__(entries)
        self.zero = zero


class NilMap(TypedMap):
    """A nil map: an empty map whose JSON is ``null``."""


class Header(dict[str, object]):
    """The words over a table's columns by the names of its fields; ``Label`` makes one of a label's key."""

    with_argument = frozenset(("Label",))

    @property
    def methods(self) -> dict[str, Callable[..., object]]:
        return {"Label": lambda key: key.rpartition(".")[2].replace("-", " ").replace("_", " ")}


class Number(str):
    """A number of JSON whose digits are kept: what ``inspect`` sees when it falls back to the engine's raw answer."""

    __slots__ = ()


class Duration(int):
    """Nanoseconds that print as Go's ``time.Duration`` does: ``1m30s``."""

    __slots__ = ()

    def __str__(self) -> str:
        return go_duration(int(self))


class Time:
    """An RFC 3339 time that prints the way Go prints one."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return go_time(self.text)


class Row:
    """One line of a listing. Fields are methods, called only when a template names them.

    ``methods`` take no argument but for those of ``with_argument``, which take one string.
    """

    __slots__ = ("methods", "type_name", "with_argument")

    def __init__(
        self, type_name: str, methods: dict[str, Callable[..., object]], with_argument: frozenset[str] = frozenset()
    ) -> None:
        self.type_name = type_name
        self.methods = methods
        self.with_argument = with_argument


def type_name(value: object) -> str:
    """Go's name for the type of a value, as error texts and ``%T`` show it."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, Struct | NilPointer | Row):
        return value.type_name
    names: tuple[tuple[type, str], ...] = (
        (Number, "json.Number"),
        (Duration, "time.Duration"),
        (str, "string"),
        (int, "int"),
        (float, "float64"),
        (list, "[]interface {}"),
        (dict, "map[string]interface {}"),
        (Time, "time.Time"),
    )
    for kind, name in names:
        if isinstance(value, kind):
            return name
    return "<nil>"
