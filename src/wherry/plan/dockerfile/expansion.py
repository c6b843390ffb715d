"""Variables in words, as the shells of Dockerfiles fill them in (Dockerfile reference, "Environment replacement").

``$x ${x} ${x:-y} ${x-y} ${x:+y} ${x+y} ${x:?e} ${x?e} ${x#p} ${x##p} ${x%p} ${x%%p} ${x/p/r} ${x//p/r}``; quotes and
escapes go. Errors are InvalidArgument in BuildKit's words.
"""

from collections.abc import Mapping

import msgspec

from wherry.errors import InvalidArgument
from wherry.plan.dockerfile import patterns

Piece = tuple[str, bool]
"""Text, and whether space in it separates words."""

_SPECIAL = frozenset("@*#?-$!0")
_DEEPEST = 50  # ``${a:-${b:-…}}``
_LONGEST = 1 << 20  # characters of all values that one text takes up; a few lines could ask for terabytes


def expand(word: str, variables: Mapping[str, str], escape: str = "\\", *, quotes: bool = True) -> str:
    """One word of it, with the space in it. Without ``quotes`` they are letters like others."""
    return "".join(text for text, _ in _pieces(word, variables, escape, quotes))


def expand_words(text: str, variables: Mapping[str, str], escape: str = "\\") -> tuple[str, ...]:
    """Words: split where space is not quoted, that of variables included."""
    words = [""]
    for piece, separates in _pieces(text, variables, escape, quotes=True):
        first, *others = [piece] if not separates else _split(piece)
        words[-1] += first
        words += others
    return tuple(filter(None, words))


def _split(text: str) -> list[str]:
    return "".join("\0" if character.isspace() else character for character in text).split("\0")


def _pieces(word: str, variables: Mapping[str, str], escape: str, quotes: bool) -> list[Piece]:
    try:
        return _Lexer(word, variables, escape, quotes).until("")
    except InvalidArgument as error:
        quoted = msgspec.json.encode(word).decode()
        raise InvalidArgument(f"failed to process {quoted}: {error}") from None


class _Lexer:
    def __init__(self, text: str, variables: Mapping[str, str], escape: str, quotes: bool) -> None:
        self._text = text
        self._at = 0
        self._variables = variables
        self._escape = escape
        self._quotes = "\"'" if quotes else ""
        self._depth = 0
        self._taken = 0

    def until(self, stop: str, *, raw: bool = False) -> list[Piece]:
        """All up to ``stop`` ("" for the end), which is taken too. ``raw`` keeps escapes: patterns have their own."""
        pieces: list[Piece] = []
        while character := self._next():
            if character == stop:
                return pieces
            pieces.append(self._piece(character, raw))
        if stop:
            raise InvalidArgument(f"syntax error: missing '{stop}'{' in ${}' if stop == '/' else ''}")
        return pieces

    def _piece(self, character: str, raw: bool) -> Piece:
        if character in self._quotes:
            return self._single_quoted() if character == "'" else self._double_quoted(raw), False
        if character == "$":
            return self._variable(), True
        if character == self._escape:
            return (character if raw else "") + self._next(), False
        return character, True

    def _single_quoted(self) -> str:
        end = self._text.find("'", self._at)
        if end < 0:
            raise _unfinished("single")
        start, self._at = self._at, end + 1
        return self._text[start:end]

    def _double_quoted(self, raw: bool) -> str:
        """An escape is one before ``"``, ``$`` and itself alone."""
        result = ""
        while character := self._next():
            if character == '"':
                return result
            if character == "$":
                result += self._variable()
            elif character == self._escape and self._peek() in ('"', "$", self._escape):
                result += (character if raw else "") + self._next()
            else:
                result += character
        raise _unfinished("double")

    def _variable(self) -> str:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise InvalidArgument("variables are nested too deeply")
        value = self._value()
        self._depth -= 1
        self._taken += len(value)
        if self._taken > _LONGEST:
            raise InvalidArgument("the values of variables are too long")
        return value

    def _value(self) -> str:
        if self._peek() != "{":
            name = self._name()
            return self._variables.get(name, "") if name else "$"
        self._next()
        if not self._peek():
            raise InvalidArgument("syntax error: missing '}'")
        if self._peek() in "{}:":
            raise InvalidArgument("syntax error: bad substitution")
        return self._substituted(self._name())

    def _name(self) -> str:
        start = self._at
        if self._peek() in _SPECIAL:
            return self._next()
        accepted = str.isdigit if self._peek().isdigit() else _in_name
        while self._peek() and accepted(self._peek()):
            self._at += 1
        return self._text[start : self._at]

    def _substituted(self, name: str) -> str:
        """The value of ``name``, with what stands between it and the closing brace done to it."""
        value = self._variables.get(name)
        modifier = self._next()
        if modifier == "}":
            return value or ""
        if modifier == "/":
            return self._replaced(value or "")
        if modifier == ":":
            value = value or None
            modifier += self._next()
        kind = modifier[-1:]
        if not modifier or kind not in "-+?#%":
            raise _unsupported(modifier)
        word = "".join(text for text, _ in self.until("}", raw=kind in "#%"))
        match kind:
            case "-":
                return word if value is None else value
            case "+":
                return "" if value is None else word
            case "?":
                return self._required(name, word, empty=modifier == ":?" and name in self._variables, value=value)
        return patterns.trimmed(value or "", word, kind)

    def _required(self, name: str, word: str, *, empty: bool, value: str | None) -> str:
        if value is None:
            raise InvalidArgument(f"{name}: {word or 'is not allowed to be ' + ('empty' if empty else 'unset')}")
        return value

    def _replaced(self, value: str) -> str:
        everywhere = self._peek() == "/"
        if everywhere:
            self._next()
        pattern = "".join(text for text, _ in self.until("/", raw=True))
        replacement = "".join(text for text, _ in self.until("}", raw=True))
        return patterns.replaced(value, pattern, replacement, everywhere=everywhere)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        character = self._peek()
        self._at += 1
        return character


def _in_name(character: str) -> bool:
    return character.isalnum() or character == "_"


def _unfinished(kind: str) -> InvalidArgument:
    return InvalidArgument(f"unexpected end of statement while looking for matching {kind}-quote")


def _unsupported(modifier: str) -> InvalidArgument:
    if not modifier.removeprefix(":"):
        return InvalidArgument("syntax error: missing '}'")
    return InvalidArgument(f"unsupported modifier ({modifier}) in substitution")
