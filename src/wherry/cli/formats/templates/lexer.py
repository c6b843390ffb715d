"""Template text to tokens, after the rules of Go's ``text/template/parse`` (its ``lex.go``).

A text is literal but for actions between ``{{`` and ``}}``; ``{{-`` and ``-}}`` eat the white space beside them.
"""

from __future__ import annotations

from ...texts import quote

SPACES = " \t\r\n"
KEYWORDS = frozenset(
    ("block", "break", "continue", "define", "else", "end", "if", "nil", "range", "template", "with")
)  # fmt: skip
DIGITS = frozenset("0123456789")
SINGLE = {"(": "(", ")": ")", "|": "|", "=": "="}

TEXT, OPEN, CLOSE, SPACE, EOF, ERROR = "text", "open", "close", "space", "eof", "error"
STRING, RAW_STRING, CHARACTER, NUMBER = "string", "raw string", "character", "number"
FIELD, VARIABLE, IDENTIFIER, KEYWORD, BOOL, DOT = "field", "variable", "identifier", "keyword", "bool", "dot"
DECLARE, ASSIGN, PIPE, LEFT, RIGHT, OTHER = ":=", "=", "|", "(", ")", "other"


class Token:
    """``kind`` is one of the words above; ``pos`` counts characters, ``line`` from 1."""

    __slots__ = ("kind", "line", "pos", "text")

    def __init__(self, kind: str, text: str, pos: int, line: int) -> None:
        self.kind = kind
        self.text = text
        self.pos = pos
        self.line = line

    def __str__(self) -> str:
        """As error texts quote it."""
        if self.kind == EOF:
            return "EOF"
        if self.kind == ERROR:
            return self.text
        if self.kind in (KEYWORD, DOT):
            return f"<{self.text}>"
        shown = quote(self.text[:10])
        return shown + "..." if len(self.text) > 10 else shown


