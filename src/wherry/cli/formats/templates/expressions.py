"""The values of a template's pipelines, after Go's ``text/template/exec.go``, with its error texts."""

from __future__ import annotations

from .errors import ExecError
from .functions import CALL, LAZY, CallError, truth
from .nodes import Chain, Command, Dot, Field, Identifier, Literal, Nil, Node, Pipe, Variable
from .values import MISSING, Header, Missing, NilList, NilPointer, Number, Row, Struct, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .functions import Function

NOTHING_PIPED = object()
GO_KINDS = {"string": "string", "int": "int", "list": "[]string", "any": "interface {}"}


class Evaluator:
    """Evaluates pipelines. ``variables`` is the stack of what is in scope, ``name`` the template that runs."""

    def __init__(self, source: str, functions: dict[str, Function], missing_key_is_error: bool) -> None:
        self.source = source
        self.functions = functions
        self.missing_key_is_error = missing_key_is_error
        self.name = ""
        self.variables: list[tuple[str, object]] = []

    def _error(self, node: Node, message: str) -> ExecError:
        line = 1 + self.source.count("\n", 0, node.pos)
        column = node.pos - (self.source.rfind("\n", 0, node.pos) + 1)
        return ExecError(f'template: {self.name}:{line}:{column}: executing "{self.name}" at <{node}>: {message}')

    def pipe(self, pipe: Pipe, dot: object) -> object:
        value: object = NOTHING_PIPED
        for command in pipe.commands:
            value = self._command(command, dot, value)
        for name in pipe.variables:
            if pipe.assigns:
                self._assign(name, value)
            else:
                self.variables.append((name, value))
        return value

    def _assign(self, name: str, value: object) -> None:
        for at in range(len(self.variables) - 1, -1, -1):
            if self.variables[at][0] == name:
                self.variables[at] = (name, value)
                return

    def _command(self, command: Command, dot: object, piped: object) -> object:
        first, *rest = command.args
        if isinstance(first, Identifier):
            return self._function(first, command, tuple(rest), dot, piped)
        if isinstance(first, Field | Variable | Chain):
            return self._fields(first, dot, tuple(rest), piped)
        if rest or piped is not NOTHING_PIPED:
            raise self._error(first, f"can't give argument to non-function {first}")
        if isinstance(first, Nil):
            raise self._error(first, "nil is not a command")
        return self._value(first, dot)

    def _value(self, node: Node, dot: object) -> object:
        """The value of a node that stands as an operand."""
        if isinstance(node, Dot):
            return dot
        if isinstance(node, Literal):
            return node.value
        if isinstance(node, Pipe):
            return self.pipe(node, dot)
        if isinstance(node, Identifier):
            return self._function(node, node, (), dot, NOTHING_PIPED)
        if isinstance(node, Field | Variable | Chain):
            return self._fields(node, dot, (), NOTHING_PIPED)
        return None

    def _fields(self, node: Field | Variable | Chain, dot: object, args: tuple[Node, ...], piped: object) -> object:
        if isinstance(node, Field):
            value = dot
        elif isinstance(node, Chain):
            value = self._value(node.node, dot)
        else:
            value = next(value for name, value in reversed(self.variables) if name == node.name)
            if not node.names and (args or piped is not NOTHING_PIPED):
                raise self._error(node, f"can't give argument to non-function {node}")
        last = len(node.names) - 1
        inside_json = False
        for at, name in enumerate(node.names):
            given = (args, piped) if at == last else ((), NOTHING_PIPED)
            outer, value = value, self._field(node, value, name, dot, *given, inside_json=inside_json)
            inside_json = isinstance(outer, dict)
        return value

    def _field(
        self,
        node: Node,
        value: object,
        name: str,
        dot: object,
        args: tuple[Node, ...],
        piped: object,
        inside_json: bool,
    ) -> object:
        if isinstance(value, Missing):
            if self.missing_key_is_error:
                raise self._error(node, f'nil data; no entry for key "{name}"')
            return MISSING
        if isinstance(value, Row | Header) and name in value.methods:
            kinds = ("string",) if name in value.with_argument else ()
            return self._invoke(node, node, name, value.methods[name], kinds, args, dot, piped)
        has_arguments = args or piped is not NOTHING_PIPED
        if isinstance(value, Struct) and name in value.fields:
            if has_arguments:
                raise self._error(node, f"{name} has arguments but cannot be invoked as function")
            return value.fields[name]
        if isinstance(value, dict):
            if has_arguments:
                raise self._error(node, f"{name} is not a method but has arguments")
            if name not in value and self.missing_key_is_error:
                raise self._error(node, f'map has no entry for key "{name}"')
            return value.get(name, MISSING)
        raise self._no_field(node, value, name, inside_json)

    def _no_field(self, node: Node, value: object, name: str, inside_json: bool) -> ExecError:
        kind = "interface {}" if value is None or inside_json else type_name(value)
        if value is None or (isinstance(value, NilPointer) and name in value.names):
            return self._error(node, f"nil pointer evaluating {kind}.{name}")
        return self._error(node, f"can't evaluate field {name} in type {kind}")

    def _function(
        self, name_node: Identifier, node: Node, args: tuple[Node, ...], dot: object, piped: object
    ) -> object:
        name = name_node.name
        if name in LAZY:
            return self._and_or(name_node, args, dot, piped)
        if name == CALL:
            raise self._call_error(node, args, dot, piped)
        function, kinds = self.functions[name]
        return self._invoke(name_node, node, name, function, kinds, args, dot, piped)

    def _call_error(self, node: Node, args: tuple[Node, ...], dot: object, piped: object) -> ExecError:
        """Nothing that a template sees can be called."""
        if not args and piped is NOTHING_PIPED:
            return self._error(node, "wrong number of args for call: want at least 1 got 0")
        value = self._value(args[0], dot) if args else piped
        shown = args[0] if args else value
        what = "call of nil" if value is None else f"non-function {shown} of type {type_name(value)}"
        return self._error(node, f"error calling call: {what}")

    def _and_or(self, node: Identifier, args: tuple[Node, ...], dot: object, piped: object) -> object:
        """Stops at the first operand that decides."""
        if not args and piped is NOTHING_PIPED:
            raise self._error(node, f"wrong number of args for {node.name}: want at least 1 got 0")
        value: object = piped
        for arg in args:
            value = self._value(arg, dot)
            if truth(value) == (node.name == "or"):
                return value
        return value if piped is NOTHING_PIPED else piped

    def _invoke(
        self,
        name_node: Node,
        node: Node,
        name: str,
        function: Callable[..., object],
        kinds: tuple[str, ...],
        args: tuple[Node, ...],
        dot: object,
        piped: object,
    ) -> object:
        given = len(args) + (piped is not NOTHING_PIPED)
        variadic = bool(kinds) and kinds[-1].startswith("...")
        fixed = len(kinds) - variadic
        if given < fixed or (given > fixed and not variadic):
            wanted = f"at least {fixed}" if variadic else str(fixed)
            raise self._error(name_node, f"wrong number of args for {name}: want {wanted} got {given}")
        every = [*kinds[:fixed], *[kinds[-1].removeprefix("...") for _ in range(given - fixed)]]
        values = [self._argument(arg, kind, dot) for arg, kind in zip(args, every, strict=False)]
        if piped is not NOTHING_PIPED:
            values.append(self._checked(args[-1] if args else name_node, piped, every[-1]))
        try:
            return function(*values)
        except CallError as error:
            raise self._error(node, f"error calling {name}: {error}") from None

    def _argument(self, node: Node, kind: str, dot: object) -> object:
        if isinstance(node, Nil):
            if kind in ("string", "int"):
                raise self._error(node, f"cannot assign nil to {GO_KINDS[kind]}")
            return None
        if not isinstance(node, Literal):
            return self._checked(node, self._value(node, dot), kind)
        value = node.value
        if kind == "string" and not isinstance(value, str):
            raise self._error(node, f"expected string; found {node}")
        if kind == "int" and (isinstance(value, bool) or not isinstance(value, int)):
            raise self._error(node, f"expected integer; found {node}")
        if kind == "list":
            raise self._error(node, f"can't handle {node} for arg of type {GO_KINDS[kind]}")
        return value

    def _checked(self, node: Node, value: object, kind: str) -> object:
        if value is None or isinstance(value, Missing):
            if kind in ("string", "int"):
                raise self._error(node, f"invalid value; expected {GO_KINDS[kind]}")
            return NilList() if kind == "list" else None
        fits = {
            "string": isinstance(value, str) and not isinstance(value, Number),
            "int": isinstance(value, int) and not isinstance(value, bool),
            "list": isinstance(value, list),
            "any": True,
        }
        if not fits[kind]:
            raise self._error(node, f"wrong type for value; expected {GO_KINDS[kind]}; got {type_name(value)}")
        return value
