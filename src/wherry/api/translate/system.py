"""The engine → ``version``, ``info`` and ``system df``."""

from posixpath import basename

from msgspec import UNSET

from wherry.api.translate.containers import DRIVER
from wherry.api.translate.times import rfc3339
from wherry.model.host import HostFacts
from wherry.model.image import architecture
from wherry.model.launch import RuntimeInfo
from wherry.model.reference import DEFAULT_DOMAIN
from wherry.model.system import Info, Settings, Version
from wherry.plan.containers.namespaces import usual_cgroup_namespace
from wherry.plan.logs.options import DRIVERS
from wherry.version import API_VERSION, MINIMUM_API_VERSION
from wherry.wire import system as wire

INDEX_SERVER = "https://index.docker.io/v1/"

_LOOPBACK = ("127.0.0.0/8", "::1/128")
_GO_NAMES_OF_FILESYSTEMS = {"ext2": "extfs", "ext3": "extfs", "ext4": "extfs"}


def version_response(version: Version) -> wire.VersionResponse:
    settings, facts = version.settings, version.facts
    machine = architecture(facts.architecture)
    go_version = f"python{settings.python}"
    monitor, monitor_version = settings.monitor
    engine = wire.Component(
        name="Engine",
        version=settings.version,
        details={
            "ApiVersion": API_VERSION,
            "Arch": machine,
            "BuildTime": settings.build_time,
            "Experimental": str(settings.experimental).lower(),
            "GitCommit": settings.commit,
            "GoVersion": go_version,
            "KernelVersion": facts.kernel,
            "MinAPIVersion": MINIMUM_API_VERSION,
            "Os": "linux",
        },
    )
    others = [_component(runtime.name, runtime.version) for runtime in version.runtimes]
    return wire.VersionResponse(
        platform=wire.PlatformName(name="wherry"),
        components=[engine, *others, *([_component(monitor, monitor_version)] if monitor else [])],
        version=settings.version,
        api_version=API_VERSION,
        min_api_version=MINIMUM_API_VERSION,
        git_commit=settings.commit,
        go_version=go_version,
        os="linux",
        arch=machine,
        kernel_version=facts.kernel,
        experimental=settings.experimental or UNSET,
        build_time=settings.build_time or UNSET,
    )


def info_response(info: Info, *, open_files: int, tasks: int) -> wire.InfoResponse:
    """``open_files`` and ``tasks`` of the daemon's process."""
    facts, settings, counts = info.facts, info.settings, info.containers
    has = frozenset(facts.controllers)
    is_v1 = facts.cgroup_version == 1
    return wire.InfoResponse(
        id=settings.id,
        containers=counts.total,
        containers_running=counts.running,
        containers_paused=counts.paused,
        containers_stopped=counts.stopped,
        images=info.images,
        driver=DRIVER,
        driver_status=_driver_status(facts),
        plugins=_plugins(info),
        memory_limit="memory" in has,
        swap_limit="memory" in has,
        kernel_memory_tcp=("memory" in has) if is_v1 else UNSET,
        cpu_cfs_period="cpu" in has,
        cpu_cfs_quota="cpu" in has,
        cpu_shares="cpu" in has,
        cpu_set="cpuset" in has,
        pids_limit="pids" in has,
        ipv4_forwarding=info.forwarding.ipv4,
        bridge_nf_iptables=info.forwarding.bridged_ipv4,
        bridge_nf_ip6tables=info.forwarding.bridged_ipv6,
        debug=settings.debug,
        n_fd=open_files,
        oom_kill_disable=is_v1 and "memory" in has,
        n_goroutines=tasks,
        system_time=rfc3339(info.time),
        logging_driver=settings.defaults.log.driver,
        cgroup_driver="cgroupfs",
        cgroup_version=str(facts.cgroup_version),
        n_events_listener=info.listeners,
        kernel_version=facts.kernel,
        operating_system=facts.operating_system,
        os_version=facts.os_version,
        os_type="linux",
        architecture=facts.architecture,
        index_server_address=INDEX_SERVER,
        registry_config=_registries(settings),
        ncpu=facts.cpus,
        mem_total=facts.memory,
        docker_root_dir=settings.data_root,
        http_proxy=settings.http_proxy,
        https_proxy=settings.https_proxy,
        no_proxy=settings.no_proxy,
        name=facts.hostname,
        labels=list(settings.labels),
        experimental_build=settings.experimental,
        server_version=settings.version,
        runtimes={runtime.name: wire.Runtime(path=runtime.path) for runtime in info.runtimes},
        default_runtime=info.default_runtime,
        swarm=wire.Swarm(),
        live_restore_enabled=True,
        init_binary=basename(settings.init_path),
        containerd_commit=wire.Commit(),
        runc_commit=_commit("runc", info.runtimes),
        init_commit=wire.Commit(),
        security_options=_security_options(facts, settings),
        cdi_spec_dirs=[],
        warnings=list(info.warnings) or None,
    )


def _plugins(info: Info) -> wire.Plugins:
    return wire.Plugins(
        volume=sorted(("local", *info.volume_drivers)),
        network=["bridge", "host", "ipvlan", "macvlan", "null"],
        authorization=list(info.authorization) or None,
        log=sorted(set(DRIVERS) - {"none"}),
    )


def _component(name: str, version: str) -> wire.Component:
    return wire.Component(name=name, version=version, details={"GitCommit": ""})


def _driver_status(facts: HostFacts) -> list[tuple[str, str]]:
    filesystem = facts.backing_filesystem
    return [
        ("Backing Filesystem", _GO_NAMES_OF_FILESYSTEMS.get(filesystem, filesystem)),
        ("Supports d_type", "true"),
        ("Using metacopy", "false"),
        ("Native Overlay Diff", "true"),
        ("userxattr", "false"),
    ]


def _registries(settings: Settings) -> wire.RegistryConfig:
    networks = [registry for registry in settings.insecure_registries if "/" in registry]
    hosts = [registry for registry in settings.insecure_registries if "/" not in registry]
    hub = wire.Index(name=DEFAULT_DOMAIN, mirrors=list(settings.mirrors), secure=True, official=True)
    insecure = {host: wire.Index(name=host, mirrors=[], secure=False, official=False) for host in hosts}
    return wire.RegistryConfig(
        insecure_registry_cidrs=[*_LOOPBACK, *networks],
        index_configs={DEFAULT_DOMAIN: hub, **insecure},
        mirrors=list(settings.mirrors) or None,
    )


def _security_options(facts: HostFacts, settings: Settings) -> list[str]:
    options = (
        (facts.apparmor, "name=apparmor"),
        (facts.seccomp, f"name=seccomp,profile={settings.seccomp_profile}"),
        (settings.remapping is not None, "name=userns"),
        ((settings.defaults.cgroup_namespace or usual_cgroup_namespace(facts)) == "private", "name=cgroupns"),
        (settings.defaults.no_new_privileges, "name=no-new-privileges"),
    )
    return [text for is_on, text in options if is_on]


def _commit(name: str, runtimes: tuple[RuntimeInfo, ...]) -> wire.Commit:
    version = next((runtime.version for runtime in runtimes if runtime.name == name), "")
    return wire.Commit(id=version, expected=version)
