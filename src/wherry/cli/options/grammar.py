"""The flags of ``run`` and ``create``."""

from ..flags import Command, Flag

ARGUMENTS = "[OPTIONS] IMAGE [COMMAND] [ARG...]"

IDENTITY = (
    Flag("name", "string", "Name of the container; a random one if not given"),
    Flag("hostname", "string", "Host name inside", short="h"),
    Flag("domainname", "string", "NIS domain name inside"),
    Flag("label", "list", "Label (key=value)", short="l", parse="environment:label"),
    Flag("label-file", "list", "File with a label in each line"),
    Flag("annotation", "map", "Annotation for the OCI runtime (key=value)", default_text="map[]"),
    Flag("cidfile", "string", "File to write the container's ID to"),
    Flag("platform", "string", "Platform of the image: os[/arch[/variant]]"),
    Flag("pull", "string", 'When to pull the image ("always", "missing", "never")', default="missing",
         default_text='"missing"'),
    Flag("quiet", "bool", "Show no progress of a pull", short="q"),
    Flag("disable-content-trust", "bool", default=True, hidden=True),
    Flag("help", "bool", "Print this help"),
)  # fmt: skip

PROCESS = (
    Flag("entrypoint", "string", "Program to run instead of the image's entrypoint"),
    Flag("env", "list", "Environment variable (name=value, or a name to pass on)", short="e",
         parse="environment:variable"),
    Flag("env-file", "list", "File with an environment variable in each line"),
    Flag("user", "string", "User name or ID, and group: <name|uid>[:<group|gid>]", short="u"),
    Flag("group-add", "list", "Additional group"),
    Flag("workdir", "string", "Working directory", short="w"),
    Flag("interactive", "bool", "Keep stdin open even if nobody is attached", short="i"),
    Flag("tty", "bool", "Allocate a pseudo-terminal", short="t"),
    Flag("attach", "list", "Stream to attach: STDIN, STDOUT or STDERR", short="a", parse="body:stream_name"),
    Flag("init", "bool", "Run an init as first process that forwards signals and reaps children"),
    Flag("stop-signal", "string", "Signal that asks the process to end"),
    Flag("stop-timeout", "int", "Seconds from the stop signal to SIGKILL; -1 to wait for ever"),
)  # fmt: skip

LIFE = (
    Flag("rm", "bool", "Remove the container and its anonymous volumes when it exits"),
    Flag("restart", "string", "Restart policy: no, always, unless-stopped, on-failure[:max]", default="no",
         default_text='"no"'),
    Flag("health-cmd", "string", "Command that tells whether the container is healthy"),
    Flag("health-interval", "duration", "Time between two checks (ms|s|m|h)", default_text="0s"),
    Flag("health-timeout", "duration", "Time a check may take (ms|s|m|h)", default_text="0s"),
    Flag("health-retries", "int", "Failures in a row that make the container unhealthy"),
    Flag("health-start-period", "duration", "Time to start in, during which failures do not count (ms|s|m|h)",
         default_text="0s"),
    Flag("health-start-interval", "duration", "Time between two checks in the start period (ms|s|m|h)",
         default_text="0s"),
    Flag("no-healthcheck", "bool", "Do without the image's health check"),
    Flag("log-driver", "string", "Log driver"),
    Flag("log-opt", "list", "Option of the log driver (key=value)"),
)  # fmt: skip

FILES = (
    Flag("volume", "list", "Mount a host path or a volume: [source:]target[:options]", short="v"),
    Flag("mount", "list", "Mount a bind, volume or tmpfs: type=…,source=…,target=…", value_name="mount",
         parse="mounts:mount"),
    Flag("tmpfs", "list", "Mount a tmpfs: path[:options]"),
    Flag("volumes-from", "list", "Mount the volumes of another container: name[:ro]"),
    Flag("volume-driver", "string", "Driver of the volumes that -v makes"),
    Flag("read-only", "bool", "Mount the root filesystem read only"),
    Flag("storage-opt", "list", "Option of the storage driver (key=value)"),
    Flag("shm-size", "bytes", "Size of /dev/shm"),
)  # fmt: skip

NETWORK = (
    Flag("network", "list", "Network to join: a name, none, host, container:NAME, or name=…,ip=…", value_name="network",
         parse="networking:attachment"),
    Flag("net", "list", of="network", parse="networking:attachment"),
    Flag("network-alias", "list", "Another name in the network"),
    Flag("net-alias", "list", of="network-alias"),
    Flag("ip", "string", "IPv4 address"),
    Flag("ip6", "string", "IPv6 address"),
    Flag("link-local-ip", "list", "Link-local address"),
    Flag("mac-address", "string", "MAC address"),
    Flag("link", "list", "Container to link to: name[:alias]", parse="networking:link"),
    Flag("publish", "list", "Publish a port: [[address:]host port:]port[/protocol]", short="p"),
    Flag("publish-all", "bool", "Publish all exposed ports at random host ports", short="P"),
    Flag("expose", "list", "Port, or range of ports, to expose"),
    Flag("dns", "list", "Name server", parse="naming:dns_server"),
    Flag("dns-option", "list", "Resolver option"),
    Flag("dns-opt", "list", of="dns-option"),
    Flag("dns-search", "list", "Search domain", parse="naming:search_domain"),
    Flag("add-host", "list", "Line for /etc/hosts (name:address)", parse="naming:extra_host"),
)  # fmt: skip

