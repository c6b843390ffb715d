"""The parsed template. ``str(node)`` is the source again, as error texts quote it; ``pos`` is where it began."""

from __future__ import annotations

from ...texts import quote


class Node:
    __slots__ = ("pos",)

    def __init__(self, pos: int) -> None:
        self.pos = pos


class Text(Node):
    __slots__ = ("text",)

    def __init__(self, pos: int, text: str) -> None:
        super().__init__(pos)
        self.text = text


class Literal(Node):
    """A constant: ``value`` is a str, int, float or bool; ``source`` its spelling."""

    __slots__ = ("source", "value")

    def __init__(self, pos: int, source: str, value: str | int | float | bool) -> None:
        super().__init__(pos)
        self.source = source
        self.value = value

    def __str__(self) -> str:
        return self.source


class Nil(Node):
    __slots__ = ()

    def __str__(self) -> str:
        return "nil"


class Dot(Node):
    __slots__ = ()

    def __str__(self) -> str:
        return "."


class Field(Node):
    """``.A.B`` of the dot."""

    __slots__ = ("names",)

    def __init__(self, pos: int, names: tuple[str, ...]) -> None:
        super().__init__(pos)
        self.names = names

    def __str__(self) -> str:
        return "." + ".".join(self.names)


class Variable(Node):
    """``$x`` or ``$x.A.B``."""

    __slots__ = ("name", "names")

    def __init__(self, pos: int, name: str, names: tuple[str, ...]) -> None:
        super().__init__(pos)
        self.name = name
        self.names = names

    def __str__(self) -> str:
        return ".".join((self.name, *self.names))


class Identifier(Node):
    """The name of a function."""

    __slots__ = ("name",)

    def __init__(self, pos: int, name: str) -> None:
        super().__init__(pos)
        self.name = name

    def __str__(self) -> str:
        return self.name


class Chain(Node):
    """``(pipeline).A.B``."""

    __slots__ = ("names", "node")

    def __init__(self, pos: int, node: Node, names: tuple[str, ...]) -> None:
        super().__init__(pos)
        self.node = node
        self.names = names

    def __str__(self) -> str:
        inner = f"({self.node})" if isinstance(self.node, Pipe) else str(self.node)
        return inner + "." + ".".join(self.names)


class Command(Node):
    """A function or value with its arguments."""

    __slots__ = ("args",)

    def __init__(self, pos: int, args: tuple[Node, ...]) -> None:
        super().__init__(pos)
        self.args = args

    def __str__(self) -> str:
        return " ".join(f"({arg})" if isinstance(arg, Pipe) else str(arg) for arg in self.args)


class Pipe(Node):
    """``$a, $b := command | command``; ``assigns`` tells ``=`` from ``:=``."""

    __slots__ = ("assigns", "commands", "variables")

    def __init__(self, pos: int, variables: tuple[str, ...], assigns: bool, commands: tuple[Command, ...]) -> None:
        super().__init__(pos)
        self.variables = variables
        self.assigns = assigns
        self.commands = commands

    def __str__(self) -> str:
        left = ", ".join(self.variables) + (" = " if self.assigns else " := ") if self.variables else ""
        return left + " | ".join(str(command) for command in self.commands)


class Action(Node):
    """``{{pipeline}}``."""

    __slots__ = ("pipe",)

    def __init__(self, pos: int, pipe: Pipe) -> None:
        super().__init__(pos)
        self.pipe = pipe


class Branch(Node):
    """``{{if}}``, ``{{with}}`` or ``{{range}}``: ``word`` says which."""

    __slots__ = ("body", "other", "pipe", "word")

    def __init__(self, pos: int, word: str, pipe: Pipe, body: tuple[Node, ...], other: tuple[Node, ...]) -> None:
        super().__init__(pos)
        self.word = word
        self.pipe = pipe
        self.body = body
        self.other = other


class Jump(Node):
    """``{{break}}`` or ``{{continue}}``."""

    __slots__ = ("word",)

    def __init__(self, pos: int, word: str) -> None:
        super().__init__(pos)
        self.word = word


class Call(Node):
    """``{{template "name" pipeline}}``."""

    __slots__ = ("name", "pipe")

    def __init__(self, pos: int, name: str, pipe: Pipe | None) -> None:
        super().__init__(pos)
        self.name = name
        self.pipe = pipe

    def __str__(self) -> str:
        words = f"{quote(self.name)} {self.pipe}" if self.pipe else quote(self.name)
        return "{{template " + words + "}}"
