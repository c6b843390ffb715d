"""What clients of older API versions mean, and what they expect (moby 26.1, ``api/server/router``: every
``versions.LessThan``).

Requests are made into what a client of now would ask for, before anything else reads them; answers are changed last.
Both in place. Parameters of a query that a version brought are left to ``parameters.known``.
"""

from collections.abc import Mapping

from msgspec import UNSET

from wherry.api.translate.config import image_config
from wherry.errors import InvalidArgument
from wherry.model.container import Container
from wherry.model.host import HostFacts
from wherry.model.image import ImageConfig
from wherry.plan.filters import Filters
from wherry.plan.networks.attachments import network_mode
from wherry.plan.networks.network_request import BUILTIN_DRIVERS
from wherry.wire.build import BuildCache
from wherry.wire.container import ContainerInspect, CreateRequest
from wherry.wire.exec import ExecCreateRequest, ExecStartRequest
from wherry.wire.host_config import HostConfig
from wherry.wire.image import ImageInspect, ImageSummary
from wherry.wire.mount import BindOptions
from wherry.wire.network import EndpointSettings, NetworkingConfig
from wherry.wire.system import DiskUsageResponse, InfoResponse

Version = tuple[int, ...]

_NO_NAME, _NO_DIGEST = "<none>:<none>", "<none>@<none>"
_SHORT = 12  # digits of an ID


def create(asked: CreateRequest, version: Version, facts: HostFacts) -> None:
    """A create request. InvalidArgument for what an older version has not."""
    if version >= (1, 45):
        return
    host = asked.host_config = asked.host_config or HostConfig()
    if version < (1, 25):
        host.auto_remove = False
    if version < (1, 40):
        host.ipc_mode = host.ipc_mode or "shareable"
    if version < (1, 41) and facts.cgroup_version == 1:
        host.cgroupns_mode = host.cgroupns_mode or "host"
    if version < (1, 42):
        host.console_size = None
    if version < (1, 43):
        host.annotations = None
    _mounts(host, version)
    if version < (1, 44):
        if asked.healthcheck:
            asked.healthcheck.start_interval = None
        _endpoints(asked, host)


def has_shallow_read_only(version: Version) -> bool:
    """Whether a read-only bind leaves what is mounted below it as it is."""
    return version < (1, 44)


def update(asked: HostConfig, version: Version) -> None:
    """An update request."""
    if version < (1, 40):
        asked.pids_limit = None


def console(asked: ExecCreateRequest | ExecStartRequest, version: Version) -> None:
    """What makes or starts an exec session."""
    if version < (1, 42):
        asked.console_size = None


def container(shown: ContainerInspect, known: Container, version: Version) -> None:
    """An inspection: aliases told of the names that every container has in a network."""
    if version >= (1, 45):
        return
    for name, endpoint in shown.network_settings.networks.items():
        if name not in BUILTIN_DRIVERS:
            names = (*(endpoint.aliases or ()), known.id[:_SHORT], known.spec.hostname)
            endpoint.aliases = list(dict.fromkeys(names))


def image_filters(found: Filters, query: Mapping[str, str], version: Version) -> Filters:
    """The filters of a list, with the ``filter`` for names that API 1.41 no longer has."""
    name = query.get("filter") if version < (1, 41) else None
    return {**found, "reference": (*found.get("reference", ()), name)} if name else found


def image(shown: ImageInspect, version: Version) -> None:
    """An inspection. The container that an image was made of is known of none here."""
    if version < (1, 44):
        shown.virtual_size = shown.size
    if version < (1, 45):
        shown.container_config = image_config(ImageConfig())


def image_summary(shown: ImageSummary, version: Version) -> None:
    """A line of a list."""
    if version < (1, 43) and not shown.repo_tags and not shown.repo_digests:
        shown.repo_tags, shown.repo_digests = [_NO_NAME], [_NO_DIGEST]
    if version < (1, 44):
        shown.virtual_size = shown.size


def disk_usage(shown: DiskUsageResponse, version: Version) -> None:
    if version < (1, 42):
        steps = shown.build_cache or []
        shown.builder_size = sum(step.size for step in steps) or UNSET
        for step in steps:
            _one_parent(step)
    if version < (1, 44):
        for summary in shown.images or ():
            summary.virtual_size = summary.size


def info(shown: InfoResponse, version: Version) -> None:
    if version < (1, 25):
        names = [option.partition(",")[0].removeprefix("name=") for option in shown.security_options]
        shown.security_options = names
        shown.execution_driver = "<not supported>"
    if version < (1, 42):
        shown.kernel_memory = shown.kernel_memory_tcp


def _mounts(host: HostConfig, version: Version) -> None:
    none = BindOptions()
    for mount in host.mounts or ():
        if version < (1, 40) and mount.bind_options:
            mount.bind_options.non_recursive = False
        if version < (1, 42):
            mount.volume_options = mount.volume_options if mount.type == "volume" else None
            mount.tmpfs_options = mount.tmpfs_options if mount.type == "tmpfs" else None
            if mount.bind_options:
                mount.bind_options.create_mountpoint = False
        if version < (1, 44) and mount.type == "bind" and (mount.bind_options or none).read_only_force_recursive:
            raise InvalidArgument("BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer")
        if mount.volume_options and mount.volume_options.subpath:
            raise InvalidArgument("VolumeOptions.Subpath needs API v1.45 or newer")


def _endpoints(asked: CreateRequest, host: HostConfig) -> None:
    """One network at most, and an address for it that stands in the container's configuration only."""
    config = asked.networking_config = asked.networking_config or NetworkingConfig()
    ends = config.endpoints_config = config.endpoints_config or {}
    if len(ends) > 1:
        raise InvalidArgument(f"Container cannot be created with multiple network endpoints: {', '.join(ends)}")
    mode, mac = network_mode(host.network_mode or ""), asked.mac_address or None
    if mac and (mode in ("host", "none") or mode.startswith("container:")):
        raise InvalidArgument("conflicting options: mac-address and the network mode")
    if mac and not ends:
        ends[mode] = EndpointSettings()
    for end in ends.values():
        if end:
            end.mac_address = mac
    asked.mac_address = UNSET


def _one_parent(step: BuildCache) -> None:
    if step.parents:
        step.parent, step.parents = step.parents[0], UNSET