RESOURCES = (
    Flag("memory", "bytes", "Memory limit", short="m"),
    Flag("memory-reservation", "bytes", "Memory to keep to when the host runs short"),
    Flag("memory-swap", "swap", "Limit of memory and swap together; -1 for no limit"),
    Flag("memory-swappiness", "int", "Swappiness, 0 to 100", default=-1, default_text="-1"),
    Flag("kernel-memory", "bytes", hidden=True),
    Flag("oom-kill-disable", "bool", "Do not kill when memory runs out"),
    Flag("oom-score-adj", "int", "Preference for being killed when the host runs out of memory, -1000 to 1000"),
    Flag("cpu-shares", "int", "Weight in the sharing of CPU time", short="c"),
    Flag("cpus", "decimal", "Number of CPUs"),
    Flag("cpu-period", "int", "CFS period in microseconds"),
    Flag("cpu-quota", "int", "CFS quota in microseconds"),
    Flag("cpu-rt-period", "int", "Real-time period in microseconds"),
    Flag("cpu-rt-runtime", "int", "Real-time runtime in microseconds"),
    Flag("cpuset-cpus", "string", "CPUs to run on (0-3, 0,1)"),
    Flag("cpuset-mems", "string", "Memory nodes to use (0-3, 0,1)"),
    Flag("pids-limit", "int", "Number of processes; -1 for no limit"),
    Flag("ulimit", "list", "Limit of a process: type=soft[:hard]", value_name="ulimit", default_text="[]",
         parse="limits:ulimit"),
    Flag("blkio-weight", "uint16", "Weight in the sharing of block I/O, 10 to 1000, 0 for none", default_text="0"),
    Flag("blkio-weight-device", "list", "Block I/O weight at a device: path:weight", default_text="[]",
         parse="devices:weight"),
    Flag("device-read-bps", "list", "Bytes a second to read from a device: path:rate", default_text="[]",
         parse="devices:bytes_rate"),
    Flag("device-write-bps", "list", "Bytes a second to write to a device: path:rate", default_text="[]",
         parse="devices:bytes_rate"),
    Flag("device-read-iops", "list", "Reads a second from a device: path:rate", default_text="[]",
         parse="devices:operations_rate"),
    Flag("device-write-iops", "list", "Writes a second to a device: path:rate", default_text="[]",
         parse="devices:operations_rate"),
    Flag("device", "list", "Device of the host: path[:path inside][:rwm]"),
    Flag("device-cgroup-rule", "list", "Device that may be used: type major:minor rwm", parse="devices:cgroup_rule"),
    Flag("gpus", "list", "GPUs to pass in: all, a number, or device=…", value_name="gpu-request",
         parse="devices:gpu_request"),
)  # fmt: skip

WINDOWS = (
    Flag("cpu-count", "int", hidden=True),
    Flag("cpu-percent", "int", hidden=True),
    Flag("io-maxbandwidth", "bytes", hidden=True),
    Flag("io-maxiops", "int", hidden=True),
)
"""What there is on Windows only, to be refused by name."""

ISOLATION = (
    Flag("privileged", "bool", "Give all capabilities and devices, and no confinement"),
    Flag("cap-add", "list", "Capability to add"),
    Flag("cap-drop", "list", "Capability to drop"),
    Flag("security-opt", "list", "Security option: seccomp=FILE, apparmor=PROFILE, no-new-privileges, …"),
    Flag("sysctl", "map", "Kernel parameter of the container's namespaces (key=value)", default_text="map[]",
         parse="limits:sysctl"),
    Flag("pid", "string", "PID namespace: host or container:NAME"),
    Flag("ipc", "string", "IPC namespace: none, private, shareable, host or container:NAME"),
    Flag("uts", "string", "UTS namespace: host"),
    Flag("userns", "string", "User namespace: host"),
    Flag("cgroupns", "string", "Cgroup namespace: host or private"),
    Flag("cgroup-parent", "string", "Cgroup to make the container's cgroup in"),
    Flag("runtime", "string", "OCI runtime"),
    Flag("isolation", "string", 'Isolation technology; "default" is the only one'),
)  # fmt: skip

CREATE_FLAGS = (*IDENTITY, *PROCESS, *LIFE, *FILES, *NETWORK, *RESOURCES, *WINDOWS, *ISOLATION)
RUN_FLAGS = (
    Flag("detach", "bool", "Run in the background and print the container's ID", short="d"),
    Flag("detach-keys", "string", "Keys that detach from the container"),
    Flag("sig-proxy", "bool", "Pass signals on to the process", default=True, default_text="true"),
)

RUN = Command(
    ARGUMENTS,
    "Create a container from an image and run it",
    (*CREATE_FLAGS, *RUN_FLAGS),
    minimum=1,
    maximum=None,
    interspersed=False,
    aliases=("container run", "run"),
)
CREATE = Command(
    ARGUMENTS,
    "Create a container without starting it",
    CREATE_FLAGS,
    minimum=1,
    maximum=None,
    interspersed=False,
    aliases=("container create", "create"),
)
