"""Which stages a target needs, and what each of them stands on and copies from."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from wherry.build.plan.origins import (
    Base,
    ContextSource,
    ImageSource,
    Scratch,
    StageSource,
    named_context,
    origin,
    stage_index,
)
from wherry.build.plan.request import BuildRequest
from wherry.errors import InvalidArgument
from wherry.plan.dockerfile.expansion import expand
from wherry.plan.dockerfile.instructions import Add, Copy, Dockerfile, From, Instruction, Label, Pair, Run
from wherry.plan.dockerfile.mounts import mount_source
from wherry.plan.images.platforms import parse_platform

_MOST_STAGES = 2000  # each is known to all behind it


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

    ``total`` is the number of steps. ``global_args`` are the ARGs before the first FROM, with their values, and what
    is predefined of platforms. ``names`` are those of all stages of the file, "" for none; ``escape`` is the file's.
    ``preamble`` are the instructions before the first FROM: they count as steps. ``warnings`` are for people.
    """

    stages: tuple[Stage, ...]
    total: int
    global_args: dict[str, str]
    names: tuple[str, ...] = ()
    escape: str = "\\"
    preamble: tuple[Instruction, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def target(self) -> Stage:
        return self.stages[-1]


def plan(dockerfile: Dockerfile, request: BuildRequest) -> Graph:
    """The graph for ``request.target`` ("" means the last stage); its labels are more LABELs at the end.

    InvalidArgument for a target, a base or a source that cannot be.
    """
    global_args = _platform_args(request) | _declared(dockerfile, request)
    drafts = list(_drafts(dockerfile, request, global_args))
    names = tuple(draft.name for draft in drafts)
    needed = _needed(drafts, _target(names, request.target))
    if request.labels:
        needed[-1] = _labelled(needed[-1], request.labels)
    step, stages = len(dockerfile.global_args) + 1, []
    for draft in needed:
        stages.append(msgspec.structs.replace(draft, first_step=step))
        step += 1 + len(draft.instructions)
    return Graph(
        stages=tuple(stages),
        total=step - 1,
        global_args=global_args,
        names=names,
        escape=dockerfile.escape,
        preamble=dockerfile.global_args,
        warnings=dockerfile.warnings,
    )


def uses_context(graph: Graph) -> bool:
    """Whether some stage copies files of the build context; mounts and triggers do not count."""
    return any(map(copies_context, (each for stage in graph.stages for each in stage.instructions)))


def copies_context(instruction: Instruction) -> bool:
    """Whether it takes files of the build context; what ADD fetches is not told from them."""
    if isinstance(instruction, Copy):
        return bool(instruction.sources) and not instruction.source
    return isinstance(instruction, Add) and bool(instruction.sources)


def _platform_args(request: BuildRequest) -> dict[str, str]:
    named = {"BUILD": request.host_platform, "TARGET": request.platform or request.host_platform}
    return {
        f"{prefix}{part}": value
        for prefix, platform in named.items()
        for part, value in (
            ("PLATFORM", str(platform)),
            ("OS", platform.os),
            ("ARCH", platform.architecture),
            ("VARIANT", platform.variant),
        )
    }


def _declared(dockerfile: Dockerfile, request: BuildRequest) -> dict[str, str]:
    """The ARGs before the first FROM that have a value."""
    values: dict[str, str] = {}
    variables = _platform_args(request)
    for name, default in (pair for arg in dockerfile.global_args for pair in arg.args):
        own = None if default is None else expand(default, variables | values, dockerfile.escape)
        given = request.build_args.get(name)
        if (value := own if given is None else given) is not None:
            values[name] = value
    return values


def _drafts(dockerfile: Dockerfile, request: BuildRequest, variables: dict[str, str]) -> Iterator[Stage]:
    """All stages of the file, without their steps' numbers."""
    names: tuple[str, ...] = ()
    for source, instructions in _split(dockerfile):
        if source.name and source.name in names:
            raise InvalidArgument(f"{source.name} stage name already used")
        base = _base(source, names, request, variables, dockerfile.escape)
        if isinstance(base, ContextSource):
            instructions = (_copied(source, base), *instructions)
            base = Scratch()
        contexts = request.contexts
        origins = [origin(text, names, variables, dockerfile.escape, contexts) for text in _sources(instructions)]
        yield Stage(
            index=len(names),
            name=source.name,
            source=source,
            base=base,
            instructions=instructions,
            needs=tuple(sorted({found.index for found in (base, *origins) if isinstance(found, StageSource)})),
            first_step=0,
        )
        names += (source.name,)


def _split(dockerfile: Dockerfile) -> Iterator[tuple[From, tuple[Instruction, ...]]]:
    starts = [at for at, found in enumerate(dockerfile.instructions) if isinstance(found, From)]
    if len(starts) > _MOST_STAGES:
        raise InvalidArgument(f"a Dockerfile may have {_MOST_STAGES} stages, this has {len(starts)}")
    for start, end in zip(starts, [*starts[1:], len(dockerfile.instructions)], strict=True):
        source = dockerfile.instructions[start]
        assert isinstance(source, From)
        yield source, dockerfile.instructions[start + 1 : end]


def _base(
    source: From, names: tuple[str, ...], request: BuildRequest, variables: dict[str, str], escape: str
) -> Base | ContextSource:
    image = expand(source.image, variables, escape)
    platform = expand(source.platform, variables, escape)
    if not image:
        raise InvalidArgument(f"base name ({source.image}) should not be blank")
    given = named_context(image, request.contexts)
    if isinstance(given, ContextSource):
        return given
    if image == "scratch" and given is None:
        return Scratch()
    if image.lower() in names and given is None:
        return StageSource(names.index(image.lower()))
    asked = parse_platform(platform, request.host_platform.architecture) if platform else None
    return ImageSource(given.reference if given else image, asked)


def _copied(source: From, context: ContextSource) -> Copy:
    """Files as a base: all of them."""
    text = f"COPY --from={context.name} . /"
    return Copy(position=source.position, text=text, sources=(".",), destination="/", source=context.name)


def _sources(instructions: tuple[Instruction, ...]) -> Iterator[str]:
    """What the instructions copy or mount from, but for the context."""
    for instruction in instructions:
        if isinstance(instruction, Copy) and instruction.source:
            yield instruction.source
        elif isinstance(instruction, Run):
            yield from filter(None, map(mount_source, instruction.mounts))


def _target(names: tuple[str, ...], wanted: str) -> int:
    index = stage_index(wanted, names) if wanted else len(names) - 1
    if index is None:
        raise InvalidArgument(f'target stage "{wanted}" could not be found')
    return index


def _needed(drafts: list[Stage], target: int) -> list[Stage]:
    wanted, waiting = {target}, [target]
    while waiting:
        fresh = set(drafts[waiting.pop()].needs) - wanted
        wanted |= fresh
        waiting += fresh
    return [draft for draft in drafts if draft.index in wanted]


def _labelled(stage: Stage, labels: dict[str, str]) -> Stage:
    """With one more LABEL for each, whose values mean themselves."""
    place = (stage.source, *stage.instructions)[-1].position
    more = tuple(
        Label(position=place, text=f"LABEL {name}={value}", pairs=(Pair(_literal(name), _literal(value)),))
        for name, value in sorted(labels.items())
    )
    return msgspec.structs.replace(stage, instructions=(*stage.instructions, *more))


def _literal(text: str) -> str:
    """Quoted so that nothing in it is expanded."""
    return "'" + text.replace("'", "'\"'\"'") + "'"
