"""Which files of the build context a build copies, as far as its Dockerfile tells before anything is known of its
bases: variables may have other values there, and triggers may copy more."""

from collections.abc import Iterator

from wherry.build.plan.graph import Graph
from wherry.build.plan.origins import relative
from wherry.plan.dockerfile.instructions import Add, Copy, Instruction, Run
from wherry.plan.dockerfile.mounts import context_path

Paths = frozenset[str]
"""Relative to the context's root, patterns among them."""

_SPECIAL = frozenset("$\\\"'")  # characters of words that do not stand for themselves


def context_paths(graph: Graph) -> Paths | None:
    """None if that may be all of them."""
    texts = [text for stage in graph.stages for each in stage.instructions for text in _sources(each)]
    paths = frozenset(map(relative, texts))
    return None if "" in paths or any(_SPECIAL & set(text) for text in texts) else paths


def _sources(instruction: Instruction) -> Iterator[str]:
    match instruction:
        case Copy(source=""):
            yield from instruction.sources
        case Add():
            yield from (source for source in instruction.sources if "://" not in source)
        case Run():
            yield from (path for path in map(context_path, instruction.mounts) if path is not None)
