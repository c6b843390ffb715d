"""Which stages a target needs, and what each of them stands on and copies from."""

from msgspec import Struct

from wherry.build.request import BuildRequest
from wherry.model.image import Platform
from wherry.plan.dockerfile.instructions import Dockerfile, From, Instruction


class ImageSource(Struct, frozen=True):
    """An image, by a reference as people write it. ``platform`` is what was asked for it, None for the build's."""

    reference: str
    platform: Platform | None = None


class StageSource(Struct, frozen=True):
    """What an earlier stage made, by the stage's index in the Dockerfile."""

    index: int


class Scratch(Struct, frozen=True):
    """Nothing: ``FROM scratch``."""


Base = ImageSource | StageSource | Scratch


class Stage(Struct, frozen=True, kw_only=True):
    """A FROM and what follows it.

    ``index`` counts the FROMs of the file from 0, ``name`` is "" if it has none. ``needs`` are the indexes of the
    stages that must be whole before this one begins. ``first_step`` is the number of its FROM in ``Step n/m``; the
    instructions have the numbers after it.
    """

    index: int
    name: str
    source: From
    base: Base
    instructions: tuple[Instruction, ...]
    needs: tuple[int, ...]
    first_step: int


class Graph(Struct, frozen=True, kw_only=True):
    """The stages that the target needs, in the order of the file: the target is the last.

    ``total`` is the number of steps. ``global_args`` are the ARGs before the first FROM, with their values.
    """

    stages: tuple[Stage, ...]
    total: int
    global_args: dict[str, str]

    @property
    def target(self) -> Stage:
        return self.stages[-1]


def plan(dockerfile: Dockerfile, request: BuildRequest) -> Graph:
    """The graph for ``request.target`` ("" means the last stage); its labels are one more LABEL at the end.

    InvalidArgument for a target, a base or a source that cannot be.
    """
    raise NotImplementedError
