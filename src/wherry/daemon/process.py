"""The daemon's process: opens an engine, serves it on its sockets, ends when told to."""

import asyncio
import gc
import grp
import logging
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from ssl import SSLContext

import uvloop

from wherry.api.app import build_metrics_router, build_router
from wherry.api.buildkit import BuildKitProtocol
from wherry.api.gate import Gate
from wherry.api.http import Limits, Server, check_free
from wherry.build.engine import BuildingEngine
from wherry.cli.flags import HelpRequested, Options, UsageError
from wherry.cli.flags.usages import flag_usages
from wherry.daemon import descriptors, exposure
from wherry.daemon.configuration import DEFAULT_GROUP, Configuration, ConfigurationError, configured
from wherry.daemon.flags import COMMAND
from wherry.daemon.interning import stop_interning_paths
from wherry.daemon.logs import start_logging
from wherry.daemon.notifying import READY, STOPPING, Notifier
from wherry.daemon.pidfile import StillRunning, pidfile
from wherry.daemon.reloading import reload
from wherry.daemon.signals import signals
from wherry.daemon.stacks import write_stacks
from wherry.daemon.tls import UnusableCertificate, server_context
from wherry.engine.engine import Engine
from wherry.errors import WherryError
from wherry.version import VERSION
from wherry.wiring import exec_root_of, open_engine

_log = logging.getLogger("wherry")

_LAST_PATIENCE = 1.0  # seconds
_METRICS_CLIENTS = 64  # anybody may ask: they are not to use up the descriptors of the API's clients


def main() -> None:
    """Run the daemon until SIGTERM or SIGINT. Exit status 0, or 1 with the reason on stderr."""
    try:
        flags = COMMAND.parse(sys.argv[1:], "")
        if flags["version"]:
            print(f"wherry version {VERSION}")
            return
        configuration = configured(flags)
        tls = server_context(configuration.tls) if configuration.tls else None
    except HelpRequested:
        _print_help()
        return
    except (UsageError, ConfigurationError) as error:
        print(error, file=sys.stderr)
        sys.exit(error.status)
    except UnusableCertificate as error:
        print(f"invalid TLS configuration: {error}", file=sys.stderr)
        sys.exit(1)
    if flags["validate"]:
        print("configuration OK", file=sys.stderr)
        return
    _start(configuration, tls, flags)


def _print_help() -> None:
    columns = shutil.get_terminal_size().columns
    print(f"\nUsage:\t{COMMAND.program} {COMMAND.arguments}\n\n{COMMAND.short}\n\nOptions:")
    print(flag_usages(COMMAND.flags, columns), end="")


def _start(configuration: Configuration, tls: SSLContext | None, flags: Options) -> None:
    start_logging(configuration.log_level, configuration.log_format)
    os.environ.update(configuration.proxies)
    notifier = Notifier()
    stop_interning_paths()
    descriptors.keep()
    descriptors.allow()
    try:
        uvloop.run(_run(configuration, tls, flags, notifier))
    except StillRunning as error:
        print(f"failed to start daemon, {error}", file=sys.stderr)
        sys.exit(1)
    except (WherryError, OSError) as error:
        print(f"failed to start daemon: {error}", file=sys.stderr)
        sys.exit(1)


async def _run(configuration: Configuration, tls: SSLContext | None, flags: Options, notifier: Notifier) -> None:
    _log.info("Starting up")
    for line in exposure.log_lines(configuration.hosts, configuration.tls):
        _log.warning("%s", line)
    if configuration.selinux:
        _log.warning("wherry could not enable SELinux on the host system")
    exec_root, started_in = exec_root_of(configuration.engine), Path.cwd()
    with pidfile(configuration.pidfile):
        for host in configuration.hosts:
            check_free(host)  # before the engine starts any container
        async with open_engine(configuration.engine) as engine:
            os.chdir(exec_root)  # where monitors drop what they drop into their working directory
            await _authorize(engine, configuration.authorization or ())
            async with _served(engine, configuration, tls):
                _settle()
                notifier.tell(READY)
                await _until_told(engine, flags, exec_root, started_in)
                notifier.tell(STOPPING)
    _log.info("Daemon shutdown complete")
    await _abandon_the_stuck()


async def _authorize(engine: Engine, plugins: tuple[str, ...]) -> None:
    """Nobody is served before those are there who may forbid it. NotFound, InternalError."""
    try:
        await engine.authorization.use(plugins)
    except WherryError as error:
        raise type(error)(f"failed to validate authorization plugin: {error}") from error


@asynccontextmanager
async def _served(engine: BuildingEngine, configuration: Configuration, tls: SSLContext | None) -> AsyncIterator[None]:
    """The engine answers on all sockets while the block runs."""
    group = socket_group(configuration.group)
    buildkit = BuildKitProtocol(engine)
    few = Limits(connections=_METRICS_CLIENTS)
    metrics = Server(build_metrics_router(engine), product_version=VERSION, limits=few)
    gate = Gate(engine.authorization, build_router(engine, buildkit))
    server = Server(
        gate,
        product_version=VERSION,
        experimental=configuration.engine.experimental,
        limits=Limits(connections=descriptors.for_clients()),
        http2=gate.http2(buildkit.control),
    )
    try:
        if configuration.metrics_addr:
            await metrics.listen(f"tcp://{configuration.metrics_addr}")
        for host in configuration.hosts:
            await server.listen(host, group=group, tls=tls)
            _log.info("API listen on %s", host.removeprefix("unix://"))
        yield
    finally:
        await metrics.close(grace=0.0)
        await server.close(grace=1.0)
        await buildkit.close()


async def _abandon_the_stuck() -> None:
    """What the kernel holds up, as a file system whose server is gone does, would be waited for without end."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if not tasks:
        return
    _ended, stuck = await asyncio.wait(tasks, timeout=_LAST_PATIENCE)
    if stuck:
        _log.warning("%d tasks cannot be ended", len(stuck))
        logging.shutdown()
        os._exit(0)


async def _until_told(engine: Engine, flags: Options, exec_root: Path, started_in: Path) -> None:
    """Until SIGTERM or SIGINT; at each SIGHUP the file is read again, at each SIGUSR1 stacks are written."""
    async for number in signals():
        if number == signal.SIGHUP:
            await reload(engine, flags, started_in)
        elif number == signal.SIGUSR1:
            _tell_stacks(exec_root)
        else:
            _log.info("Processing signal '%s'", signal.strsignal(number))
            return


def _tell_stacks(folder: Path) -> None:
    try:
        _log.info("stacks written to %s", write_stacks(folder))
    except OSError as error:
        _log.error("failed to write stacks: %s", error)


def socket_group(name: str) -> str | None:
    """Who besides root may use the sockets: None, which is root alone, for "" and if the default group is not on this
    machine."""
    if not name:
        return None
    try:
        grp.getgrnam(name)
    except KeyError:
        if name != DEFAULT_GROUP:
            return name  # to be refused, or a number
        _log.warning("could not change the sockets' group to %s: group %s not found", name, name)
        return None
    return name


def _settle() -> None:
    """What was loaded so far stays: keep the collector from walking it, and its pages from being copied."""
    gc.collect()
    gc.freeze()
