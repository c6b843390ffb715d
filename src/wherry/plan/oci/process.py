"""The process of a container or of an exec session (OCI runtime spec, config.md, Process)."""

from collections.abc import Iterable
from typing import Any, Final

from wherry.model.container import Container, ContainerSpec
from wherry.model.exec import ExecSpec
from wherry.model.host import HostFacts
from wherry.model.resources import Ulimit
from wherry.plan.containers.capabilities import available, capabilities
from wherry.plan.containers.security import UNCONFINED, apparmor_profile, parse
from wherry.plan.containers.users import Identity
from wherry.plan.oci.mounts import INIT, init_wanted
from wherry.plan.oci.rlimits import oom_score_adj, rlimits, with_defaults
from wherry.plan.oci.spec_request import SpecRequest

_PATH: Final = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def init_process(request: SpecRequest) -> dict[str, Any]:
    """The container's first process."""
    spec, identity, facts = request.container.spec, request.identity, request.facts
    init = (INIT, "--") if init_wanted(request) else ()
    return {
        "user": _user(identity),
        "args": init + request.container.argv,
        "env": environment(spec, (), identity, tty=spec.tty, linked=request.linked_env),
        "cwd": spec.working_dir or "/",
        "capabilities": _capabilities(capabilities(spec.host, facts)),
        **_restrictions(spec, facts, request.default_ulimits),
        **_terminal(spec.tty, spec.host.console_size),
        **_apparmor(apparmor_profile(spec.host, facts)),
    }


def exec_process(
    container: Container,
    exec_spec: ExecSpec,
    identity: Identity,
    facts: HostFacts,
    *,
    linked_env: tuple[str, ...] = (),
    default_ulimits: tuple[Ulimit, ...] = (),
) -> dict[str, Any]:
    """A process that joins a running container: as restricted as its first one, unless privileged."""
    spec = container.spec
    caps = available(facts) if exec_spec.privileged else capabilities(spec.host, facts)
    unconfined = facts.apparmor and exec_spec.privileged
    return {
        "user": _user(identity),
        "args": exec_spec.command,
        "env": environment(spec, exec_spec.env, identity, tty=exec_spec.tty, linked=linked_env),
        "cwd": exec_spec.working_dir or spec.working_dir or "/",
        "capabilities": _capabilities(caps),
        **_restrictions(spec, facts, default_ulimits),
        **_terminal(exec_spec.tty, exec_spec.console_size),
        **_apparmor(UNCONFINED if unconfined else apparmor_profile(spec.host, facts)),
    }


def environment(
    spec: ContainerSpec, added: tuple[str, ...], identity: Identity, *, tty: bool, linked: tuple[str, ...] = ()
) -> list[str]:
    """The defaults, and what tells of ``linked`` containers, under what the container and then the session ask for.

    A name without ``=`` takes one away; an empty HOME is the user's, as runc has it.
    """
    defaults = (_PATH, f"HOSTNAME={spec.hostname}", *(("TERM=xterm",) if tty else ()))
    named = _by_name((*defaults, *linked, *spec.env, *added))
    if named.get("HOME", "HOME=") == "HOME=":
        named["HOME"] = f"HOME={identity.home}"
    return list(named.values())


def _by_name(entries: Iterable[str]) -> dict[str, str]:
    """Later entries take the place of earlier ones."""
    named: dict[str, str] = {}
    for entry in entries:
        name, found, _ = entry.partition("=")
        if found:
            named[name] = entry
        else:
            named.pop(name, None)
    return named


def _user(identity: Identity) -> dict[str, Any]:
    return {"uid": identity.uid, "gid": identity.gid, "additionalGids": identity.groups}


def _capabilities(names: tuple[str, ...]) -> dict[str, Any]:
    return {"bounding": names, "effective": names, "permitted": names}


def _restrictions(spec: ContainerSpec, facts: HostFacts, default_ulimits: tuple[Ulimit, ...]) -> dict[str, Any]:
    return {
        "noNewPrivileges": parse(spec.host.security_opt).no_new_privileges,
        "oomScoreAdj": oom_score_adj(spec.host, facts),
        "rlimits": rlimits(with_defaults(spec.host.resources.ulimits, default_ulimits), facts),
    }


def _terminal(tty: bool, size: tuple[int, int]) -> dict[str, Any]:
    """``size`` is (height, width); without one the kernel's is kept."""
    if not tty:
        return {}
    return {"terminal": True} | ({"consoleSize": {"height": size[0], "width": size[1]}} if all(size) else {})


def _apparmor(profile: str) -> dict[str, Any]:
    return {"apparmorProfile": profile} if profile else {}
