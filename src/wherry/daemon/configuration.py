"""Flags and ``daemon.json`` → one configuration. Names, rules and texts are dockerd's."""

import argparse
from collections.abc import Callable, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from wherry.model.registry import RegistrySettings
from wherry.version import VERSION

CONFIG_FILE = "/etc/wherry/daemon.json"
DEFAULT_HOST = "unix:///run/wherry/wherry.sock"
DEFAULT_GROUP = "docker"
LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")
_SCHEMES = ("unix", "tcp", "fd")
# Settings that are lists: their key in the file is the flag's name in the plural.
_LISTS = {"host": "hosts", "insecure_registry": "insecure-registries", "registry_mirror": "registry-mirrors"}


class ConfigurationError(Exception):
    """A flag or a file that makes no sense. ``usage``: say where help is."""

    def __init__(self, text: str, *, usage: bool = False) -> None:
        super().__init__(text)
        self.usage = usage


class RuntimeEntry(Struct, frozen=True, rename={"runtime_args": "runtimeArgs"}):
    """A runtime of ``daemon.json``."""

    path: str = ""
    runtime_args: tuple[str, ...] = ()


class File(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """``daemon.json``."""

    hosts: tuple[str, ...] = ()
    group: str = ""
    data_root: str = ""
    exec_root: str = ""
    pidfile: str = ""
    debug: bool = False
    log_level: str = ""
    insecure_registries: tuple[str, ...] = ()
    registry_mirrors: tuple[str, ...] = ()
    max_concurrent_downloads: int = 0
    max_concurrent_uploads: int = 0
    max_download_attempts: int = 0
    live_restore: bool = False
    runtimes: dict[str, RuntimeEntry] = {}
    default_runtime: str = ""


class Configuration(Struct, frozen=True, kw_only=True):
    """What the daemon does. ``exec_root`` is "" to derive it from ``data_root``."""

    hosts: tuple[str, ...] = (DEFAULT_HOST,)
    group: str = DEFAULT_GROUP
    data_root: Path = Path("/var/lib/wherry")
    exec_root: str = ""
    pidfile: str = ""
    log_level: str = "info"
    registries: RegistrySettings = RegistrySettings()
    runtimes: dict[str, str] = {}
    default_runtime: str = ""
    validate: bool = False


def configure(argv: Sequence[str]) -> Configuration:
    """Read the flags and the file they name. ConfigurationError; ``--help`` and ``--version`` print and end."""
    flags = vars(_parser().parse_args(argv))
    file = _read(flags["config_file"] or CONFIG_FILE, required=flags["config_file"] is not None)
    _check_conflicts(flags, file, flags["config_file"] or CONFIG_FILE)

    def setting(name: str, default: Any) -> Any:
        value = flags[name]
        return value if value is not None else getattr(file, _LISTS.get(name, name).replace("-", "_")) or default

    level = "debug" if setting("debug", False) else setting("log_level", "info")
    if level not in LOG_LEVELS:
        raise ConfigurationError(f"invalid logging level: {level}")
    hosts = tuple(setting("host", (DEFAULT_HOST,)))
    return Configuration(
        hosts=tuple(_checked_host(host) for host in hosts),
        group=setting("group", DEFAULT_GROUP),
        data_root=Path(setting("data_root", "/var/lib/wherry")),
        exec_root=setting("exec_root", ""),
        pidfile=setting("pidfile", ""),
        log_level=level,
        registries=_registries(setting),
        runtimes={name: entry.path for name, entry in file.runtimes.items()} | _runtimes(flags["add_runtime"] or ()),
        default_runtime=setting("default_runtime", ""),
        validate=flags["validate"],
    )


def _registries(setting: Callable[[str, Any], Any]) -> RegistrySettings:
    """dockerd takes 0 for the default."""
    settings = RegistrySettings(
        insecure=tuple(_checked_insecure(text) for text in setting("insecure_registry", ())),
        mirrors=tuple(_checked_mirror(text) for text in setting("registry_mirror", ())),
        max_downloads=setting("max_concurrent_downloads", 3),
        max_uploads=setting("max_concurrent_uploads", 5),
        max_attempts=setting("max_download_attempts", 5),
    )
    for name, number in (
        ("concurrent downloads", settings.max_downloads),
        ("concurrent uploads", settings.max_uploads),
        ("download attempts", settings.max_attempts),
    ):
        if number < 0:
            raise ConfigurationError(f"invalid max {name}: {number}")
    return settings


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigurationError(message, usage=True)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="wherryd", description="A self-sufficient runtime for containers.", allow_abbrev=False)
    add = parser.add_argument
    add("-H", "--host", action="append", metavar="list", help="daemon socket(s) to connect to: unix://, tcp://, fd://")
    add("-G", "--group", metavar="string", help='group for the unix socket (default "docker")')
    add("--data-root", metavar="string", help='root directory of persistent state (default "/var/lib/wherry")')
    add("--exec-root", metavar="string", help='root directory for execution state files (default "/run/wherry")')
    add("-p", "--pidfile", metavar="string", help='path to use for daemon PID file (default "<exec-root>/wherry.pid")')
    add("-D", "--debug", action=argparse.BooleanOptionalAction, default=None, help="enable debug mode")
    add("-l", "--log-level", metavar="string", help="logging level: " + ", ".join(LOG_LEVELS) + ' (default "info")')
    add("--config-file", metavar="string", help=f'daemon configuration file (default "{CONFIG_FILE}")')
    add("--insecure-registry", action="append", metavar="list", help="enable insecure registry communication")
    add("--registry-mirror", action="append", metavar="list", help="preferred registry mirror, for Docker Hub")
    add("--max-concurrent-downloads", type=int, metavar="int", help="max concurrent downloads (default 3)")
    add("--max-concurrent-uploads", type=int, metavar="int", help="max concurrent uploads (default 5)")
    add("--max-download-attempts", type=int, metavar="int", help="max tries without progress (default 5)")
    add("--live-restore", nargs="?", const="true", metavar="bool", help="containers always outlive the daemon here")
    add("--add-runtime", action="append", metavar="name=path", help="register an additional OCI compatible runtime")
    add("--default-runtime", metavar="string", help="default OCI runtime for containers (default: crun, else runc)")
    add("--validate", action="store_true", help="validate daemon configuration and exit")
    add("-v", "--version", action="version", version=f"wherry version {VERSION}", help="print version and quit")
    return parser


