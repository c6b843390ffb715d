"""The daemon's settings: how each is spelled as a flag and as a key of ``daemon.json``, and what it is for."""

from collections.abc import Callable
from typing import Any

from wherry.cli.flags import TLS_FLAGS, Command, Flag
from wherry.daemon import values

CONFIG_FILE = "/etc/wherry/daemon.json"
LOG_FORMATS = ("text", "json")
LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")
_TYPES: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "int": (int,),
    "bytes": (int, str),
    "list": (list,),
    "map": (dict,),
}


class Setting:
    """A flag, and its ``key`` in the file (without one: its own name). ``filed`` reads what the file writes in another
    way; ``types`` are those that it has there."""

    def __init__(
        self,
        flag: Flag,
        key: str = "",
        *,
        filed: Callable[[Any], Any] | None = None,
        types: tuple[type, ...] = (),
    ) -> None:
        self.flag = flag
        self.key = key or flag.name
        self.filed = filed
        self.types = types or _TYPES.get(flag.kind, (str,))

    def load(self, value: Any) -> Any:
        """The value that the file's means. ValueError."""
        if self.filed is not None:
            return self.filed(value)
        if self.flag.kind == "list":
            return [self.flag.value(str(item)) for item in value]
        return self.flag.value(value) if isinstance(value, str) else value


PROCESS = (
    Setting(Flag("host", "list", "Daemon socket(s) to connect to", short="H", parse=values.host), "hosts"),
    Setting(Flag("group", "string", "Group for the unix socket", short="G", default_text='"docker"')),
    Setting(Flag("data-root", "string", "Root directory of persistent state", default_text='"/var/lib/wherry"')),
    Setting(Flag("exec-root", "string", "Root directory for execution state files", default_text='"/run/wherry"')),
    Setting(Flag("pidfile", "string", "Path to use for daemon PID file", short="p",
                 default_text='"<exec-root>/wherry.pid"')),
    Setting(Flag("debug", "bool", "Enable debug mode", short="D")),
    Setting(Flag("log-level", "string", f'Set the logging level ("{"|".join(LOG_LEVELS)}")', short="l",
                 default_text='"info"')),
    Setting(Flag("log-format", "string", 'Set the logging format ("text"|"json")', default_text='"text"')),
    Setting(Flag("label", "list", "Set key=value labels to the daemon", parse=values.label), "labels"),
    Setting(Flag("authorization-plugin", "list", "Authorization plugins to load"), "authorization-plugins"),
    Setting(Flag("metrics-addr", "string", "Set default address and port to serve the metrics api on",
                 parse=values.metrics_address)),
    Setting(Flag("experimental", "bool", "Enable experimental features: there are none; clients are told")),
    Setting(Flag("storage-driver", "string", "Storage driver to use", short="s", default_text='"overlay2"',
                 parse=values.storage_driver)),
    Setting(Flag("exec-opt", "list", "Runtime execution options", parse=values.exec_option), "exec-opts"),
    Setting(Flag("live-restore", "bool", "Containers always outlive the daemon here; accepted for Docker's sake")),
    Setting(Flag("shutdown-timeout", "int", "Seconds that what has begun gets to end; containers go on",
                 default_text="15")),
    Setting(Flag("add-runtime", "list", "Register an additional OCI compatible runtime", value_name="runtime",
                 parse=values.runtime), "runtimes", filed=values.filed_runtimes, types=(dict,)),
    Setting(Flag("default-runtime", "string", "Default OCI runtime for containers", default_text="crun, else runc")),
)  # fmt: skip

REGISTRIES = (
    Setting(Flag("http-proxy", "string", "HTTP proxy URL to use for outgoing traffic")),
    Setting(Flag("https-proxy", "string", "HTTPS proxy URL to use for outgoing traffic")),
    Setting(Flag("no-proxy", "string", "List of hosts or IP addresses for which the proxy is skipped")),
    Setting(Flag("insecure-registry", "list", "Enable insecure registry communication",
                 parse=values.insecure_registry), "insecure-registries"),
    Setting(Flag("registry-mirror", "list", "Preferred registry mirror, for Docker Hub", parse=values.mirror),
            "registry-mirrors"),
    Setting(Flag("max-concurrent-downloads", "int", "Set the max concurrent downloads", default_text="3")),
    Setting(Flag("max-concurrent-uploads", "int", "Set the max concurrent uploads", default_text="5")),
    Setting(Flag("max-download-attempts", "int", "Set the max attempts without progress", default_text="5")),
)  # fmt: skip

NETWORK = (
    Setting(Flag("bridge", "string", "Attach containers to a network bridge", short="b")),
    Setting(Flag("bip", "string", "Specify network bridge IP")),
    Setting(Flag("fixed-cidr", "string", "IPv4 subnet for fixed IPs")),
    Setting(Flag("default-gateway", "string", "Container default gateway IPv4 address", value_name="ip",
                 parse=values.address), filed=values.filed_address),
    Setting(Flag("ipv6", "bool", "Enable IPv6 networking")),
    Setting(Flag("fixed-cidr-v6", "string", "IPv6 subnet for fixed IPs")),
    Setting(Flag("default-gateway-v6", "string", "Container default gateway IPv6 address", value_name="ip",
                 parse=values.address), filed=values.filed_address),
    Setting(Flag("icc", "bool", "Enable inter-container communication", default_text="true")),
    Setting(Flag("iptables", "bool", "Enable addition of firewall rules", default_text="true")),
    Setting(Flag("ip6tables", "bool", "Enable addition of firewall rules for IPv6; they go with --iptables",
                 default_text="true")),
    Setting(Flag("ip-masq", "bool", "Enable IP masquerading", default_text="true")),
    Setting(Flag("ip-forward", "bool", "Enable net.ipv4.ip_forward", default_text="true")),
    Setting(Flag("ip", "string", "Default IP when binding container ports", value_name="ip", default_text="0.0.0.0",
                 parse=values.address), filed=values.filed_address),
    Setting(Flag("mtu", "int", 'Set the MTU for the default "bridge" network', default_text="1500")),
    Setting(Flag("userland-proxy", "bool", "Relay connections that the kernel cannot translate", default_text="true")),
    Setting(Flag("default-address-pool", "list", "Default address pools for networks", value_name="pool-options",
                 parse=values.pool), "default-address-pools", filed=values.filed_pools),
    Setting(Flag("default-network-opt", "list", "Default network options", value_name="mapmap",
                 parse=values.network_option), "default-network-opts", filed=values.filed_network_options,
            types=(dict,)),
    Setting(Flag("host-gateway-ip", "string", "Address of 'host-gateway' in --add-host: by default the bridge's",
                 value_name="ip", parse=values.address), filed=values.filed_address),
)  # fmt: skip

