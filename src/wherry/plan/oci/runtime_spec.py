"""config.json: what an OCI runtime is told to make (OCI runtime spec, config.md and config-linux.md).

The effect is that of what dockerd 26 tells runc, but without hooks: the network is there before the runtime comes.
"""

from typing import Any, Final

from wherry.model.cgroup import cgroup_of
from wherry.model.container import ContainerSpec, HostSpec
from wherry.model.remapping import IdRange
from wherry.plan.containers.namespaces import owns_network
from wherry.plan.containers.security import masked_paths, readonly_paths
from wherry.plan.oci.devices import device_nodes
from wherry.plan.oci.mounts import mounts, root_propagation
from wherry.plan.oci.process import exec_process, init_process
from wherry.plan.oci.resources import linux_resources
from wherry.plan.oci.spec_request import SpecRequest

__all__ = ["SpecRequest", "build", "exec_process"]

_VERSION: Final = "1.0.2"
_LOW_PORTS: Final = {"net.ipv4.ip_unprivileged_port_start": "0"}
_PINGERS: Final = {"net.ipv4.ping_group_range": "0 2147483647"}  # which a user namespace does not have all of


def build(request: SpecRequest) -> dict[str, Any]:
    """The runtime spec but for its section ``seccomp`` (see ``seccomp.Seccomp``). Values are JSON's.

    Raises what its parts raise: InvalidArgument and InternalError in Docker's words.
    """
    spec = request.container.spec
    built: dict[str, Any] = {
        "ociVersion": _VERSION,
        "process": init_process(request),
        "root": {"path": request.rootfs, "readonly": spec.host.read_only},
        "mounts": mounts(request),
        "linux": _linux(request),
        "annotations": spec.host.annotations,
    }
    if _owns_names(request):
        built["hostname"] = spec.hostname
    return built


def _linux(request: SpecRequest) -> dict[str, Any]:
    container, host = request.container, request.container.spec.host
    section: dict[str, Any] = {
        "sysctl": _sysctls(request),
        "resources": linux_resources(host, request.devices, request.facts),
        "cgroupsPath": cgroup_of(container),
        "namespaces": _namespaces(request),
        "devices": device_nodes(host, request.devices),
        "maskedPaths": masked_paths(host),
        "readonlyPaths": readonly_paths(host),
    }
    if container.remapping and request.user_namespace:
        section["uidMappings"] = _mappings(container.remapping.uids)
        section["gidMappings"] = _mappings(container.remapping.gids)
    if propagation := root_propagation(container.mounts):
        section["rootfsPropagation"] = propagation
    return section


def _namespaces(request: SpecRequest) -> list[dict[str, str]]:
    """Mounts are always the container's own; of a kind that is not listed it has the host's."""
    host = request.container.spec.host
    found = [{"type": "mount"}]
    if request.user_namespace:
        found.append({"type": "user", "path": request.user_namespace})
    if request.network_namespace:
        found.append({"type": "network", "path": request.network_namespace})
    for kind, mode in (("uts", host.uts), ("pid", host.pid), ("ipc", host.ipc)):
        if kind in request.joined:
            found.append({"type": kind, "path": request.joined[kind]})
        elif mode != "host":
            found.append({"type": kind})
    if _private_cgroup(host, request.facts.cgroup_version):
        found.append({"type": "cgroup"})
    return found


def _mappings(ranges: tuple[IdRange, ...]) -> list[dict[str, int]]:
    """runc before 1.2 wants them, though the namespace is there and has them."""
    return [{"containerID": each.inside, "hostID": each.outside, "size": each.length} for each in ranges]


def _private_cgroup(host: HostSpec, version: int) -> bool:
    if not host.cgroup_namespace:
        return version == 2
    return host.cgroup_namespace == "private"


def _sysctls(request: SpecRequest) -> dict[str, str]:
    spec = request.container.spec
    owns = request.network_namespace and owns_network(spec.host)
    network = {**_LOW_PORTS, **({} if request.user_namespace else _PINGERS)} if owns else {}
    return {**network, **_domain(spec, owns_names=_owns_names(request)), **spec.host.sysctls}


def _domain(spec: ContainerSpec, *, owns_names: bool) -> dict[str, str]:
    """By sysctl, since runc has ``domainname`` only from 1.2 on."""
    return {"kernel.domainname": spec.domainname} if spec.domainname and owns_names else {}


def _owns_names(request: SpecRequest) -> bool:
    """Whether hostname and domainname are the container's own to set."""
    return request.container.spec.host.uts != "host" and "uts" not in request.joined
