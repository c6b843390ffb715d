"""The query of a request, with Docker's reading of it."""

from collections.abc import Iterator, Mapping
from urllib.parse import unquote_plus

from wherry.api.http.head import BROKEN_ESCAPE
from wherry.errors import InvalidArgument
from wherry.plan.go_values import read_int

_FALSE = frozenset(("", "0", "no", "false", "none"))


class Query(Mapping[str, str]):
    """Parameters by name. As a mapping it holds the first value of each, ``all`` gives every one."""

    __slots__ = ("_values",)

    def __init__(self, text: str) -> None:
        """Parse what stands behind the ``?``.

        Raises:
            InvalidArgument: a broken percent escape or a bare semicolon.
        """
        self._values: dict[str, list[str]] = {}
        for field in text.split("&") if text else ():
            if ";" in field:
                raise InvalidArgument("invalid semicolon separator in query")
            name, _, value = field.partition("=")
            if field:
                self._values.setdefault(_decode(name), []).append(_decode(value))

    def __getitem__(self, name: str) -> str:
        return self._values[name][0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a parameter, in order."""
        return tuple(self._values.get(name, ()))

    def without(self, name: str) -> "Query":
        """The others."""
        others = Query("")
        others._values = {key: values for key, values in self._values.items() if key != name}
        return others

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean: empty, ``0``, ``no``, ``false`` and ``none`` in any case are false, all else is true.

        ``default`` is for a parameter that is absent.
        """
        value = self.get(name)
        return default if value is None else value.strip().lower() not in _FALSE

    def integer(self, name: str, default: int = 0) -> int:
        """A whole number; ``default`` if it is absent or empty.

        Raises:
            InvalidArgument: it is none, with the text of Go's ``strconv`` that dockerd passes on.
        """
        try:
            return read_int(self.get(name) or str(default))
        except ValueError as error:
            raise InvalidArgument(str(error)) from None


def _decode(text: str) -> str:
    if "%" in text and (broken := BROKEN_ESCAPE.search(text)):
        raise InvalidArgument(f'invalid URL escape "{text[broken.start() : broken.start() + 3]}"')
    if "\0" in (decoded := unquote_plus(text)):
        raise InvalidArgument("invalid query: no name, path or argument holds the character U+0000")
    return decoded
