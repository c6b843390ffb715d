"""The JSON of ``POST /containers/create``: a container without flags, and what each flag changes.

It equals what Docker's own command line sends, empty values and all.
"""

from ..lazy import load
from .defaults import default_body

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flags import Options

    Json = dict[str, Any]

STREAMS = ("stdin", "stdout", "stderr")

CONFIG_FLAGS = {
    "hostname": "Hostname",
    "domainname": "Domainname",
    "user": "User",
    "workdir": "WorkingDir",
    "stop-timeout": "StopTimeout",
}
HOST_FLAGS = {
    "blkio-weight": "BlkioWeight",
    "cap-add": "CapAdd",
    "cap-drop": "CapDrop",
    "cgroup-parent": "CgroupParent",
    "cgroupns": "CgroupnsMode",
    "cidfile": "ContainerIDFile",
    "cpu-period": "CpuPeriod",
    "cpu-quota": "CpuQuota",
    "cpu-rt-period": "CpuRealtimePeriod",
    "cpu-rt-runtime": "CpuRealtimeRuntime",
    "cpu-shares": "CpuShares",
    "cpus": "NanoCpus",
    "cpuset-cpus": "CpusetCpus",
    "cpuset-mems": "CpusetMems",
    "dns": "Dns",
    "dns-option": "DnsOptions",
    "dns-search": "DnsSearch",
    "add-host": "ExtraHosts",
    "group-add": "GroupAdd",
    "init": "Init",
    "ipc": "IpcMode",
    "isolation": "Isolation",
    "memory": "Memory",
    "memory-reservation": "MemoryReservation",
    "memory-swap": "MemorySwap",
    "oom-kill-disable": "OomKillDisable",
    "oom-score-adj": "OomScoreAdj",
    "pid": "PidMode",
    "pids-limit": "PidsLimit",
    "privileged": "Privileged",
    "publish-all": "PublishAllPorts",
    "read-only": "ReadonlyRootfs",
    "rm": "AutoRemove",
    "runtime": "Runtime",
    "shm-size": "ShmSize",
    "userns": "UsernsMode",
    "uts": "UTSMode",
    "volume-driver": "VolumeDriver",
    "volumes-from": "VolumesFrom",
}
"""Flags whose value is the field's value."""

FAMILIES = {
    "environment": ("label", "label-file", "annotation"),
    "mounts": ("volume", "mount", "tmpfs"),
    "networking": ("network", "network-alias", "ip", "ip6", "link-local-ip", "mac-address", "link"),
    "ports": ("publish", "expose"),
    "limits": ("ulimit", "sysctl", "memory-swappiness"),
    "devices": (
        "device",
        "device-cgroup-rule",
        "gpus",
        "blkio-weight-device",
        "device-read-bps",
        "device-write-bps",
        "device-read-iops",
        "device-write-iops",
    ),
    "security": ("security-opt",),
    "policies": (
        "restart",
        "no-healthcheck",
        "health-cmd",
        "health-interval",
        "health-timeout",
        "health-retries",
        "health-start-period",
        "health-start-interval",
        "log-driver",
        "log-opt",
        "storage-opt",
    ),
}
"""Modules of this package and the flags that need them."""

NAMESPACES = {
    "pid": ("PID", ("host", "container:")),
    "uts": ("UTS", ("host",)),
    "userns": ("USER", ("host",)),
    "cgroupns": ("CGROUP", ("host", "private")),
}


def stream_name(text: str) -> str:
    """The value of --attach, whatever its case."""
    name = text.lower()
    if name not in STREAMS:
        raise ValueError("valid streams are STDIN, STDOUT and STDERR")
    return name


def container_body(options: "Options", proxies: "Json") -> "Json":
    """The request's body. ``proxies`` is what config.json says for the engine; ValueError in Docker's words."""
    image, *command = options.arguments
    _check_namespaces(options)
    body = default_body()
    host = body["HostConfig"]
    body |= {"Image": image, "Cmd": command or None} | _stdio(options)
    body |= {key: options[flag] for flag, key in CONFIG_FLAGS.items() if options.given(flag)}
    host |= {key: options[flag] for flag, key in HOST_FLAGS.items() if options.given(flag)}
    if options.given("entrypoint"):
        body["Entrypoint"] = [options["entrypoint"]]
    if options["stop-signal"]:
        body["StopSignal"] = options["stop-signal"]
    if proxies or options.given("env") or options.given("env-file"):
        body["Env"] = load("options", "environment:variables")(options, proxies) or None
    for module, flags in FAMILIES.items():
        if any(options.given(flag) for flag in flags):
            part = load("options", f"{module}:settings")(options)
            host |= part.pop("HostConfig", {})
            body |= part
    return body


def _stdio(options: "Options") -> "Json":
    attach = options["attach"]
    reads = options["interactive"] or "stdin" in attach
    return {
        "AttachStdin": reads,
        "AttachStdout": not attach or "stdout" in attach,
        "AttachStderr": not attach or "stderr" in attach,
        "Tty": options["tty"],
        "OpenStdin": options["interactive"],
        "StdinOnce": options["interactive"] and reads,
    }


def _check_namespaces(options: "Options") -> None:
    for flag, (name, allowed) in NAMESPACES.items():
        mode = options[flag]
        if mode and mode not in allowed and not any(mode.startswith(word) for word in allowed if word.endswith(":")):
            raise ValueError(f"--{flag}: invalid {name} mode")
