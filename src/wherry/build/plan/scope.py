"""Names that mean something in a stage: build arguments, predefined variables, earlier stages."""

from msgspec import Struct

from wherry.build.plan.graph import Graph, Stage
from wherry.build.plan.origins import Source, StageSource, origin
from wherry.build.plan.request import BuildRequest
from wherry.errors import InvalidArgument

PROXIES = frozenset(
    name for word in ("http", "https", "ftp", "no", "all") for name in (f"{word}_proxy", f"{word}_proxy".upper())
)
"""Build arguments that need no ARG, and count neither for the cache nor for the history."""


class StageScope(Struct, frozen=True, kw_only=True):
    """What holds for a whole stage. ``build_args`` and ``contexts`` are those of the request, ``global_args`` what an
    ARG without a default takes up, ``names`` those of the stages before it ("" for none), ``built`` the indexes of
    those that are needed."""

    build_args: dict[str, str | None] = {}
    global_args: dict[str, str] = {}
    names: tuple[str, ...] = ()
    contexts: dict[str, str] = {}
    built: frozenset[int] = frozenset()
    escape: str = "\\"

    def argument(self, name: str, default: str | None) -> str | None:
        """The value that an ARG has; None for none. One that the client named without a value has its default."""
        values = (self.build_args.get(name), default, self.global_args.get(name))
        return next((value for value in values if value is not None), None)

    @property
    def proxies(self) -> dict[str, str]:
        return {name: value for name, value in self.build_args.items() if name in PROXIES and value is not None}

    def origin(self, text: str) -> Source:
        """What ``--from=`` or ``from=`` names. InvalidArgument for a stage that only a trigger asks for: which those
        are is not known before the base is there."""
        found = origin(text, self.names, self.global_args, self.escape, self.contexts)
        if isinstance(found, StageSource) and found.index not in self.built:
            raise InvalidArgument(f"invalid from flag value {text}: nothing else needs this stage, so it is not built")
        return found


def scope_of(graph: Graph, stage: Stage, request: BuildRequest) -> StageScope:
    return StageScope(
        build_args=request.build_args,
        global_args=graph.global_args,
        names=graph.names[: stage.index],
        contexts=request.contexts,
        built=frozenset(needed.index for needed in graph.stages),
        escape=graph.escape,
    )