CONTAINERS = (
    Setting(Flag("dns", "list", "DNS server to use", parse=values.server)),
    Setting(Flag("dns-opt", "list", "DNS options to use"), "dns-opts"),
    Setting(Flag("dns-search", "list", "DNS search domains to use", parse=values.domain)),
    Setting(Flag("default-ulimit", "list", "Default ulimits for containers", value_name="ulimit",
                 parse=values.ulimit), "default-ulimits", filed=values.filed_ulimits, types=(dict,)),
    Setting(Flag("default-shm-size", "bytes", "Default shm size for containers", default_text="64MiB"),
            filed=values.filed_size),
    Setting(Flag("init", "bool", "Run an init in the container to forward signals and reap processes")),
    Setting(Flag("default-ipc-mode", "string", 'Default mode for containers ipc ("shareable" | "private")',
                 default_text='"private"')),
    Setting(Flag("cgroup-parent", "string", "Set parent cgroup for all containers")),
    Setting(Flag("userns-remap", "string", "User/Group setting for user namespaces")),
    Setting(Flag("default-cgroupns-mode", "string",
                 'Default mode for containers cgroup namespace ("host" | "private")')),
    Setting(Flag("seccomp-profile", "string",
                 'Path to seccomp profile. Set to "unconfined" to disable the default seccomp profile',
                 default_text='"builtin"')),
    Setting(Flag("init-path", "string", "Path to the docker-init binary")),
    Setting(Flag("no-new-privileges", "bool", "Set no-new-privileges by default for new containers")),
    Setting(Flag("log-driver", "string", "Default driver for container logs", default_text='"json-file"')),
    Setting(Flag("log-opt", "map", "Default log driver options for containers"), "log-opts",
            filed=values.filed_options),
)  # fmt: skip

TLS = tuple(Setting(flag) for flag in TLS_FLAGS)

UNSUPPORTED = (
    Setting(Flag("api-cors-header", "string", "Not supported: set CORS headers in the Engine API")),
    Setting(Flag("cpu-rt-period", "int", "Not supported: limit the CPU real-time period of all containers")),
    Setting(Flag("cpu-rt-runtime", "int", "Not supported: limit the CPU real-time runtime of all containers")),
    Setting(Flag("rootless", "bool", "Not supported: rootless mode")),
)  # fmt: skip
"""What the daemon refuses to start with: to pass over it would be worse."""

_NO_SWARM = "Accepted for Docker's sake: there is no Swarm"
_NO_CONTAINERD = "Accepted for Docker's sake: there is no containerd"
WITHOUT_EFFECT = (
    Setting(Flag("raw-logs", "bool", "Accepted for Docker's sake: logs have full timestamps and no colour")),
    Setting(Flag("userland-proxy-path", "string", "Accepted for Docker's sake: the relay is no program of its own")),
    Setting(Flag("allow-nondistributable-artifacts", "list", "Accepted for Docker's sake: all layers are pushed")),
    Setting(Flag("cdi-spec-dir", "list", "Accepted for Docker's sake: there are no CDI devices"), "cdi-spec-dirs"),
    Setting(Flag("feature", "map", "Accepted for Docker's sake: features are not switched"), "features",
            filed=values.filed_features),
    Setting(Flag("selinux-enabled", "bool", "Accepted for Docker's sake: containers get no labels of SELinux")),
    Setting(Flag("storage-opt", "list", "Storage driver options", parse=values.storage_option), "storage-opts"),
    Setting(Flag("containerd", "string", _NO_CONTAINERD)),
    Setting(Flag("containerd-namespace", "string", _NO_CONTAINERD)),
    Setting(Flag("containerd-plugins-namespace", "string", _NO_CONTAINERD)),
    Setting(Flag("cri-containerd", "bool", _NO_CONTAINERD)),
    Setting(Flag("swarm-default-advertise-addr", "string", _NO_SWARM)),
    Setting(Flag("network-control-plane-mtu", "int", _NO_SWARM)),
    Setting(Flag("node-generic-resource", "list", _NO_SWARM), "node-generic-resources"),
)  # fmt: skip

SETTINGS = (*PROCESS, *TLS, *REGISTRIES, *NETWORK, *CONTAINERS, *WITHOUT_EFFECT, *UNSUPPORTED)

COMMAND = Command(
    "[OPTIONS]",
    "A self-sufficient runtime for containers.",
    (
        *(setting.flag for setting in SETTINGS),
        Flag("config-file", "string", "Daemon configuration file", default_text=f'"{CONFIG_FILE}"'),
        Flag("validate", "bool", "Validate daemon configuration and exit"),
        Flag("version", "bool", "Print version information and quit", short="v"),
        Flag("help", "bool", "Print usage"),
    ),
    program="wherryd",
)
