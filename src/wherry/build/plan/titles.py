"""What BuildKit calls the steps that it shows: ``[builder 2/3] RUN make``."""

import re
from collections.abc import Iterator, Mapping

from wherry.build.plan.graph import Graph, Stage
from wherry.build.plan.origins import ImageSource
from wherry.model.reference import Reference
from wherry.plan.dockerfile.instructions import Add, Copy, Run, Workdir

_SHOWN = (Add, Copy, Run, Workdir)
_ROOM = 1 << 16  # characters of all values in a title: a line may ask for gigabytes
_VARIABLE = re.compile(r"'[^']*'|\\.|\$(?:(\w+)|\{(\w+)(?::?[-+?][^}]*)?\})")


def titles(graph: Graph) -> dict[int, str]:
    """By the number of the step; none for those that only change an image's configuration."""
    return {number: title for stage in graph.stages for number, title in _of_stage(stage, len(graph.names))}


def filled(title: str, variables: Mapping[str, str]) -> str:
    """With the values of variables that have one, but within single quotes, and as far as there is room for them."""
    room = _ROOM

    def value(match: re.Match[str]) -> str:
        nonlocal room
        found = variables.get(match[1] or match[2] or "")
        if found is None or len(found) > room:
            return match[0]
        room -= len(found)
        return found

    return _VARIABLE.sub(value, title)


def _of_stage(stage: Stage, stages: int) -> Iterator[tuple[int, str]]:
    steps = []
    if isinstance(stage.base, ImageSource):
        steps.append((stage.first_step, f"FROM {_full(stage.base.reference)}"))
    for number, instruction in enumerate(stage.instructions, stage.first_step + 1):
        if isinstance(instruction, _SHOWN):
            steps.append((number, instruction.text))
    name = f"{stage.name or f'stage-{stage.index}'} " if stages > 1 else ""
    width = len(str(len(steps)))
    for place, (number, text) in enumerate(steps, 1):
        yield number, f"[{name}{place:{width}}/{len(steps)}] {text}"


def _full(reference: str) -> str:
    parsed = Reference.parse(reference)
    return (parsed if parsed.digest else parsed.with_default_tag()).canonical
