"""Flags and ``daemon.json`` → one configuration. Names, rules and texts are dockerd's."""

from collections.abc import Sequence
from ipaddress import IPv6Network
from pathlib import Path
from typing import Any

from msgspec import Struct

from wherry.cli.flags import Options
from wherry.daemon import file
from wherry.daemon.exposure import warnings
from wherry.daemon.flags import CONFIG_FILE, LOG_FORMATS, LOG_LEVELS, SETTINGS, UNSUPPORTED
from wherry.daemon.tls import TlsSettings, tls_settings
from wherry.engine.concurrency.operations import PATIENCE
from wherry.model.container import ContainerDefaults, LogConfig
from wherry.model.network import NetworkSettings
from wherry.model.registry import RegistrySettings
from wherry.model.resources import Ulimit
from wherry.model.system import BUILTIN_PROFILE
from wherry.wiring import DATA_ROOT, EXEC_ROOT, EngineConfig, exec_root_of

DEFAULT_HOST = "unix:///run/wherry/wherry.sock"
DEFAULT_GROUP = "docker"
_PROXIES = {"http-proxy": "HTTP_PROXY", "https-proxy": "HTTPS_PROXY", "no-proxy": "NO_PROXY"}
_MERGED = "merged configuration validation from file and command line flags failed"


class ConfigurationError(Exception):
    """A configuration that makes no sense."""

    status = 1


class Configuration(Struct, frozen=True, kw_only=True):
    """What the daemon does. ``engine`` is what it serves; ``proxies`` are variables of the environment;
    ``authorization`` are names of plugins, None where nothing is said of them."""

    engine: EngineConfig = EngineConfig()
    hosts: tuple[str, ...] = (DEFAULT_HOST,)
    group: str = DEFAULT_GROUP
    tls: TlsSettings | None = None
    authorization: tuple[str, ...] | None = None
    metrics_addr: str = ""
    pidfile: Path = EXEC_ROOT / "wherry.pid"
    log_level: str = "info"
    log_format: str = LOG_FORMATS[0]
    live_restore: bool = False
    selinux: bool = False
    proxies: dict[str, str] = {}


def configured(flags: Options, folder: Path = Path()) -> Configuration:
    """What flags, and the file that they name, in ``folder`` where that is relative, say. ConfigurationError."""
    path = flags["config-file"] or CONFIG_FILE
    try:
        values = file.settings(file.read(str(folder / path), required=flags.given("config-file")), flags)
        return _configuration(_merged(flags, values))
    except file.FileError as error:
        raise ConfigurationError(f"unable to configure the wherry daemon with file {path}: {error}") from error
    except ValueError as error:
        prefix = f"unable to configure the wherry daemon with file {path}: {_MERGED}"
        raise ConfigurationError(f"{prefix}: {error}") from error


def _merged(flags: Options, filed: dict[str, Any]) -> dict[str, Any]:
    """All values that were given, by key; runtimes from both places."""
    given = {setting.key: flags[setting.flag.name] for setting in SETTINGS if flags.given(setting.flag.name)}
    runtimes = [*filed.get("runtimes", ()), *given.get("runtimes", ())]
    return {**filed, **given, "runtimes": dict(runtimes)}


def _configuration(values: dict[str, Any]) -> Configuration:
    _check_supported(values)
    hosts, tls = tuple(values.get("hosts") or (DEFAULT_HOST,)), tls_settings(values)
    engine = _engine(values, warnings(hosts, tls))
    return Configuration(
        engine=engine,
        hosts=hosts,
        group=values.get("group", DEFAULT_GROUP),
        tls=tls,
        authorization=tuple(values["authorization-plugins"]) if "authorization-plugins" in values else None,
        metrics_addr=values.get("metrics-addr", ""),
        pidfile=Path(values.get("pidfile") or exec_root_of(engine) / "wherry.pid"),
        log_level=_log_level(values),
        log_format=_log_format(values),
        live_restore=values.get("live-restore", False),
        selinux=values.get("selinux-enabled", False),
        proxies={name: values[key] for key, name in _PROXIES.items() if values.get(key)},
    )


def _check_supported(values: dict[str, Any]) -> None:
    for setting in UNSUPPORTED:
        if values.get(setting.key):
            raise ValueError(f'the option "{setting.key}" is not supported')


def _log_level(values: dict[str, Any]) -> str:
    level: str = values.get("log-level") or "info"
    if level not in LOG_LEVELS:
        raise ValueError(f"invalid logging level: {level}")
    return "debug" if values.get("debug", False) else level


def _log_format(values: dict[str, Any]) -> str:
    log_format: str = values.get("log-format") or LOG_FORMATS[0]
    if log_format not in LOG_FORMATS:
        raise ValueError(f"invalid log format: {log_format}")
    return log_format


