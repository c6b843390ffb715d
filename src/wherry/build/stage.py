"""One stage, instruction by instruction: what to do, and what the image says after it.

state = begin(graph, stage, request, base)          # base: the image's configuration, None for scratch
for instruction in (*triggers(base), *stage.instructions):
    step = interpret(state, instruction)            # carry out step.action, unless cache_key(…) is known
    state = step.state
"""

from msgspec import Struct

from wherry.build.actions import Action
from wherry.build.graph import Graph, Stage
from wherry.build.request import BuildRequest
from wherry.model.image import ImageConfig
from wherry.plan.dockerfile.instructions import Instruction


class StageState(Struct, frozen=True, kw_only=True):
    """What is known after an instruction.

    ``config`` is the image's configuration so far; ``args`` the ARGs in scope, None for one without a value.
    ``consumed`` names the build arguments that were of use: see `unconsumed`. ``commanded``: this stage had a CMD.
    """

    config: ImageConfig
    author: str = ""
    args: dict[str, str | None] = {}
    consumed: frozenset[str] = frozenset()
    commanded: bool = False


class Step(Struct, frozen=True, kw_only=True):
    """An instruction understood. ``comment`` is what the history says of it; `created_by` has the whole."""

    action: Action
    state: StageState
    comment: str


def begin(graph: Graph, stage: Stage, request: BuildRequest, base: ImageConfig | None, author: str = "") -> StageState:
    """The state after FROM. ``base`` is the configuration of the image or stage it stands on, None for scratch."""
    raise NotImplementedError


def triggers(base: ImageConfig | None) -> tuple[Instruction, ...]:
    """The ONBUILD instructions of an image, to be interpreted first. InvalidArgument if one makes no sense."""
    raise NotImplementedError


def interpret(state: StageState, instruction: Instruction) -> Step:
    """What an instruction means in a state. InvalidArgument in Docker's words."""
    raise NotImplementedError


def created_by(step: Step, content: str = "") -> str:
    """The line of the history. ``content`` names what COPY found: ``file:<hex>``, ``dir:<hex>``, ``multi:<hex>``."""
    raise NotImplementedError


def cache_key(parent_key: str, step: Step, content: str = "") -> str:
    """A digest of all that a step's result hangs on. ``parent_key`` is the key before it, or the base image's ID;
    ``content`` as for `created_by`, and for mounts a digest of what is bound."""
    raise NotImplementedError


def unconsumed(request: BuildRequest, states: tuple[StageState, ...]) -> tuple[str, ...]:
    """Build arguments that no ARG asked for, sorted; ``states`` are the last ones of all stages built."""
    raise NotImplementedError
