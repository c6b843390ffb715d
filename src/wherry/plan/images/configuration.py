"""An image's configuration: JSON to records and back (OCI image spec, config.md; Docker's extensions to it).

What is read may come from anywhere: unknown members are passed over, and the nulls that Docker writes are taken as
absent. What is written is what an Image record says, so that the same record gives the same bytes and thus the same ID.
"""

import hashlib
import re
from typing import Any

import msgspec
from msgspec import Struct

from wherry.errors import CorruptImage, InvalidArgument
from wherry.model.image import Healthcheck, History, Image, ImageConfig, Platform
from wherry.model.malformed import MALFORMED
from wherry.plan.images.chain import chain_id
from wherry.plan.timestamps import parse_timestamp, rfc3339

_MAX_LAYERS = 125
"""Of one image, as in Docker: an overlay of many more cannot be mounted."""

_LATEST = 2**63 - 1
_DIFF_ID = re.compile(r"sha256:[0-9a-f]{64}")
_Words = list[str] | str | None


class _Healthcheck(Struct, rename="pascal", omit_defaults=True):
    test: list[str] | None = None
    interval: int | None = None
    timeout: int | None = None
    start_period: int | None = None
    start_interval: int | None = None
    retries: int | None = None


class _Config(Struct, rename="pascal", omit_defaults=True):
    user: str | None = None
    exposed_ports: dict[str, Any] | None = None
    env: list[str] | None = None
    entrypoint: _Words = None
    cmd: _Words = None
    volumes: dict[str, Any] | None = None
    working_dir: str | None = None
    labels: dict[str, str | None] | None = None
    stop_signal: str | None = None
    healthcheck: _Healthcheck | None = None
    on_build: list[str] | None = None
    shell: _Words = None


class _History(Struct, omit_defaults=True):
    created: str | None = None
    created_by: str | None = None
    author: str | None = None
    comment: str | None = None
    empty_layer: bool | None = None


class _RootFS(Struct):
    type: str | None = None
    diff_ids: list[str] | None = None


class _Image(Struct, omit_defaults=True):
    architecture: str | None = None
    author: str | None = None
    comment: str | None = None
    config: _Config | None = None
    created: str | None = None
    docker_version: str | None = None
    history: list[_History] | None = None
    os: str | None = None
    rootfs: _RootFS | None = None
    variant: str | None = None


def read_image(data: bytes) -> Image:
    """The image that a configuration describes. Its size, manifest, parent and tagging are not in there.

    CorruptImage for what is no configuration of a stack of layers.
    """
    try:
        image = msgspec.json.decode(data, type=_Image)
    except MALFORMED as error:
        raise CorruptImage(f"invalid image configuration: {error}") from error
    if image.rootfs is None:
        raise CorruptImage("invalid image JSON, no RootFS key")
    diff_ids = tuple(image.rootfs.diff_ids or ())
    if len(diff_ids) > _MAX_LAYERS:
        raise CorruptImage("max depth exceeded")
    for diff_id in diff_ids:
        if not _DIFF_ID.fullmatch(diff_id):
            raise CorruptImage(f"invalid diff ID {diff_id!r} in the image configuration")
    return Image(
        id=f"sha256:{hashlib.sha256(data).hexdigest()}",
        platform=Platform(os=image.os or "", architecture=image.architecture or "", variant=image.variant or ""),
        config=_config(image.config or _Config()),
        history=tuple(_line(line) for line in image.history or ()),
        diff_ids=diff_ids,
        chain_id=chain_id(diff_ids),
        author=image.author or "",
        comment=image.comment or "",
        docker_version=image.docker_version or "",
        created=read_time(image.created or ""),
    )


def read_time(text: str) -> int:
    """A time that a configuration tells, in nanoseconds since the epoch, of 64 bits at the most; 0 where it has none or
    one before 1970 (Go's zero time is of the year 1). CorruptImage."""
    try:
        return min(max(0, parse_timestamp(text, 0)), _LATEST) if text else 0
    except InvalidArgument as error:
        raise CorruptImage(f"invalid image configuration: {error}") from error


def write_image(
    *,
    platform: Platform,
    config: ImageConfig,
    diff_ids: tuple[str, ...],
    history: tuple[History, ...],
    created: int,
    author: str = "",
    comment: str = "",
) -> bytes:
    """The configuration of a new image. ``created`` in nanoseconds since the epoch."""
    return msgspec.json.encode(
        _Image(
            architecture=platform.architecture,
            author=author or None,
            comment=comment or None,
            config=_encoded(config),
            created=rfc3339(created),
            history=[_encoded_line(line) for line in history],
            os=platform.os,
            rootfs=_RootFS("layers", list(diff_ids)),
            variant=platform.variant or None,
        )
    )


def _config(config: _Config) -> ImageConfig:
    return ImageConfig(
        user=config.user or "",
        exposed_ports=tuple(config.exposed_ports or ()),
        env=tuple(config.env or ()),
        entrypoint=_words(config.entrypoint),
        command=_words(config.cmd),
        volumes=tuple(config.volumes or ()),
        working_dir=config.working_dir or "",
        labels={key: value or "" for key, value in (config.labels or {}).items()},
        stop_signal=config.stop_signal or "",
        healthcheck=_healthcheck(config.healthcheck) if config.healthcheck else None,
        on_build=tuple(config.on_build or ()),
        shell=_words(config.shell) or (),
    )


def _words(words: _Words) -> tuple[str, ...] | None:
    if words is None:
        return None
    return (words,) if isinstance(words, str) else tuple(words)


def _healthcheck(check: _Healthcheck) -> Healthcheck:
    return Healthcheck(
        test=tuple(check.test or ()),
        interval=check.interval or 0,
        timeout=check.timeout or 0,
        start_period=check.start_period or 0,
        start_interval=check.start_interval or 0,
        retries=check.retries or 0,
    )


def _line(line: _History) -> History:
    read_time(line.created or "")
    return History(
        created=line.created or "",
        created_by=line.created_by or "",
        comment=line.comment or "",
        author=line.author or "",
        empty_layer=bool(line.empty_layer),
    )


def _encoded(config: ImageConfig) -> _Config:
    return _Config(
        user=config.user or None,
        exposed_ports={port: {} for port in config.exposed_ports} or None,
        env=list(config.env) or None,
        entrypoint=None if config.entrypoint is None else list(config.entrypoint),
        cmd=None if config.command is None else list(config.command),
        volumes={path: {} for path in config.volumes} or None,
        working_dir=config.working_dir or None,
        labels={**config.labels} or None,
        stop_signal=config.stop_signal or None,
        healthcheck=_encoded_healthcheck(config.healthcheck) if config.healthcheck else None,
        on_build=list(config.on_build) or None,
        shell=list(config.shell) or None,
    )


def _encoded_healthcheck(check: Healthcheck) -> _Healthcheck:
    return _Healthcheck(
        test=list(check.test) or None,
        interval=check.interval or None,
        timeout=check.timeout or None,
        start_period=check.start_period or None,
        start_interval=check.start_interval or None,
        retries=check.retries or None,
    )


def _encoded_line(line: History) -> _History:
    return _History(
        created=line.created or None,
        created_by=line.created_by or None,
        author=line.author or None,
        comment=line.comment or None,
        empty_layer=line.empty_layer or None,
    )
