"""``--userns-remap`` on this host: who is meant, and where an engine that remaps has its files."""

import logging
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from wherry.errors import NotSupported
from wherry.kernel import accounts, mounts, user_namespaces
from wherry.model.host import HostFacts
from wherry.model.remapping import Remapping
from wherry.plan import remapping as plan
from wherry.plan.kernel_version import at_least
from wherry.store import roots
from wherry.wiring.config import EngineConfig, exec_root_of

_NEEDED: Final = (5, 19)  # overlays of mounts that remap
_VIEWED: Final = ("overlay2", "builds", "buildcache")
_log = logging.getLogger(__name__)


async def find_remapping(text: str) -> Remapping | None:
    """What an engine that was told ``text`` remaps: None for nothing, "", and for root.

    The user that ``default`` means is made, if it is not there. InvalidArgument, InternalError.
    """
    if not text:
        return None
    name, group = plan.named(text)
    if name == plan.DEFAULT:
        name = plan.DEFAULT_USER
        await _make_default_user()
    user = accounts.user(name)
    accounts.group(group or (name if name.isdecimal() else user.pw_name))
    if user.pw_name == "root":
        _log.warning("User namespaces: root cannot be remapped with itself; user namespaces are OFF")
        return None
    _log.info("User namespaces: ID ranges will be mapped to subuid/subgid ranges of: %s", user.pw_name)
    uids, gids = (plan.ranges(accounts.subordinate(kind), kind, user.pw_name, user.pw_uid) for kind in accounts.KINDS)
    return Remapping(uids=uids, gids=gids)


def nested(config: EngineConfig, remapping: Remapping | None) -> EngineConfig:
    """The engine's roots: one for each of those that root may be, so that no container sees files that are not its."""
    if remapping is None:
        return config
    uid, gid = remapping.root
    name = f"{uid}.{gid}"
    data_root, exec_root = config.data_root / name, exec_root_of(config) / name
    roots.nest(config.data_root, data_root, remapping.root)
    exec_root.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    return replace(config, data_root=data_root, exec_root=exec_root)


async def mount_view(data_root: Path, view: Path, remapping: Remapping, facts: HostFacts) -> None:
    """Show folders of the data root below ``view`` with owners as they are on the host. NotSupported where the kernel,
    or the file system, cannot."""
    if not at_least(facts.kernel, _NEEDED):
        needed = ".".join(map(str, _NEEDED))
        raise NotSupported(f"user namespaces need Linux {needed} or later, and this is {facts.kernel}")
    unmount_view(view)  # of an engine that died
    roots.make_passage(view, remapping.root)
    async with user_namespaces.for_mounts(remapping) as user:
        for name in _VIEWED:
            (view / name).mkdir(exist_ok=True)
            try:
                mounts.remapped(str(data_root / name), str(view / name), user)
            except OSError as error:
                raise NotSupported(f"the file system of {data_root} cannot remap users: {error}") from error


def unmount_view(view: Path) -> None:
    """What containers have mounted stays. Idempotent."""
    for name in _VIEWED:
        while mounts.unmount(str(view / name)):
            pass


async def _make_default_user() -> None:
    """As dockerd does, whose user it is: who comes from there finds the ids that his files have."""
    name = plan.DEFAULT_USER
    if not accounts.has_user(name):
        await accounts.add_system_user(name)
    for kind in accounts.KINDS:
        given = accounts.subordinate(kind)
        if not plan.has_range(given, name):
            await accounts.add_subordinate(kind, name, *plan.free_range(given))