def _engine(values: dict[str, Any], warned: tuple[str, ...]) -> EngineConfig:
    exec_root = values.get("exec-root")
    return EngineConfig(
        data_root=Path(values.get("data-root") or DATA_ROOT).absolute(),
        exec_root=Path(exec_root).absolute() if exec_root else None,
        runtimes=values["runtimes"],
        default_runtime=values.get("default-runtime", ""),
        registries=_registries(values),
        debug=values.get("debug", False),
        experimental=values.get("experimental", False),
        labels=_labels(values.get("labels", ())),
        warnings=warned,
        network=_network(values),
        defaults=_defaults(values),
        seccomp_profile=values.get("seccomp-profile") or BUILTIN_PROFILE,
        init_path=values.get("init-path", ""),
        userns_remap=values.get("userns-remap", ""),
        shutdown_timeout=values.get("shutdown-timeout", PATIENCE),
    )


def _labels(given: Sequence[str]) -> tuple[str, ...]:
    """Each once; one key has one value."""
    by_key: dict[str, str] = {}
    for label in given:
        other = by_key.setdefault(label.partition("=")[0], label)
        if other != label:
            raise ConfigurationError(f"conflict labels for {label} and {other}")
    return tuple(by_key.values())


def _registries(values: dict[str, Any]) -> RegistrySettings:
    """dockerd takes 0 for the default."""
    settings = RegistrySettings(
        insecure=tuple(values.get("insecure-registries", ())),
        mirrors=tuple(values.get("registry-mirrors", ())),
        max_downloads=values.get("max-concurrent-downloads") or 3,
        max_uploads=values.get("max-concurrent-uploads") or 5,
        max_attempts=values.get("max-download-attempts") or 5,
    )
    for name, number in (
        ("concurrent downloads", settings.max_downloads),
        ("concurrent uploads", settings.max_uploads),
        ("download attempts", settings.max_attempts),
    ):
        if number < 0:
            raise ValueError(f"invalid max {name}: {number}")
    return settings


def _network(values: dict[str, Any]) -> NetworkSettings:
    mtu = values.get("mtu") or 1500
    if mtu < 0:
        raise ValueError(f"invalid default MTU: {mtu}")
    return NetworkSettings(
        bridge=values.get("bridge", ""),
        bip=values.get("bip", ""),
        fixed_cidr=values.get("fixed-cidr", ""),
        default_gateway=values.get("default-gateway", ""),
        ipv6=values.get("ipv6", False),
        fixed_cidr_v6=_subnet_v6(values.get("fixed-cidr-v6", "")),
        default_gateway_v6=values.get("default-gateway-v6", ""),
        icc=values.get("icc", True),
        firewall=values.get("iptables", True),
        masquerade=values.get("ip-masq", True),
        forward=values.get("ip-forward", True),
        host_ip=values.get("ip", ""),
        mtu=mtu,
        relay=values.get("userland-proxy", True),
        pools=tuple(values.get("default-address-pools", ())),
        host_gateway=values.get("host-gateway-ip", ""),
        driver_options=_by_driver(values.get("default-network-opts", ())),
    )


def _by_driver(given: Sequence[tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    by_driver: dict[str, dict[str, str]] = {}
    for driver, name, value in given:
        by_driver.setdefault(driver, {})[name] = value
    return by_driver


def _subnet_v6(text: str) -> str:
    try:
        return str(IPv6Network(text, strict=False)) if text else ""
    except ValueError:
        raise ValueError(f"invalid fixed-cidr-v6: invalid CIDR address: {text}") from None


def _defaults(values: dict[str, Any]) -> ContainerDefaults:
    ulimits: dict[str, Ulimit] = {limit.name: limit for limit in values.get("default-ulimits", ())}
    return ContainerDefaults(
        dns=tuple(values.get("dns", ())),
        dns_options=tuple(values.get("dns-opts", ())),
        dns_search=tuple(values.get("dns-search", ())),
        ulimits=tuple(ulimits.values()),
        init=values.get("init", False),
        ipc=_ipc_mode(values.get("default-ipc-mode") or "private"),
        cgroup_namespace=_cgroup_namespace(values.get("default-cgroupns-mode", "")),
        cgroup_parent=values.get("cgroup-parent", ""),
        no_new_privileges=values.get("no-new-privileges", False),
        shm_size=values.get("default-shm-size") or ContainerDefaults().shm_size,
        log=LogConfig(driver=values.get("log-driver") or "json-file", options=values.get("log-opts", {})),
    )


def _ipc_mode(mode: str) -> str:
    advice = 'use "shareable" or "private"'
    if mode in ("host", "none") or mode.startswith("container:"):
        raise ValueError(f'IPC mode "{mode}" is not supported as default value; {advice}')
    if mode not in ("private", "shareable"):
        raise ValueError(f"default IPC mode setting ({mode}) is invalid; {advice}")
    return mode


def _cgroup_namespace(mode: str) -> str:
    if mode not in ("", "host", "private"):
        raise ValueError(f'default cgroup namespace mode ({mode}) is invalid; use "host" or "private"')
    return mode
