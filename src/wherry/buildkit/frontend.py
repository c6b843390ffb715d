"""The attributes of the Dockerfile frontend (moby/buildkit, frontend/dockerui/config.go) as a request for a build."""

import csv
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec.structs import replace

from wherry.build.plan.request import BuildRequest
from wherry.errors import InvalidArgument
from wherry.model.container import SHM_SIZE
from wherry.model.image import Platform
from wherry.model.reference import Reference
from wherry.model.resources import Resources, Ulimit
from wherry.plan.images.platforms import parse_platform

FRONTEND: Final = "dockerfile.v0"
GATEWAY: Final = "gateway.v0"

_ARGUMENT, _LABEL, _CONTEXT = "build-arg:", "label:", "context:"
_RESOLVE_MODES: Final = {"": False, "default": False, "pull": True, "local": False}
_NETWORKS: Final = {"": "default", "sandbox": "default", "host": "host", "none": "none"}


def build_request(attributes: Mapping[str, str], host: Platform) -> BuildRequest:
    """InvalidArgument, in BuildKit's words."""
    get = attributes.get
    return BuildRequest(
        host_platform=host,
        platform=_platform(get("platform", ""), host),
        dockerfile=get("filename", "Dockerfile"),
        target=get("target", ""),
        build_args=dict(_named(attributes, _ARGUMENT)),
        labels=dict(_named(attributes, _LABEL)),
        contexts=dict(_named(attributes, _CONTEXT)),
        cache_from=tuple(_cache_sources(attributes)),
        no_cache=get("no-cache") == "",
        no_cache_stages=tuple(filter(None, get("no-cache", "").lower().split(","))),
        pull=_choice(_RESOLVE_MODES, get("image-resolve-mode", ""), "invalid image-resolve-mode"),
        network=_choice(_NETWORKS, get("force-network-mode", ""), "invalid netmode"),
        extra_hosts=tuple(_hosts(get("add-hosts", ""))),
        shm_size=_number(get("shm-size", ""), "failed to parse shm size") or SHM_SIZE,
        cgroup_parent=get("cgroup-parent", ""),
        force_remove=True,
        may_be_empty=True,
        resources=Resources(ulimits=tuple(_ulimits(get("ulimit", "")))),
    )


def named(request: BuildRequest, names: str) -> BuildRequest:
    """With the names that an exporter is to give, separated by commas."""
    return replace(request, tags=tuple(_checked(name) for name in names.split(",") if name))


def context_of(attributes: Mapping[str, str]) -> str:
    """The URL or repository that the files are in; "" where the client has them."""
    return attributes.get(attributes.get("contextkey", "context"), "")


def _named(attributes: Mapping[str, str], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in attributes.items():
        if key.startswith(prefix):
            yield key.removeprefix(prefix), value


def _platform(text: str, host: Platform) -> Platform | None:
    if "," in text:
        raise InvalidArgument("exporting multiple references to image store is currently unsupported")
    return parse_platform(text, host.architecture) if text else None


def _cache_sources(attributes: Mapping[str, str]) -> Iterator[str]:
    """Images by name; other kinds of caches are passed over, as those are that are not there."""
    yield from filter(None, attributes.get("cache-from", "").split(","))
    try:
        entries: list[dict[str, Any]] = json.loads(attributes.get("cache-imports") or "[]")
        yield from (entry["Attrs"]["ref"] for entry in entries if entry["Type"] == "registry")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        text = f'failed to unmarshal cache-imports ("{attributes["cache-imports"]}"): {error}'
        raise InvalidArgument(text) from None


def _hosts(text: str) -> Iterator[str]:
    for field in _fields(text):
        name, separator, address = field.lower().partition("=")
        if not separator:
            raise InvalidArgument(f"failed to parse additional hosts: invalid key-value pair {field}")
        yield f"{name}:{address}"


def _ulimits(text: str) -> Iterator[Ulimit]:
    for field in _fields(text):
        name, _, limits = field.partition("=")
        soft, _, hard = limits.partition(":")
        what = f"failed to parse ulimit: {field}"
        yield Ulimit(name=name, soft=_number(soft, what), hard=_number(hard or soft, what))


def _fields(text: str) -> list[str]:
    return next(csv.reader([text]), []) if text else []


def _number(text: str, what: str) -> int:
    try:
        return int(text or "0")
    except ValueError:
        raise InvalidArgument(f'{what}: strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _choice(choices: Mapping[str, Any], text: str, what: str) -> Any:
    if text not in choices:
        raise InvalidArgument(f"{what}: {text}")
    return choices[text]


def _checked(name: str) -> str:
    if Reference.parse(name).digest:
        raise InvalidArgument("build tag cannot contain a digest")
    return name
