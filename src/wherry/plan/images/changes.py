"""``--change`` of import and commit: instructions of a Dockerfile that alter an image's configuration."""

from collections.abc import Iterable

from wherry.errors import DockerfileError, InvalidArgument
from wherry.model.image import ImageConfig
from wherry.plan.dockerfile.configuring import Scope, configure, environment
from wherry.plan.dockerfile.instructions import Cmd, Instruction
from wherry.plan.dockerfile.reading import read_instruction
from wherry.plan.dockerfile.source import Line, read_source
from wherry.plan.dockerfile.words import head

_ESCAPE = "\\"
_KNOWN = frozenset(
    (
        *("CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL"),
        *("ONBUILD", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
    )
)


def apply_changes(config: ImageConfig, changes: Iterable[str]) -> ImageConfig:
    """The configuration after all changes, each a text of one or more instructions. InvalidArgument."""
    commanded = False
    for instruction in _instructions(tuple(changes)):
        scope = Scope(environment(config), commanded=commanded)
        config = configure(instruction, config, scope).config
        commanded = commanded or isinstance(instruction, Cmd)
    return config


def _instructions(changes: tuple[str, ...]) -> list[Instruction]:
    lines = read_source("\n".join(changes), _ESCAPE).lines
    if changes and not lines:
        raise InvalidArgument("file with no instructions")
    return [_instruction(line) for line in lines]


def _instruction(line: Line) -> Instruction:
    keyword = head(line.text)[0]
    if keyword.upper() not in _KNOWN:
        raise InvalidArgument(f"{keyword} is not a valid change command")
    try:
        return read_instruction(line, _ESCAPE)
    except DockerfileError as error:  # whoever types a change has no lines to count
        raise InvalidArgument(error.reason) from None
