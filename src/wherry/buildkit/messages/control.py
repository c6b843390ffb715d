"""moby.buildkit.v1.Control"""

from typing import Annotated

from msgspec import Struct

from wherry.buildkit.messages.common import Range, SourceInfo, Timestamp, Version, Worker

SERVICE = "/moby.buildkit.v1.Control"


class Exporter(Struct, frozen=True, kw_only=True):
    type: Annotated[str, 1] = ""
    attrs: Annotated[dict[str, str], 2] = {}


class CacheEntry(Struct, frozen=True, kw_only=True):
    type: Annotated[str, 1] = ""
    attrs: Annotated[dict[str, str], 2] = {}


class CacheOptions(Struct, frozen=True, kw_only=True):
    exports: Annotated[tuple[CacheEntry, ...], 4] = ()
    imports: Annotated[tuple[CacheEntry, ...], 5] = ()


class SolveRequest(Struct, frozen=True, kw_only=True):
    """``exporter`` and ``exporter_attrs`` are of clients that know one exporter only. ``definition`` is LLB."""

    ref: Annotated[str, 1] = ""
    definition: Annotated[bytes, 2] = b""
    exporter: Annotated[str, 3] = ""
    exporter_attrs: Annotated[dict[str, str], 4] = {}
    session: Annotated[str, 5] = ""
    frontend: Annotated[str, 6] = ""
    frontend_attrs: Annotated[dict[str, str], 7] = {}
    cache: Annotated[CacheOptions | None, 8] = None
    frontend_inputs: Annotated[dict[str, bytes], 10] = {}
    exporters: Annotated[tuple[Exporter, ...], 13] = ()


class SolveResponse(Struct, frozen=True):
    exporter_response: Annotated[dict[str, str], 1] = {}


class StatusRequest(Struct, frozen=True):
    ref: Annotated[str, 1] = ""


class Vertex(Struct, frozen=True, kw_only=True):
    digest: Annotated[str, 1]
    inputs: Annotated[tuple[str, ...], 2] = ()
    name: Annotated[str, 3] = ""
    cached: Annotated[bool, 4] = False
    started: Annotated[Timestamp | None, 5] = None
    completed: Annotated[Timestamp | None, 6] = None
    error: Annotated[str, 7] = ""


class VertexStatus(Struct, frozen=True, kw_only=True):
    """How far a part of a vertex is: ``current`` of ``total``, in bytes."""

    id: Annotated[str, 1]
    vertex: Annotated[str, 2]
    name: Annotated[str, 3] = ""
    current: Annotated[int, 4] = 0
    total: Annotated[int, 5] = 0
    timestamp: Annotated[Timestamp | None, 6] = None
    started: Annotated[Timestamp | None, 7] = None
    completed: Annotated[Timestamp | None, 8] = None


class VertexLog(Struct, frozen=True, kw_only=True):
    vertex: Annotated[str, 1]
    timestamp: Annotated[Timestamp | None, 2] = None
    stream: Annotated[int, 3] = 1
    message: Annotated[bytes, 4] = b""


class VertexWarning(Struct, frozen=True, kw_only=True):
    vertex: Annotated[str, 1]
    level: Annotated[int, 2] = 1
    short: Annotated[bytes, 3] = b""
    detail: Annotated[tuple[bytes, ...], 4] = ()
    url: Annotated[str, 5] = ""
    info: Annotated[SourceInfo | None, 6] = None
    ranges: Annotated[tuple[Range, ...], 7] = ()


class StatusResponse(Struct, frozen=True, kw_only=True):
    vertexes: Annotated[tuple[Vertex, ...], 1] = ()
    statuses: Annotated[tuple[VertexStatus, ...], 2] = ()
    logs: Annotated[tuple[VertexLog, ...], 3] = ()
    warnings: Annotated[tuple[VertexWarning, ...], 4] = ()


class PruneRequest(Struct, frozen=True, kw_only=True):
    """``keep_duration`` in nanoseconds, ``keep_bytes`` what may stay in all."""

    filter: Annotated[tuple[str, ...], 1] = ()
    all: Annotated[bool, 2] = False
    keep_duration: Annotated[int, 3] = 0
    keep_bytes: Annotated[int, 4] = 0


class DiskUsageRequest(Struct, frozen=True):
    filter: Annotated[tuple[str, ...], 1] = ()


class UsageRecord(Struct, frozen=True, kw_only=True):
    id: Annotated[str, 1]
    mutable: Annotated[bool, 2] = False
    in_use: Annotated[bool, 3] = False
    size: Annotated[int, 4] = 0
    created_at: Annotated[Timestamp | None, 6] = None
    last_used_at: Annotated[Timestamp | None, 7] = None
    usage_count: Annotated[int, 8] = 0
    description: Annotated[str, 9] = ""
    record_type: Annotated[str, 10] = ""
    shared: Annotated[bool, 11] = False
    parents: Annotated[tuple[str, ...], 12] = ()


class DiskUsageResponse(Struct, frozen=True):
    record: Annotated[tuple[UsageRecord, ...], 1] = ()


class ListWorkersResponse(Struct, frozen=True):
    record: Annotated[tuple[Worker, ...], 1] = ()


class InfoResponse(Struct, frozen=True):
    version: Annotated[Version | None, 1] = None
