"""What a stage stands on, and what it copies and mounts from."""

import posixpath

from msgspec import Struct

from wherry.errors import InvalidArgument
from wherry.model.image import Platform
from wherry.model.reference import Reference
from wherry.plan.dockerfile.expansion import expand
from wherry.plan.go_values import decimal


class ImageSource(Struct, frozen=True):
    """An image, by a reference as people write it. ``platform`` is what was asked for it, None for the build's."""

    reference: str
    platform: Platform | None = None


class StageSource(Struct, frozen=True):
    """What an earlier stage made, by the stage's index in the Dockerfile."""

    index: int


class ContextSource(Struct, frozen=True):
    """Files that the client has given a name: one of ``BuildRequest.contexts``."""

    name: str


class Scratch(Struct, frozen=True):
    """Nothing: ``FROM scratch``."""


Base = ImageSource | StageSource | Scratch
Source = ImageSource | StageSource | ContextSource

_IMAGE = "docker-image://"


def origin(
    text: str, names: tuple[str, ...], variables: dict[str, str], escape: str, contexts: dict[str, str]
) -> Source:
    """What ``--from=`` names in a stage behind those of ``names``: a named context, one of them, its index, or an
    image."""
    source = expand(text, variables, escape)
    if (given := named_context(source, contexts)) is not None:
        return given
    if (index := stage_index(source, names)) is not None:
        return StageSource(index)
    if source.isdecimal():
        current = decimal(source, most=len(names)) == len(names)
        reason = "refers to current build stage" if current else "index out of bounds"
        raise InvalidArgument(f"invalid from flag value {source}: {reason}")
    return ImageSource(source)


def named_context(text: str, contexts: dict[str, str]) -> ImageSource | ContextSource | None:
    """What the client has given a name, which may be an image's in any of the forms that people write."""
    try:
        name = Reference.parse(text.lower()).familiar.removesuffix(":latest")
    except InvalidArgument:  # a stage's index, or nothing at all
        return None
    if name not in contexts:
        return None
    if contexts[name].startswith(_IMAGE):
        return ImageSource(contexts[name].removeprefix(_IMAGE))
    return ContextSource(name)


def stage_index(text: str, names: tuple[str, ...]) -> int | None:
    """The stage of a name, which has no case, or an index."""
    if text.lower() in names:
        return names.index(text.lower())
    return decimal(text, most=len(names) - 1)


def relative(path: str) -> str:
    """A path of an origin as seen from its root, which ``..`` does not leave; "" for the root itself."""
    return posixpath.normpath(f"/{path}").lstrip("/")
