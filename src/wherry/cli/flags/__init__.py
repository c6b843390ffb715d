"""Flags as data: a command declares its flags once; ``parse`` gives values and positional arguments; what is wrong
becomes a ``UsageError`` with Docker's words."""

from ..lazy import load
from ..texts import quote
from .line import Line
from .values import PARSERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PROGRAM = "wherry"
STATUS_BAD_FLAG = 125
STATUS_BAD_ARGUMENTS = 1
VALUE_NAMES = {"bool": "", "swap": "bytes"}


class UsageError(Exception):
    """The command line makes no sense. ``str(error)`` is all that stderr gets."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


class HelpRequested(Exception):
    """``--help`` was among the flags of ``command``, which was called as ``spelled``."""

    def __init__(self, command: "Command", spelled: str) -> None:
        super().__init__(spelled)
        self.command = command
        self.spelled = spelled


class Flag:
    """One flag. ``kind`` names a parser of ``values.PARSERS``; lists and maps may be given many times.

    ``default``: what a flag that was not given has (lists: [], maps: {}, bool: False, the rest: None unless told).
    ``value_name``, ``default_text``: what ``--help`` shows instead of the kind, and as default.
    ``parse``: makes the value of the text instead of the kind's parser, or refuses it (ValueError): a function, or
    ``module:function`` of ``cli.options`` to be imported when the flag is given.
    ``of``: another spelling of that flag; hidden.
    """

    __slots__ = ("default", "default_text", "hidden", "kind", "name", "of", "parse", "short", "usage", "value_name")

    def __init__(
        self,
        name: str,
        kind: str = "bool",
        usage: str = "",
        *,
        short: str = "",
        default: object = None,
        default_text: str = "",
        value_name: str | None = None,
        parse: "Callable[[str], Any] | str" = "",
        of: str = "",
        hidden: bool = False,
    ) -> None:
        self.name = name
        self.kind = kind
        self.usage = usage
        self.short = short
        self.default = default if default is not None else {"bool": False}.get(kind)
        self.default_text = default_text
        self.value_name = VALUE_NAMES.get(kind, kind) if value_name is None else value_name
        self.parse = parse
        self.of = of or name
        self.hidden = hidden or bool(of)

    def value(self, text: str) -> "Any":
        """The value that a text of this flag means. ValueError."""
        parse = self.parse or PARSERS[self.kind]
        return (load("options", parse) if isinstance(parse, str) else parse)(text)

    @property
    def spelled(self) -> str:
        return f"-{self.short}, --{self.name}" if self.short else f"--{self.name}"


TLS_FLAGS = (
    Flag("tls", "bool", "Use TLS; implied by --tlsverify"),
    Flag("tlscacert", "string", "Trust certs signed only by this CA", default_text='"~/.docker/ca.pem"'),
    Flag("tlscert", "string", "Path to TLS certificate file", default_text='"~/.docker/cert.pem"'),
    Flag("tlskey", "string", "Path to TLS key file", default_text='"~/.docker/key.pem"'),
    Flag("tlsverify", "bool", "Use TLS and verify the remote"),
)
"""Of the command line and of the daemon alike."""


class Options:
    """What was given: ``options["name"]`` a flag's value or default, ``arguments`` the rest of the line."""

    __slots__ = ("_flags", "_values", "arguments")

    def __init__(self, flags: dict[str, Flag]) -> None:
        self._flags = flags
        self._values: dict[str, Any] = {}
        self.arguments: list[str] = []

    def __getitem__(self, name: str) -> "Any":
        if name in self._values:
            return self._values[name]
        flag = self._flags[name]
        if flag.kind == "list":
            return []
        return {} if flag.kind == "map" else flag.default

    def given(self, name: str) -> bool:
        """Whether the flag is on the command line, even with its default value."""
        return name in self._values

    def put(self, flag: Flag, text: str) -> None:
        """Take one occurrence of a flag. UsageError's text (without the hint) as ValueError when it is wrong."""
        try:
            value: Any = flag.value(text)
        except ValueError as error:
            raise ValueError(f"invalid argument {quote(text)} for {quote(flag.spelled)} flag: {error}") from None
        if flag.kind == "list":
            self._values.setdefault(flag.of, []).append(value)
        elif flag.kind == "map":
            key, _, value = value.partition("=")
            self._values.setdefault(flag.of, {})[key] = value
        else:
            self._values[flag.of] = value


class Command:
    """A command's grammar: ``arguments`` is the usage line behind the name, ``short`` says what it does, ``long`` what
    more there is to know.

    ``minimum`` and ``maximum`` (None: any) count positional arguments; with ``interspersed=False`` flags end at
    the first of them. ``aliases`` are all spellings, without the name of the ``program``.
    """

    def __init__(
        self,
        arguments: str,
        short: str,
        flags: tuple[Flag, ...] = (),
        *,
        minimum: int = 0,
        maximum: int | None = 0,
        interspersed: bool = True,
        aliases: tuple[str, ...] = (),
        program: str = PROGRAM,
        long: str = "",
    ) -> None:
        self.arguments = arguments
        self.short = short
        self.long = long
        self.flags = flags
        self.minimum = minimum
        self.maximum = maximum
        self.interspersed = interspersed
        self.aliases = aliases
        self.program = program

    def parse(self, argv: list[str], spelled: str) -> Options:
        """The options in ``argv``. UsageError or HelpRequested otherwise; ``spelled`` is the command as typed."""
        options = self.parse_flags(argv, spelled)
        self._count(len(options.arguments), spelled)
        return options

    def parse_flags(self, argv: list[str], spelled: str) -> Options:
        """As ``parse``, whatever the number of positional arguments."""
        options = Options({flag.name: flag for flag in self.flags})
        try:
            asks_help = Line(self, options, argv).read()
        except ValueError as error:
            raise UsageError(f"{error}\nSee '{program(spelled, self.program)} --help'.", STATUS_BAD_FLAG) from None
        if asks_help:
            raise HelpRequested(self, spelled)
        return options

    def _count(self, count: int, spelled: str) -> None:
        low, high = self.minimum, self.maximum
        if low <= count and (high is None or count <= high):
            return
        called = program(spelled, self.program)
        raise UsageError(
            f"\"{called}\" {_expectation(low, high)}.\nSee '{called} --help'.\n\n"
            f"Usage:  {called} {self.arguments}\n\n{self.short}",
            STATUS_BAD_ARGUMENTS,
        )


def program(spelled: str, name: str = PROGRAM) -> str:
    """The command with the program's name before it."""
    return f"{name} {spelled}".rstrip()


def _expectation(low: int, high: int | None) -> str:
    if high == 0:
        return "accepts no arguments"
    if low == high:
        return f"requires exactly {_arguments(low)}"
    if high is None:
        return f"requires at least {_arguments(low)}"
    if low == 0:
        return f"requires at most {_arguments(high)}"
    return f"requires at least {low} and at most {_arguments(high)}"


def _arguments(count: int) -> str:
    return f"{count} argument{'' if count == 1 else 's'}"
