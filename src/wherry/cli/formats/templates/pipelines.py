"""Tokens to pipelines: ``$x := command | command``, after Go's ``text/template/parse``, with its error texts."""

from __future__ import annotations

from .errors import ParseError
from .lexer import (
    ASSIGN,
    BOOL,
    CHARACTER,
    CLOSE,
    DECLARE,
    DOT,
    ERROR,
    FIELD,
    IDENTIFIER,
    KEYWORD,
    LEFT,
    NUMBER,
    OTHER,
    PIPE,
    RAW_STRING,
    RIGHT,
    SPACE,
    STRING,
    VARIABLE,
    Lexer,
    Token,
)
from .literals import character, number, unquote
from .nodes import Chain, Command, Dot, Field, Identifier, Literal, Nil, Node, Pipe, Variable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container

OPERAND_STARTS = frozenset((BOOL, CHARACTER, DOT, FIELD, IDENTIFIER, NUMBER, RAW_STRING, STRING, VARIABLE, LEFT))


class PipelineParser:
    """Reads the tokens of one text, and the pipelines among them."""

    def __init__(self, text: str, functions: Container[str], name: str) -> None:
        self.name = name
        self.tokens = Lexer(text).tokens
        self.functions = functions
        self.at = 0
        self.variables = ["$"]
        self.action_line = 0

    def _peek(self) -> Token:
        return self.tokens[min(self.at, len(self.tokens) - 1)]

    def _next(self) -> Token:
        token = self._peek()
        self.at += 1
        return token

    def _peek_solid(self) -> Token:
        while self._peek().kind == SPACE:
            self.at += 1
        return self._peek()

    def _next_solid(self) -> Token:
        self._peek_solid()
        return self._next()

    def _error(self, message: str) -> ParseError:
        token = self.tokens[max(0, min(self.at, len(self.tokens)) - 1)]
        return ParseError(f"template: {self.name}:{token.line}: {message}")

    def _unexpected(self, token: Token, context: str) -> ParseError:
        if token.kind != ERROR:
            return self._error(f"unexpected {token} in {context}")
        if not self.action_line or self.action_line == token.line:
            return self._error(token.text)
        where = "" if token.text.endswith(" action") else " in action"
        return self._error(f"{token.text}{where} started at {self.name}:{self.action_line}")

    def _expect(self, kinds: tuple[str, ...], context: str) -> Token:
        token = self._next_solid()
        if token.kind not in kinds:
            raise self._unexpected(token, context)
        return token

    def _pipe(self, context: str, end: str) -> Pipe:
        pos = self._peek_solid().pos
        variables, assigns = self._declarations(context)
        commands: list[Command] = []
        while (token := self._next_solid()).kind != end:
            if token.kind not in OPERAND_STARTS and token.text != "nil":
                raise self._unexpected(token, context)
            self.at -= 1
            commands.append(self._command())
        if not commands:
            raise self._error(f"missing value for {context}")
        for stage, command in enumerate(commands[1:], 2):
            if isinstance(command.args[0], Literal | Dot | Nil):
                raise self._error(f"non executable command in pipeline stage {stage}")
        return Pipe(pos, tuple(variables), assigns, tuple(commands))

    def _declarations(self, context: str) -> tuple[list[str], bool]:
        declared: list[str] = []
        while self._peek_solid().kind == VARIABLE:
            start = self.at
            name = self._next().text
            token = self._next_solid()
            if token.kind in (ASSIGN, DECLARE):
                self.variables.append(name)
                return [*declared, name], token.kind == ASSIGN
            if token.kind != OTHER or token.text != ",":
                self.at = start
                break
            declared.append(name)
            self.variables.append(name)
            if context != "range" or len(declared) > 1:
                raise self._error(f"too many declarations in {context}")
            if self._peek_solid().kind not in (VARIABLE, CLOSE, RIGHT):
                raise self._error("range can only initialize variables")
        return declared, False

    def _command(self) -> Command:
        pos = self._peek_solid().pos
        args: list[Node] = []
        while True:
            operand = self._operand()
            if operand is not None:
                args.append(operand)
            token = self._next()
            if token.kind == SPACE:
                continue
            if token.kind in (CLOSE, RIGHT):
                self.at -= 1
            elif token.kind != PIPE:
                raise self._unexpected(token, "operand")
            break
        if not args:
            raise self._error("empty command")
        return Command(pos, tuple(args))

    def _operand(self) -> Node | None:
        node = self._term()
        first = self._peek()
        if node is None or first.kind != FIELD:
            return node
        names: tuple[str, ...] = ()
        while self._peek().kind == FIELD:
            names += (self._next().text[1:],)
        if isinstance(node, Field):
            return Field(first.pos, node.names + names)
        if isinstance(node, Variable):
            return Variable(first.pos, node.name, node.names + names)
        if isinstance(node, Literal | Nil | Dot):
            raise self._error(f'unexpected . after term "{node}"')
        return Chain(first.pos, node, names)

    def _term(self) -> Node | None:
        token = self._next_solid()
        pos, text, kind = token.pos, token.text, token.kind
        if kind == IDENTIFIER:
            if text not in self.functions:
                raise self._error(f'function "{text}" not defined')
            return Identifier(pos, text)
        if kind == VARIABLE:
            if text not in self.variables:
                raise self._error(f'undefined variable "{text}"')
            return Variable(pos, text, ())
        if kind == FIELD:
            return Field(pos, (text[1:],))
        if kind == DOT:
            return Dot(pos)
        if text == "nil" and kind == KEYWORD:
            return Nil(pos)
        if kind == LEFT:
            return self._pipe("parenthesized pipeline", RIGHT)
        if kind in (STRING, RAW_STRING, CHARACTER, NUMBER, BOOL):
            return self._literal(token)
        self.at -= 1
        return None

    def _literal(self, token: Token) -> Literal:
        text = token.text
        try:
            if token.kind == BOOL:
                return Literal(token.pos, text, text == "true")
            if token.kind == NUMBER:
                return Literal(token.pos, text, number(text))
            if token.kind == CHARACTER:
                return Literal(token.pos, text, character(text))
            return Literal(token.pos, text, unquote(text))
        except ValueError:
            problems = {CHARACTER: f"malformed character constant: {text}", NUMBER: f'bad number syntax: "{text}"'}
            raise self._error(problems.get(token.kind, "invalid syntax")) from None