def _read(path: str, *, required: bool) -> File:
    prefix = f"unable to configure the wherry daemon with file {path}"
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        if required:
            raise ConfigurationError(f"{prefix}: open {path}: no such file or directory") from None
        return File()
    except OSError as error:
        raise ConfigurationError(f"{prefix}: {error}") from error
    try:
        return msgspec.json.decode(data or b"{}", type=File)
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"{prefix}: {error}") from error


def _check_conflicts(flags: dict[str, Any], file: File, path: str) -> None:
    """A setting may come from one place only."""
    twice = []
    for flag, value in flags.items():
        key = _LISTS.get(flag, flag).replace("-", "_")
        from_file = getattr(file, key, None)
        if value is not None and from_file and flag != "add_runtime":
            twice.append(f"{key.replace('_', '-')}: (from flag: {value}, from file: {from_file})")
    if twice:
        reason = "the following directives are specified both as a flag and in the configuration file"
        raise ConfigurationError(
            f"unable to configure the wherry daemon with file {path}: {reason}: {', '.join(twice)}"
        )


def _checked_host(host: str) -> str:
    scheme, separator, rest = host.partition("://")
    if not separator:
        scheme, rest = ("unix", host) if host.startswith("/") else ("tcp", host)
    if scheme not in _SCHEMES:
        text = f'invalid argument "{host}" for "-H, --host" flag: invalid bind address ({host}): unsupported proto'
        raise ConfigurationError(f"{text} '{scheme}'", usage=True)
    return f"{scheme}://{rest}"


def _checked_mirror(text: str) -> str:
    """A URL that ends with a slash."""
    refused = f'invalid argument "{text}" for "--registry-mirror" flag: invalid mirror'
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise ConfigurationError(f'{refused}: "{text}" is not a valid URI: {error}', usage=True) from error
    if parts.scheme not in ("http", "https"):
        raise ConfigurationError(f'{refused}: unsupported scheme "{parts.scheme}" in "{text}"', usage=True)
    if parts.query or parts.fragment:
        raise ConfigurationError(f'{refused}: query or fragment at end of the URI "{text}"', usage=True)
    if parts.username is not None:
        raise ConfigurationError(f"{refused}: username/password not allowed in URI", usage=True)
    return text.rstrip("/") + "/"


def _checked_insecure(text: str) -> str:
    """A host, a host with its port, or a network."""
    refused = f'invalid argument "{text}" for "--insecure-registry" flag'
    if "://" in text:
        raise ConfigurationError(f"{refused}: insecure registry {text} should not contain '://'", usage=True)
    if "/" in text:
        try:
            ip_network(text, strict=False)
        except ValueError as error:
            raise ConfigurationError(f"{refused}: invalid CIDR address: {text}", usage=True) from error
    return text


def _runtimes(texts: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in texts:
        name, separator, path = text.partition("=")
        if not (name and separator and path):
            raise ConfigurationError(f'invalid argument "{text}" for "--add-runtime" flag: invalid runtime format')
        found[name] = path
    return found
