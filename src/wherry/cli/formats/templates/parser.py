"""Tokens to nodes, after the grammar of Go's ``text/template/parse``, with its error texts."""

from __future__ import annotations

from .lexer import CLOSE, EOF, KEYWORD, OPEN, RAW_STRING, STRING, TEXT, Token
from .literals import unquote
from .nodes import Action, Branch, Call, Jump, Node, Text
from .pipelines import PipelineParser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container


class Parser(PipelineParser):
    """Parses one text. ``templates`` holds what it defines by name, the text itself under its own."""

    def __init__(self, text: str, functions: Container[str], name: str) -> None:
        super().__init__(text, functions, name)
        self.range_depth = 0
        self.templates: dict[str, tuple[Node, ...]] = {}
        self.templates[name] = self._top()

    def _top(self) -> tuple[Node, ...]:
        nodes: list[Node] = []
        while self._peek().kind != EOF:
            if self._at_define():
                self._define()
                continue
            node = self._text_or_action()
            if isinstance(node, str):
                raise self._error(f"unexpected {{{{{node}}}}}")
            nodes.append(node)
        return tuple(nodes)

    def _at_define(self) -> bool:
        start = self.at
        found = self._next().kind == OPEN and self._next_solid().text == "define"
        if not found:
            self.at = start
        return found

    def _define(self) -> None:
        name = unquote(self._expect((STRING, RAW_STRING), "define clause").text)
        self._expect((CLOSE,), "define clause")
        self._define_body(name, "define clause")

    def _define_body(self, name: str, context: str) -> None:
        outer, self.variables = self.variables, ["$"]
        body, end = self._list()
        if end != "end":
            raise self._error(f"unexpected {{{{{end}}}}} in {context}")
        self.variables = outer
        if body or name not in self.templates:
            self.templates[name] = body

    def _list(self) -> tuple[tuple[Node, ...], str]:
        """Nodes up to ``{{end}}`` or ``{{else}}``, and which of them it was."""
        nodes: list[Node] = []
        while self._peek_solid().kind != EOF:
            node = self._text_or_action()
            if isinstance(node, str):
                return tuple(nodes), node
            nodes.append(node)
        self._next()
        raise self._error("unexpected EOF")

    def _text_or_action(self) -> Node | str:
        token = self._next_solid()
        if token.kind == TEXT:
            return Text(token.pos, token.text)
        if token.kind != OPEN:
            raise self._unexpected(token, "input")
        self.action_line = token.line
        try:
            return self._action()
        finally:
            self.action_line = 0

    def _action(self) -> Node | str:
        token = self._peek_solid()
        if token.kind != KEYWORD or token.text == "nil":
            pipe = self._pipe("command", CLOSE)
            return Action(token.pos, pipe)
        self._next()
        word = token.text
        if word == "end":
            self._expect((CLOSE,), "end")
            return word
        if word == "else":
            if self._peek_solid().text not in ("if", "with"):
                self._expect((CLOSE,), "else")
            return word
        if word in ("if", "range", "with"):
            return self._branch(token)
        if word in ("break", "continue"):
            return self._jump(token)
        if word == "template":
            return self._call(token)
        if word == "block":
            return self._block(token)
        raise self._unexpected(token, "command")

    def _branch(self, token: Token) -> Branch:
        word, depth = token.text, len(self.variables)
        pipe = self._pipe(word, CLOSE)
        self.range_depth += word == "range"
        body, end = self._list()
        self.range_depth -= word == "range"
        other: tuple[Node, ...] = ()
        if end == "else":
            following = self._peek()
            if word in ("if", "with") and following.text == word:
                self._next()
                other = (self._branch(following),)
            else:
                other, end = self._list()
                if end != "end":
                    raise self._error(f"expected end; found {{{{{end}}}}}")
        del self.variables[depth:]
        return Branch(token.pos, word, pipe, body, other)

    def _jump(self, token: Token) -> Jump:
        self._expect((CLOSE,), f"{{{{{token.text}}}}}")
        if not self.range_depth:
            raise self._error(f"{{{{{token.text}}}}} outside {{{{range}}}}")
        return Jump(token.pos, token.text)

    def _call(self, token: Token) -> Call:
        name = self._expect((STRING, RAW_STRING), "template clause")
        if self._peek_solid().kind == CLOSE:
            self._next()
            return Call(name.pos, unquote(name.text), None)
        return Call(name.pos, unquote(name.text), self._pipe("template clause", CLOSE))

    def _block(self, token: Token) -> Call:
        name = self._expect((STRING, RAW_STRING), "block clause")
        pipe = self._pipe("block clause", CLOSE)
        self._define_body(unquote(name.text), "block clause")
        return Call(token.pos, unquote(name.text), pipe)
