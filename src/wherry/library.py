"""The engine inside another Python program."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from wherry.build.engine import BuildingEngine
from wherry.engine.concurrency.operations import together
from wherry.engine.containers.output.streams import Attachment
from wherry.engine.engine import Engine
from wherry.model.container import ContainerSpec
from wherry.wiring import DATA_ROOT, EngineConfig, bridge_of
from wherry.wiring import open_engine as _open_engine


class Result(Struct, frozen=True, kw_only=True):
    """What a command did. ``stdout`` and ``stderr`` are whole; with a terminal all is in ``stdout``."""

    exit_code: int
    stdout: bytes
    stderr: bytes


def open_engine(
    root: str | Path = DATA_ROOT, config: EngineConfig | None = None
) -> AbstractAsyncContextManager[BuildingEngine]:
    """An engine on data root ``root``, the same that the daemon serves; ``config`` sets what else there is to set.

    Needs root. Raises Conflict if another engine (a daemon, say) uses the root, NotSupported if this host cannot run
    containers. Containers that run go on when the engine is closed, and are found again when it is opened. It may run
    beside a daemon: on another root than the daemon's usual one, its default network has a bridge of its own.
    """
    config = replace(config or EngineConfig(), data_root=Path(root))
    if config.data_root != DATA_ROOT:
        config = replace(config, network=replace(config.network, own_bridge=bridge_of(config.data_root)))
    return _open_engine(config)


async def run(engine: Engine, spec: ContainerSpec, stdin: bytes = b"") -> Result:
    """Run a command in a new container, wait for its end, and remove it.

    Raises NoSuchImage, CommandNotFound, CommandNotInvokable, InvalidArgument and what else a start can raise.
    """
    spec = replace(spec, open_stdin=bool(stdin), stdin_once=True)
    created = await engine.containers.create(spec)
    container_id = created.container.id
    try:
        streams = await engine.containers.attach(
            container_id, stdin=bool(stdin), stdout=True, stderr=True, stream=True, logs=False, detach_keys=""
        )
        ended = engine.containers.wait(container_id, "next-exit")
        await engine.containers.start(container_id)
        _, (stdout, stderr) = await together(_feed(streams, stdin), _collect(streams))
        exit_code = (await ended).code
    finally:
        await engine.containers.remove(container_id, force=True, volumes=True)
    return Result(exit_code=exit_code, stdout=stdout, stderr=stderr)


async def _feed(streams: Attachment, stdin: bytes) -> None:
    if stdin:
        await streams.write(stdin)
        await streams.close_stdin()


async def _collect(streams: Attachment) -> tuple[bytes, bytes]:
    """All of stdout and of stderr."""
    output = {1: bytearray(), 2: bytearray()}
    while (item := await streams.read())[0]:
        output[item[0]] += item[1]
    return bytes(output[1]), bytes(output[2])
