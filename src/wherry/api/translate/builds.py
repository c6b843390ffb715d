"""Builds: what is asked for, and what is told."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from wherry.api.http import Query
from wherry.api.translate.credentials import decoded, given
from wherry.api.translate.progress import progress_message
from wherry.api.translate.resources import ulimits
from wherry.build.plan.request import BuildRequest
from wherry.errors import InternalError, InvalidArgument
from wherry.model.build import CacheUsage, OutputNews, StepNews
from wherry.model.container import SHM_SIZE
from wherry.model.image import Platform
from wherry.model.malformed import MALFORMED
from wherry.model.progress import Progress
from wherry.model.reference import DEFAULT_DOMAIN, LEGACY_DOMAIN, Reference
from wherry.model.registry import Credentials
from wherry.model.resources import Resources
from wherry.plan.containers.resources import with_default_swap
from wherry.plan.go_values import read_int
from wherry.plan.images.platforms import parse_platform
from wherry.plan.timestamps import rfc3339
from wherry.wire.build import (
    BuildCache,
    BuildPruned,
    OutputDetail,
    OutputMessage,
    StepDetail,
    StepMessage,
    WantedDetail,
    WantedMessage,
)
from wherry.wire.host_config import Ulimit as WireUlimit
from wherry.wire.progress import JSONMessage
from wherry.wire.registry import AuthConfig

T = TypeVar("T")

Told = Progress | StepNews | OutputNews
"""What clients of ``POST /build`` hear of."""


def build_request(query: Query, host: Platform) -> BuildRequest:
    """The query of ``POST /build`` (moby, api/server/router/build). InvalidArgument, InternalError."""
    platform = query.get("platform", "")
    return BuildRequest(
        host_platform=host,
        platform=parse_platform(platform, host.architecture) if platform else None,
        dockerfile=query.get("dockerfile") or "Dockerfile",
        target=query.get("target", ""),
        build_args=_json(query, "buildargs", dict[str, str | None], "build args") or {},
        labels=_json(query, "labels", dict[str, str], "labels") or {},
        tags=tuple(_checked(tag) for tag in query.all("t") if tag),
        cache_from=tuple(_json(query, "cachefrom", list[str], "cache-from") or ()),
        no_cache=query.flag("nocache"),
        pull=query.flag("pull"),
        squash=query.flag("squash"),
        remove=query.flag("forcerm") or query.flag("rm", default=True),
        force_remove=query.flag("forcerm"),
        quiet=query.flag("q"),
        network=query.get("networkmode") or "default",
        extra_hosts=tuple(host for text in query.all("extrahosts") for host in text.split(",") if host),
        shm_size=_shm_size(query.get("shmsize", "")),
        cgroup_parent=query.get("cgroupparent", ""),
        security_opt=tuple(_json(query, "securityopt", list[str], "security options") or ()),
        resources=_resources(query),
    )


def registry_credentials(header: str | None) -> Mapping[str, Credentials]:
    """``X-Registry-Config``, by registry."""
    configs = decoded(header, dict[str, AuthConfig]) or {}
    return {_registry(server): given(auth) for server, auth in configs.items()}


def _registry(server: str) -> str:
    """The registry that a key of ``config.json`` means: a host, or a URL of old."""
    host = server.partition("://")[2].partition("/")[0] or server
    return DEFAULT_DOMAIN if host == LEGACY_DOMAIN else host


def news_message(news: Told) -> JSONMessage | StepMessage | OutputMessage:
    match news:
        case StepNews():
            return StepMessage(
                aux=StepDetail(
                    index=news.index,
                    total=news.total,
                    stage=news.stage,
                    text=news.text,
                    state=news.state.value,
                    lines=msgspec.UNSET if news.lines is None else news.lines,
                    seconds=msgspec.UNSET if news.seconds is None else news.seconds,
                )
            )
        case OutputNews():
            return OutputMessage(aux=OutputDetail(index=news.index, text=news.text))
        case _:
            return progress_message(news)


def wanted(files: Sequence[int]) -> WantedMessage:
    return WantedMessage(aux=WantedDetail(files=list(files)))


def build_cache(usage: CacheUsage) -> BuildCache:
    entry = usage.entry
    return BuildCache(
        id=entry.key.removeprefix("sha256:"),
        parents=[entry.parent.removeprefix("sha256:")] if entry.parent else msgspec.UNSET,
        type=entry.kind,
        description=entry.description,
        in_use=usage.in_use,
        shared=usage.shared,
        size=entry.size,
        created_at=rfc3339(entry.created),
        last_used_at=rfc3339(entry.last_used),
        usage_count=entry.uses,
    )


def pruned(keys: Iterable[str], reclaimed: int) -> BuildPruned:
    deleted = [key.removeprefix("sha256:") for key in keys]
    return BuildPruned(caches_deleted=deleted or None, space_reclaimed=reclaimed)


def _json(query: Query, name: str, kind: type[T], what: str) -> T | None:
    text = query.get(name)
    if not text:
        return None
    try:
        return msgspec.json.decode(text, type=kind | None)
    except MALFORMED as error:
        raise InvalidArgument(f"error reading {what}: {error}") from None


def _checked(tag: str) -> str:
    try:
        reference = Reference.parse(tag)
    except InvalidArgument as error:
        raise InternalError(str(error)) from None  # as dockerd does
    if reference.digest:
        raise InternalError("build tag cannot contain a digest")
    return tag


def _shm_size(text: str) -> int:
    try:
        return read_int(text, "ParseInt") if text else SHM_SIZE
    except ValueError as error:
        raise InternalError(str(error)) from None


def _resources(query: Query) -> Resources:
    limits = _json(query, "ulimits", list[WireUlimit], "ulimit settings") or []
    return with_default_swap(
        Resources(
            cpu_shares=_number(query, "cpushares"),
            cpu_period=_number(query, "cpuperiod"),
            cpu_quota=_number(query, "cpuquota"),
            cpuset_cpus=query.get("cpusetcpus", ""),
            cpuset_mems=query.get("cpusetmems", ""),
            memory=_number(query, "memory"),
            memory_swap=_number(query, "memswap"),
            ulimits=ulimits(limits),
        )
    )


def _number(query: Query, name: str) -> int:
    """What is no number counts as 0, as with dockerd."""
    try:
        return read_int(query.get(name, ""))
    except ValueError:
        return 0
