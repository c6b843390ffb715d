"""What the OCI runtime is told of a managed plugin (moby ``plugin/v2/plugin_linux.go``).

It is a container with what its configuration asks for, which whoever installed it has granted: no seccomp filter, and
of the host's name spaces those of the network, of processes or of IPC.
"""

from typing import Any, Final

from wherry.errors import InternalError, InvalidArgument
from wherry.model.container import Container, ContainerSpec, HostSpec
from wherry.model.device import DeviceNode
from wherry.model.host import HostFacts
from wherry.model.mount import MountKind, MountPoint
from wherry.model.plugin import Plugin
from wherry.model.resources import Device, Resources
from wherry.plan.containers.users import Identity
from wherry.plan.oci import runtime_spec
from wherry.plan.oci.runtime_spec import SpecRequest

_SOCKETS: Final = "/run/docker/plugins"
_OF_THE_HOST: Final = ("/etc/hosts", "/etc/resolv.conf")
_KINDS: Final = ("bounding", "effective", "permitted")


def check(plugin: Plugin) -> None:
    """InvalidArgument, InternalError for one that cannot run."""
    config = plugin.config
    if not config.entrypoint:
        raise InternalError("the plugin has no entrypoint")
    if config.interface.socket in ("", ".", "..") or "/" in config.interface.socket:
        raise InvalidArgument(f'"{config.interface.socket}" is no name of a socket')
    if any(mount.source is None for mount in plugin.settings.mounts):
        raise InternalError("mount source is not specified")


def kinds(plugin: Plugin) -> tuple[str, ...]:
    """What it implements: ``docker.volumedriver/1.0`` is volumedriver."""
    types = (kind.partition("/")[0] for kind in plugin.config.interface.types or ())
    return tuple(kind.removeprefix("docker.").lower() for kind in types if kind.startswith("docker."))


def as_container(plugin: Plugin, propagated: str) -> Container:
    """The container that it is like. ``propagated`` is the folder of the host that has its mounts."""
    config, settings = plugin.config, plugin.settings
    devices = tuple(Device(host_path=each.path, container_path=each.path) for each in settings.devices if each.path)
    host = HostSpec(
        network="host" if config.network.type == "host" else "none",
        ipc="host" if config.ipc_host else "private",
        pid="host" if config.pid_host else "",
        security_opt=("seccomp=unconfined", "apparmor=unconfined"),
        resources=Resources(devices=devices),
    )
    spec = ContainerSpec(
        image="",
        entrypoint=config.entrypoint,
        command=settings.args,
        env=settings.env,
        working_dir=config.work_dir,
        user=f"{config.user.uid}:{config.user.gid}",
        host=host,
    )
    point = MountPoint(kind=MountKind.BIND, target=config.propagated_mount, source=propagated, propagation="rshared")
    mounts = (point,) if config.propagated_mount else ()
    return Container(id=plugin.id, name=plugin.id, image_id="", chain_id="", created=0, spec=spec, mounts=mounts)


def build(
    plugin: Plugin,
    container: Container,
    *,
    root: str,
    sockets: str,
    identity: Identity,
    facts: HostFacts,
    devices: tuple[DeviceNode, ...],
) -> dict[str, Any]:
    """config.json but for ``seccomp``. ``sockets`` is the folder of the host where its socket is to be."""
    config = plugin.config
    request = SpecRequest(
        container=container,
        rootfs=root,
        identity=identity,
        facts=facts,
        devices=devices,
        shm="/dev/shm" if config.ipc_host else "",
    )
    built = runtime_spec.build(request)
    built["mounts"] += _mounts(plugin, sockets)
    built["process"]["env"] = [text for text in built["process"]["env"] if not text.startswith("HOSTNAME=")]
    for kind in _KINDS:
        had = built["process"]["capabilities"][kind]
        built["process"]["capabilities"][kind] = tuple(dict.fromkeys((*had, *(config.linux.capabilities or ()))))
    if config.network.type != "host":
        built["linux"]["namespaces"].append({"type": "network"})
    if config.linux.allow_all_devices:
        built["linux"]["resources"]["devices"] = [{"allow": True, "access": "rwm"}]
    return built


def _mounts(plugin: Plugin, sockets: str) -> list[dict[str, Any]]:
    asked = [
        {
            "destination": mount.destination,
            "type": mount.type,
            "source": mount.source,
            "options": list(mount.options or ()),
        }
        for mount in plugin.settings.mounts
    ]
    bound = [{"destination": _SOCKETS, "type": "bind", "source": sockets, "options": ["rbind"]}]
    if plugin.config.network.type:
        bound += [
            {"destination": path, "type": "bind", "source": path, "options": ["rbind", "ro"]} for path in _OF_THE_HOST
        ]
    return asked + bound
