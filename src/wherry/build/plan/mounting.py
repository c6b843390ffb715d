"""``RUN --mount``: what has to be mounted."""

import posixpath
from collections.abc import Sequence

from wherry.build.plan.actions import AgentMount, BindMount, CacheMount, RunMount, SecretMount, TmpfsMount
from wherry.build.plan.scope import StageScope
from wherry.errors import InvalidArgument
from wherry.plan.dockerfile.configuring import Scope
from wherry.plan.dockerfile.mounts import MountText, read_mount

AGENT_VARIABLE = "SSH_AUTH_SOCK"
"""Tells programs the socket of an agent (ssh-agent(1))."""

_SECRETS, _AGENTS = "/run/secrets", "/run/buildkit/ssh_agent"
_DEFAULT_AGENT = "default"


def run_mounts(texts: tuple[str, ...], words: Scope, stage: StageScope, working_dir: str) -> tuple[RunMount, ...]:
    """In their order. InvalidArgument for what is no mount."""
    mounts: list[RunMount] = []
    for mount in (read_mount(text, words) for text in texts):
        agents = sum(isinstance(each, AgentMount) for each in mounts)
        mounts.append(_mount(mount, stage, working_dir, agents))
    return tuple(mounts)


def agent_variable(mounts: Sequence[RunMount]) -> tuple[str, ...]:
    """What tells programs of the first agent, ``name=value``."""
    agents = [mount.target for mount in mounts if isinstance(mount, AgentMount)]
    return tuple(f"{AGENT_VARIABLE}={target}" for target in agents[:1])


def _mount(mount: MountText, stage: StageScope, working_dir: str, agents: int) -> RunMount:
    asked = mount.target
    if mount.type == "secret":
        return _secret(mount, working_dir)
    if mount.type == "ssh":
        asked = asked or f"{_AGENTS}.{agents}"
    if not asked:
        raise InvalidArgument(f"{mount.type} mount requires a target")
    target = _target(asked, working_dir)
    source = stage.origin(mount.origin) if mount.origin else None
    path = posixpath.normpath(posixpath.join("/", mount.source))
    match mount.type:
        case "tmpfs":
            return TmpfsMount(target=target, size=mount.size)
        case "ssh":
            return AgentMount(
                target=target,
                id=mount.id or _DEFAULT_AGENT,
                required=mount.required,
                mode=0o600 if mount.mode is None else mount.mode & 0o777,
                uid=mount.uid or 0,
                gid=mount.gid or 0,
            )
        case "cache":
            return CacheMount(
                target=target,
                id=mount.id or target,
                sharing=mount.sharing or "shared",
                read_only=mount.read_only,
                origin=source,
                path=path,
                mode=0o755 if mount.mode is None else mount.mode,
                uid=mount.uid or 0,
                gid=mount.gid or 0,
            )
    return BindMount(target=target, origin=source, path=path, read_only=mount.read_only)


def _secret(mount: MountText, working_dir: str) -> SecretMount:
    name = mount.source or mount.id or posixpath.basename(mount.target)
    if not name:
        raise InvalidArgument("one of source, target required")
    return SecretMount(
        target=_target(mount.target or f"{_SECRETS}/{posixpath.basename(name)}", working_dir),
        id=name,
        required=mount.required,
        mode=0o400 if mount.mode is None else mount.mode & 0o777,
        uid=mount.uid or 0,
        gid=mount.gid or 0,
    )


def _target(text: str, working_dir: str) -> str:
    target = posixpath.normpath(posixpath.join("/", working_dir, text))
    if target == "/":
        raise InvalidArgument(f'invalid mount target "{text}"')
    return target
