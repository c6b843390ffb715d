"""The Dockerfile language: text → instructions.

`source` joins lines, `reading` makes records of them; `expansion` fills variables in, `configuring` is what the
instructions that only alter an image's configuration do to it.
"""

from itertools import takewhile

from wherry.errors import DockerfileError, InvalidArgument
from wherry.plan.dockerfile.instructions import Arg, Dockerfile, From, Instruction
from wherry.plan.dockerfile.reading import read_instruction
from wherry.plan.dockerfile.source import read_source

_DIALECT = "docker/dockerfile"  # in any registry, of any version


def parse(text: str) -> Dockerfile:
    """Read a Dockerfile. InvalidArgument in Docker's words, with the line, for what is none."""
    try:
        return _read(text)
    except DockerfileError as error:
        raise DockerfileError(error.line, error.reason, text) from None


def _read(text: str) -> Dockerfile:
    source = read_source(text)
    instructions = [read_instruction(line, source.escape) for line in source.lines]
    if not instructions:
        raise InvalidArgument("failed to parse Dockerfile: file with no instructions")
    global_args = tuple(takewhile(lambda instruction: isinstance(instruction, Arg), instructions))
    rest = tuple(instructions[len(global_args) :])
    if not rest or not isinstance(rest[0], From):
        raise _homeless(rest)
    return Dockerfile(
        global_args=tuple(arg for arg in global_args if isinstance(arg, Arg)),
        instructions=rest,
        escape=source.escape,
        syntax=source.syntax,
        warnings=(*_foreign(source.syntax), *source.warnings),
    )


def parse_triggers(texts: tuple[str, ...]) -> tuple[Instruction, ...]:
    """The instructions behind ONBUILD. InvalidArgument."""
    lines = [line for text in texts for line in read_source(text, escape="\\").lines]
    return tuple(read_instruction(line, "\\") for line in lines)


def _foreign(syntax: str) -> tuple[str, ...]:
    """A warning if ``# syntax=`` names another language."""
    if not syntax or _DIALECT in syntax:
        return ()
    return (f"The frontend {syntax} is not run: this file is read as a Dockerfile",)


def _homeless(rest: tuple[Instruction, ...]) -> InvalidArgument:
    if not rest:
        return InvalidArgument("no build stage in current context")
    return DockerfileError(rest[0].position.first, "no build stage in current context")
