"""moby.buildkit.v1.frontend.LLBBridge: how a client has its builds solved."""

from typing import Annotated

from msgspec import Struct

from wherry.buildkit.messages.common import Range, SourceInfo, Status, Worker

SERVICE = "/moby.buildkit.v1.frontend.LLBBridge"


class Capability(Struct, frozen=True, kw_only=True):
    id: Annotated[str, 1]
    enabled: Annotated[bool, 2] = True


class Pong(Struct, frozen=True, kw_only=True):
    frontend: Annotated[tuple[Capability, ...], 1] = ()
    llb: Annotated[tuple[Capability, ...], 2] = ()
    workers: Annotated[tuple[Worker, ...], 3] = ()


class SolveRequest(Struct, frozen=True, kw_only=True):
    """``definition`` is LLB, of which we know only whether there is some."""

    definition: Annotated[bytes, 1] = b""
    frontend: Annotated[str, 2] = ""
    frontend_opt: Annotated[dict[str, str], 3] = {}
    frontend_inputs: Annotated[dict[str, bytes], 13] = {}
    evaluate: Annotated[bool, 14] = False


class Ref(Struct, frozen=True):
    """``definition`` is LLB, too."""

    id: Annotated[str, 1] = ""
    definition: Annotated[bytes, 2] = b""


class Refs(Struct, frozen=True):
    refs: Annotated[dict[str, Ref], 1] = {}


class Result(Struct, frozen=True, kw_only=True):
    ref: Annotated[Ref | None, 3] = None
    refs: Annotated[Refs | None, 4] = None
    metadata: Annotated[dict[str, bytes], 10] = {}


class SolveResponse(Struct, frozen=True):
    result: Annotated[Result, 3]


class ReturnRequest(Struct, frozen=True):
    result: Annotated[Result | None, 1] = None
    error: Annotated[Status | None, 2] = None


class EvaluateRequest(Struct, frozen=True):
    ref: Annotated[str, 1] = ""


class WarnRequest(Struct, frozen=True, kw_only=True):
    digest: Annotated[str, 1] = ""
    level: Annotated[int, 2] = 0
    short: Annotated[bytes, 3] = b""
    detail: Annotated[tuple[bytes, ...], 4] = ()
    url: Annotated[str, 5] = ""
    info: Annotated[SourceInfo | None, 6] = None
    ranges: Annotated[tuple[Range, ...], 7] = ()
