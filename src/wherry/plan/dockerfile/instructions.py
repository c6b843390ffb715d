"""The instructions of a Dockerfile as records: read, and nothing expanded yet.

Grammar and names are those of the Dockerfile reference (docs.docker.com/reference/dockerfile).
"""

from msgspec import Struct


class Position(Struct, frozen=True):
    """The lines of an instruction, counted from 1, the last one included."""

    first: int
    last: int


class Heredoc(Struct, frozen=True, kw_only=True):
    """A document that follows an instruction: ``<<name``. ``expand``: the name was not quoted, variables count."""

    name: str
    content: str
    expand: bool = True


class CommandLine(Struct, frozen=True):
    """A program and its arguments (exec form), or one line for the shell (``shell``; "" for an empty line)."""

    words: tuple[str, ...]
    shell: bool


class Pair(Struct, frozen=True):
    name: str
    value: str


class Instruction(Struct, frozen=True, kw_only=True):
    """What all have: where it stands, and its text on one line, as ``Step 1/2 : …`` shows it."""

    position: Position
    text: str


class From(Instruction, frozen=True, kw_only=True):
    """``FROM [--platform=…] image [AS name]``; ``name`` is in lower case."""

    image: str
    platform: str = ""
    name: str = ""


class Arg(Instruction, frozen=True, kw_only=True):
    """``ARG name[=default] …``: None where there is no default."""

    args: tuple[tuple[str, str | None], ...]


class Run(Instruction, frozen=True, kw_only=True):
    """``RUN``; ``mounts`` are the texts behind ``--mount=``, one for each flag."""

    command: CommandLine
    heredocs: tuple[Heredoc, ...] = ()
    mounts: tuple[str, ...] = ()
    network: str = ""
    security: str = ""


class Copy(Instruction, frozen=True, kw_only=True):
    """``COPY``; ``source`` is what ``--from`` names: a stage, its index, or an image."""

    sources: tuple[str, ...]
    destination: str
    heredocs: tuple[Heredoc, ...] = ()
    source: str = ""
    chown: str = ""
    chmod: str = ""
    link: bool = False
    parents: bool = False
    exclude: tuple[str, ...] = ()


class Add(Instruction, frozen=True, kw_only=True):
    """``ADD``: as COPY, from the build context or from URLs; archives of the context are unpacked."""

    sources: tuple[str, ...]
    destination: str
    heredocs: tuple[Heredoc, ...] = ()
    chown: str = ""
    chmod: str = ""
    checksum: str = ""
    link: bool = False
    keep_git_dir: bool = False
    unpack: bool | None = None
    exclude: tuple[str, ...] = ()


class Env(Instruction, frozen=True, kw_only=True):
    pairs: tuple[Pair, ...]


class Label(Instruction, frozen=True, kw_only=True):
    pairs: tuple[Pair, ...]


class Cmd(Instruction, frozen=True, kw_only=True):
    command: CommandLine


class Entrypoint(Instruction, frozen=True, kw_only=True):
    command: CommandLine


class Expose(Instruction, frozen=True, kw_only=True):
    ports: tuple[str, ...]


class Volume(Instruction, frozen=True, kw_only=True):
    paths: tuple[str, ...]


class User(Instruction, frozen=True, kw_only=True):
    user: str


class Workdir(Instruction, frozen=True, kw_only=True):
    path: str


class Onbuild(Instruction, frozen=True, kw_only=True):
    """``trigger``: the text of an instruction for the builds that stand on this image."""

    trigger: str


class Stopsignal(Instruction, frozen=True, kw_only=True):
    signal: str


class HealthcheckNone(Instruction, frozen=True, kw_only=True):
    """``HEALTHCHECK NONE``."""


class HealthcheckCmd(Instruction, frozen=True, kw_only=True):
    """``HEALTHCHECK [options] CMD …``. Times are nanoseconds, 0 for what was not said."""

    command: CommandLine
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0


class Shell(Instruction, frozen=True, kw_only=True):
    words: tuple[str, ...]


class Maintainer(Instruction, frozen=True, kw_only=True):
    author: str


class Dockerfile(Struct, frozen=True, kw_only=True):
    """A whole file: the ARGs before the first FROM, then all other instructions in their order.

    ``escape`` is the character of the ``# escape=`` directive, ``syntax`` the image of ``# syntax=`` ("" without).
    ``warnings`` are for people.
    """

    global_args: tuple[Arg, ...]
    instructions: tuple[Instruction, ...]
    escape: str = "\\"
    syntax: str = ""
    warnings: tuple[str, ...] = ()