class Lexer:
    """Cuts one text into ``tokens``; a token of kind ``error`` ends them early."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pos = 0
        self.tokens: list[Token] = []
        self.depth = 0
        self._run()

    def _emit(self, kind: str, start: int, end: int) -> None:
        self.tokens.append(Token(kind, self.text[start:end], start, 1 + self.text.count("\n", 0, start)))
        self.pos = end

    def _fail(self, message: str) -> bool:
        self.tokens.append(Token(ERROR, message, self.pos, 1 + self.text.count("\n", 0, self.pos)))
        return False

    def _run(self) -> None:
        trim = False
        while True:
            start = self.text.find("{{", self.pos)
            self._literal(start if start >= 0 else len(self.text), trim)
            if start < 0:
                self._emit(EOF, self.pos, self.pos)
                return
            closed = self._comment(start) if self._is_comment(start) else self._action(start)
            if not closed:
                return
            trim = self.text[self.pos - 3 : self.pos] == "-}}" and self.text[self.pos - 4] in SPACES

    def _literal(self, end: int, trim_left: bool) -> None:
        start = self.pos
        stop = end
        if self._trims(end):
            stop = start + len(self.text[start:end].rstrip(SPACES))
        if trim_left:
            start += len(self.text[start:stop]) - len(self.text[start:stop].lstrip(SPACES))
        if start < stop:
            self._emit(TEXT, start, stop)
        self.pos = end

    def _trims(self, start: int) -> bool:
        return self.text.startswith("{{-", start) and self.text[start + 3 : start + 4] in tuple(SPACES)

    def _is_comment(self, start: int) -> bool:
        return self.text.startswith("/*", start + (4 if self._trims(start) else 2))

    def _comment(self, start: int) -> bool:
        self.pos = start
        end = self.text.find("*/", start)
        if end < 0:
            return self._fail("unclosed comment")
        self.pos = end + 2
        close = self._closing()
        if not close:
            return self._fail("comment ends before closing delimiter")
        self.pos += close
        return True

    def _closing(self) -> int:
        """The length of the closing delimiter here, its trim marker and the space before it included; 0 for none."""
        if self.text.startswith("}}", self.pos):
            return 2
        if self.text[self.pos : self.pos + 1] in tuple(SPACES) and self.text.startswith("-}}", self.pos + 1):
            return 4
        return 0

    def _action(self, start: int) -> bool:
        self._emit(OPEN, start, start + (3 if self._trims(start) else 2))
        self.depth = 0
        while True:
            close = self._closing()
            if close:
                if self.depth:
                    return self._fail("unclosed left paren")
                self._emit(CLOSE, self.pos + close - 2, self.pos + close)
                return True
            if not self._token():
                return False

    def _token(self) -> bool:
        start, text = self.pos, self.text
        char = text[start : start + 1]
        if not char:
            return self._fail("unclosed action")
        if char in SPACES:
            return self._space()
        if text.startswith(":=", start):
            self._emit(DECLARE, start, start + 2)
        elif char == ":":
            return self._fail("expected :=")
        elif char in SINGLE:
            return self._single(char)
        elif char in "\"'":
            return self._quoted(char)
        elif char == "`":
            return self._raw_quoted()
        elif char == "$":
            return self._word(VARIABLE, start + 1)
        elif char == "." and text[start + 1 : start + 2] not in DIGITS:
            return self._word(FIELD if self._in_word(start + 1) else DOT, start + 1)
        elif char in "+-." or char in DIGITS:
            return self._number()
        elif self._in_word(start):
            return self._word(IDENTIFIER, start)
        elif " " < char <= "~":
            self._emit(OTHER, start, start + 1)
        else:
            return self._fail(f"unrecognized character in action: U+{ord(char):04X} {char!r}")
        return True

    def _space(self) -> bool:
        end = self.pos
        while end < len(self.text) and self.text[end] in SPACES and not self.text.startswith("-}}", end + 1):
            end += 1
        self._emit(SPACE, self.pos, end)
        return True

    def _single(self, char: str) -> bool:
        self.depth += {"(": 1, ")": -1}.get(char, 0)
        if self.depth < 0:
            return self._fail("unexpected right paren")
        self._emit(SINGLE[char], self.pos, self.pos + 1)
        return True

    def _quoted(self, quote: str) -> bool:
        end = self.pos + 1
        while self.text[end : end + 1] != quote:
            end += 2 if self.text[end : end + 1] == "\\" else 1
            if end >= len(self.text) or self.text[end] == "\n":
                return self._fail(f"unterminated {'quoted string' if quote == chr(34) else 'character constant'}")
        self._emit(STRING if quote == '"' else CHARACTER, self.pos, end + 1)
        return True

    def _raw_quoted(self) -> bool:
        end = self.text.find("`", self.pos + 1)
        if end < 0:
            return self._fail("unterminated raw quoted string")
        self._emit(RAW_STRING, self.pos, end + 1)
        return True

    def _in_word(self, at: int) -> bool:
        char = self.text[at : at + 1]
        return char == "_" or char.isalnum()

    def _word(self, kind: str, end: int) -> bool:
        while self._in_word(end):
            end += 1
        if not self._at_end_of_word(end):
            return self._fail(f"bad character U+{ord(self.text[end]):04X} {self.text[end]!r}")
        word = self.text[self.pos : end]
        if kind == IDENTIFIER and word in KEYWORDS:
            kind = KEYWORD
        elif kind == IDENTIFIER and word in ("true", "false"):
            kind = BOOL
        self._emit(kind, self.pos, end)
        return True

    def _at_end_of_word(self, at: int) -> bool:
        char = self.text[at : at + 1]
        return not char or char in SPACES + ".,|:()=" or self.text.startswith("}}", at)

    def _number(self) -> bool:
        end = self.pos + 1
        while self._in_word(end) or self.text[end : end + 1] == "." or self._is_exponent_sign(end):
            end += 1
        self._emit(NUMBER, self.pos, end)
        return True

    def _is_exponent_sign(self, at: int) -> bool:
        hexadecimal = self.text[self.pos : self.pos + 3].lstrip("+-")[:2].lower() == "0x"
        return self.text[at : at + 1] in ("+", "-") and self.text[at - 1] in ("pP" if hexadecimal else "eE")
