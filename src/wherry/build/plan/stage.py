"""One stage, instruction by instruction: what to do, and what the image says after it.

state = begin(graph, stage, request, base)          # base: the state of what it stands on, None for scratch
for instruction in (*triggers(base.config), *stage.instructions):
    step = interpret(state, instruction)            # carry out step.action, unless cache_key(…) is known
    state = step.state
"""

import hashlib

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from wherry.build.plan.actions import Action, Configure, CopyFiles, MakeDirectory, RunCommand
from wherry.build.plan.copying import add_files, copy_files
from wherry.build.plan.graph import Graph, Stage
from wherry.build.plan.request import BuildRequest
from wherry.build.plan.running import run_command
from wherry.build.plan.scope import PROXIES, StageScope, scope_of
from wherry.model.image import ImageConfig
from wherry.plan.dockerfile import parse_triggers
from wherry.plan.dockerfile.configuring import Scope, configure, environment, shell_of
from wherry.plan.dockerfile.instructions import Add, Arg, Cmd, Copy, Instruction, Maintainer, Run, Workdir

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class StageState(Struct, frozen=True, kw_only=True):
    """What is known after an instruction.

    ``config`` is the image's configuration so far; ``args`` the ARGs in scope, None for one without a value.
    ``consumed`` names the build arguments that were of use: see `unconsumed`. ``commanded``: this stage had a CMD.
    ``scope`` is the same in all states of a stage.
    """

    config: ImageConfig
    author: str = ""
    args: dict[str, str | None] = {}
    consumed: frozenset[str] = frozenset()
    commanded: bool = False
    scope: StageScope = StageScope()


class Step(Struct, frozen=True, kw_only=True):
    """An instruction understood. ``comment`` is what the history says of it; `created_by` has the whole.

    ``into`` is where COPY and ADD put things, as it was written.
    """

    action: Action
    state: StageState
    comment: str
    into: str = ""


def begin(graph: Graph, stage: Stage, request: BuildRequest, base: StageState | None) -> StageState:
    """The state after FROM. ``base`` is that of the image or stage it stands on, None for scratch.

    A stage hands its ARGs on to those that stand on it (Docker's manual, "Build variables", "Scoping").
    """
    config = replace(base.config, on_build=()) if base else ImageConfig()
    if "PATH" not in environment(config):
        config = replace(config, env=(*config.env, f"PATH={_PATH}"))
    return StageState(
        config=config,
        author=base.author if base else "",
        args=base.args if base else {},
        consumed=frozenset(graph.global_args),
        scope=scope_of(graph, stage, request),
    )


def triggers(base: ImageConfig | None) -> tuple[Instruction, ...]:
    """The ONBUILD instructions of an image, to be interpreted first. InvalidArgument if one makes no sense."""
    return parse_triggers(base.on_build) if base else ()


def interpret(state: StageState, instruction: Instruction) -> Step:
    """What an instruction means in a state. InvalidArgument in Docker's words, NotSupported for what cannot be had."""
    words, config, scope = _words(state), state.config, state.scope
    match instruction:
        case Arg():
            return _declared(state, instruction, words)
        case Maintainer():
            return _configured(replace(state, author=instruction.author), f"MAINTAINER {instruction.author}")
        case Run():
            command, comment = run_command(instruction, config, state.args, words, scope)
            return Step(action=command, state=state, comment=comment)
        case Copy():
            files, comment, into = copy_files(instruction, words, scope, config.working_dir)
            return Step(action=files, state=state, comment=comment, into=into)
        case Add():
            files, comment, into = add_files(instruction, words, config.working_dir)
            return Step(action=files, state=state, comment=comment, into=into)
    configured = configure(instruction, config, words)
    commanded = state.commanded or isinstance(instruction, Cmd)
    state = replace(state, config=configured.config, commanded=commanded)
    if isinstance(instruction, Workdir):
        action = MakeDirectory(state.config.working_dir)
        return Step(action=action, state=state, comment=configured.comment)
    return _configured(state, configured.comment)


def created_by(step: Step, content: str = "") -> str:
    """The line of the history. ``content`` names what COPY found: ``file:<hex>``, ``dir:<hex>``, ``multi:<hex>``."""
    if isinstance(step.action, RunCommand):
        return step.comment
    nothing = f"{' '.join(shell_of(step.state.config))} #(nop) "
    match step.action:
        case CopyFiles():
            return f"{nothing}{step.comment} {content} in {step.into} "
        case MakeDirectory():
            return nothing + step.comment
    return f"{nothing} {step.comment}"


def cache_key(parent_key: str, step: Step, content: str = "") -> str:
    """A digest of all that a step's result hangs on. ``parent_key`` is the key before it, or the base image's ID;
    ``content`` as for `created_by`, and for mounts a digest of what is bound."""
    action = replace(step.action, proxies=()) if isinstance(step.action, RunCommand) else step.action
    state = step.state
    known = (parent_key, type(action).__name__, action, step.comment, step.into, content, state.config, state.author)
    return f"sha256:{hashlib.sha256(msgspec.json.encode(known)).hexdigest()}"


def unconsumed(request: BuildRequest, states: tuple[StageState, ...]) -> tuple[str, ...]:
    """Build arguments that no ARG asked for, sorted; ``states`` are the last ones of all stages built."""
    consumed = PROXIES.union(*(state.consumed for state in states))
    return tuple(sorted(request.build_args.keys() - consumed))


def variables(state: StageState) -> dict[str, str]:
    """Those that were declared: the environment comes before the ARGs."""
    return {name: value for name, value in state.args.items() if value is not None} | environment(state.config)


def _words(state: StageState) -> Scope:
    """What words are expanded with."""
    return Scope(state.scope.proxies | variables(state), state.scope.escape, state.commanded)


def _declared(state: StageState, arg: Arg, words: Scope) -> Step:
    pairs = [(words.expand(name), None if default is None else words.expand(default)) for name, default in arg.args]
    told = " ".join(name if default is None else f"{name}={default}" for name, default in pairs)
    values = {name: state.scope.argument(name, default) for name, default in pairs}
    state = replace(state, args=state.args | values, consumed=state.consumed | values.keys())
    return _configured(state, f"ARG {told}")


def _configured(state: StageState, comment: str) -> Step:
    return Step(action=Configure(), state=state, comment=comment)
