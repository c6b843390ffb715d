"""Capabilities, security options and seccomp; texts and sets were asked of dockerd 26.1.5."""

import json
from importlib.resources import files
from typing import Any

import pytest
from msgspec.structs import replace
from tests.unit.plan.plan_facts import FACTS

from wherry.errors import InternalError, InvalidArgument
from wherry.model.container import Container, ContainerSpec, HostSpec
from wherry.plan.containers import security
from wherry.plan.containers.capabilities import DEFAULT, available, capabilities
from wherry.plan.oci.seccomp import Seccomp, resolve

PROFILE = files("wherry.plan").joinpath("data/seccomp.json").read_bytes()
OPEN_BY_HANDLE = "open_by_handle_at"


def of(**host: Any) -> Container:
    spec = ContainerSpec(image="img", host=HostSpec(**host))
    return Container(id="c", name="c", image_id="i", chain_id="c", created=0, spec=spec)


@pytest.mark.parametrize(
    ("add", "drop", "names"),
    [
        ((), (), DEFAULT),
        (("net_admin",), (), (*DEFAULT, "CAP_NET_ADMIN")),
        (("CAP_CHOWN", "chown"), (), DEFAULT),
        ((), ("CHOWN", "cap_kill"), tuple(name for name in DEFAULT if name not in ("CAP_CHOWN", "CAP_KILL"))),
        (("net_admin",), ("all",), ("CAP_NET_ADMIN",)),
        ((), ("ALL",), ()),
        (("ALL",), (), available(FACTS)),
        (("ALL",), ("KILL",), tuple(name for name in available(FACTS) if name != "CAP_KILL")),
        (("ALL",), ("ALL",), available(FACTS)),
    ],
)
def test_capabilities(add: tuple[str, ...], drop: tuple[str, ...], names: tuple[str, ...]) -> None:
    assert capabilities(HostSpec(cap_add=add, cap_drop=drop), FACTS) == names


def test_a_privileged_container_has_all_that_the_engine_has() -> None:
    host = HostSpec(privileged=True, cap_drop=("ALL",))
    assert len(capabilities(host, FACTS)) == 41
    assert "CAP_SYS_RESOURCE" not in capabilities(host, replace(FACTS, can_raise_limits=False))
    assert "CAP_BPF" not in capabilities(host, replace(FACTS, kernel="5.4.0-100-generic"))


@pytest.mark.parametrize(
    ("host", "text"),
    [
        (HostSpec(cap_add=("foo",)), 'invalid CapAdd: unknown capability: "CAP_FOO"'),
        (HostSpec(cap_drop=("cap_foo",)), 'invalid CapDrop: unknown capability: "CAP_FOO"'),
        (
            HostSpec(cap_add=("SYS_RESOURCE",)),
            "invalid CapAdd: capability not supported by your kernel or not available in the current environment: "
            '"CAP_SYS_RESOURCE"',
        ),
    ],
)
def test_capabilities_that_are_none(host: HostSpec, text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        capabilities(host, replace(FACTS, can_raise_limits=False))
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("option", "read"),
    [
        ("no-new-privileges", security.SecurityOptions(no_new_privileges=True)),
        ("no-new-privileges=1", security.SecurityOptions(no_new_privileges=True)),
        ("no-new-privileges:false", security.SecurityOptions()),
        ("seccomp=unconfined", security.SecurityOptions(seccomp="unconfined")),
        ('seccomp={"a": "b=c:d"}', security.SecurityOptions(seccomp='{"a": "b=c:d"}')),
        ("apparmor:mine", security.SecurityOptions(apparmor="mine")),
        ("systempaths=unconfined", security.SecurityOptions(system_paths=False)),
        ("label=type:svirt_t", security.SecurityOptions()),
        ("disable", security.SecurityOptions()),
    ],
)
def test_security_options(option: str, read: security.SecurityOptions) -> None:
    assert security.parse((option,)) == read


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("foo", 'invalid --security-opt 1: "foo"'),
        ("foo=bar", 'invalid --security-opt 2: "foo=bar"'),
        ("no-new-privileges=maybe", 'invalid --security-opt 2: "no-new-privileges=maybe"'),
    ],
)
def test_security_options_that_are_none(option: str, text: str) -> None:
    with pytest.raises(InternalError) as caught:
        security.check(ContainerSpec(image="img", host=HostSpec(security_opt=(option,))))
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("host", "masked"),
    [
        (HostSpec(), security.MASKED_PATHS),
        (HostSpec(privileged=True), ()),
        (HostSpec(masked_paths=()), ()),
        (HostSpec(masked_paths=("/x",), privileged=True), ("/x",)),
        (HostSpec(security_opt=("systempaths=unconfined",)), ()),
    ],
)
def test_masked_paths(host: HostSpec, masked: tuple[str, ...]) -> None:
    assert security.masked_paths(host) == masked


@pytest.mark.parametrize(
    ("host", "apparmor", "profile"),
    [
        (HostSpec(), True, "docker-default"),
        (HostSpec(), False, ""),
        (HostSpec(security_opt=("apparmor=unconfined",)), True, "unconfined"),
        (HostSpec(security_opt=("apparmor=mine",)), True, "mine"),
        (HostSpec(security_opt=("apparmor=mine",)), False, ""),
        (HostSpec(privileged=True), True, "unconfined"),
    ],
)
def test_apparmor(host: HostSpec, apparmor: bool, profile: str) -> None:
    assert security.apparmor_profile(host, replace(FACTS, apparmor=apparmor)) == profile


def allowed(section: bytes) -> set[str]:
    rules = json.loads(section)["syscalls"]
    return {name for rule in rules if rule["action"] == "SCMP_ACT_ALLOW" for name in rule["names"]}


def test_the_default_profile_without_its_conditions() -> None:
    section = json.loads(resolve(PROFILE, DEFAULT, "x86_64", "6.1.0"))
    assert section["defaultAction"] == "SCMP_ACT_ERRNO"
    assert section["architectures"] == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
    assert not any(rule.keys() - {"names", "action", "args", "errnoRet"} for rule in section["syscalls"])
    assert {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38} in section["syscalls"]


@pytest.mark.parametrize(
    ("caps", "machine", "kernel", "syscall", "is_allowed"),
    [
        (DEFAULT, "x86_64", "6.1.0", "chroot", True),
        ((), "x86_64", "6.1.0", "chroot", False),
        (DEFAULT, "x86_64", "6.1.0", OPEN_BY_HANDLE, False),
        ((*DEFAULT, "CAP_DAC_READ_SEARCH"), "x86_64", "6.1.0", OPEN_BY_HANDLE, True),
        (DEFAULT, "x86_64", "6.1.0", "mount", False),
        ((*DEFAULT, "CAP_SYS_ADMIN"), "x86_64", "6.1.0", "clone3", True),
        (DEFAULT, "x86_64", "6.1.0", "arch_prctl", True),
        (DEFAULT, "aarch64", "6.1.0", "arch_prctl", False),
        (DEFAULT, "aarch64", "6.1.0", "arm_fadvise64_64", True),
        (DEFAULT, "x86_64", "4.8.0", "ptrace", True),
        (DEFAULT, "x86_64", "4.7.10", "ptrace", False),
    ],
)
def test_conditions(caps: tuple[str, ...], machine: str, kernel: str, syscall: str, is_allowed: bool) -> None:
    assert (syscall in allowed(resolve(PROFILE, caps, machine, kernel))) is is_allowed


OWN = '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"name": "chmod", "action": "SCMP_ACT_ERRNO", "args": null}]}'


@pytest.mark.parametrize(
    ("host", "section"),
    [
        ({"security_opt": ("seccomp=unconfined",)}, b""),
        ({"privileged": True}, b""),
        ({"security_opt": ("seccomp={}",)}, b""),
        ({}, resolve(PROFILE, DEFAULT, "x86_64", FACTS.kernel)),
        ({"security_opt": ("seccomp=builtin",)}, resolve(PROFILE, DEFAULT, "x86_64", FACTS.kernel)),
        (
            {"security_opt": (f"seccomp={OWN}",), "privileged": True},
            b'{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["chmod"],"action":"SCMP_ACT_ERRNO"}]}',
        ),
    ],
)
def test_which_profile_a_container_gets(host: dict[str, Any], section: bytes) -> None:
    assert Seccomp(PROFILE).encoded(of(**host), FACTS) == section


@pytest.mark.parametrize(
    ("profile", "text"),
    [
        ("xx", "Decoding seccomp profile failed"),
        (
            '{"defaultAction": "x", "syscalls": [{"names": ["a"], "action": "b", "includes": {"minKernel": "new"}}]}',
            "Decoding seccomp profile failed",
        ),
        (
            '{"defaultAction": "x", "architectures": ["a"], "archMap": [{"architecture": "b"}]}',
            "both 'architectures' and 'archMap' are specified",
        ),
    ],
)
def test_profiles_that_are_none(profile: str, text: str) -> None:
    with pytest.raises(InternalError, match=text):
        Seccomp(PROFILE).encoded(of(security_opt=(f"seccomp={profile}",)), FACTS)


def test_a_default_that_is_not_builtin() -> None:
    default = Seccomp(PROFILE, OWN.encode())
    own = resolve(OWN.encode(), DEFAULT, "x86_64", FACTS.kernel)
    assert default.encoded(of(), FACTS) == own != b""
    assert default.encoded(of(security_opt=("seccomp=builtin",)), FACTS) == Seccomp(PROFILE).encoded(of(), FACTS)
    assert default.encoded(of(privileged=True), FACTS) == b""
    assert Seccomp(PROFILE, b"").encoded(of(), FACTS) == b""


def test_a_kernel_without_seccomp() -> None:
    without = replace(FACTS, seccomp=False)
    assert Seccomp(PROFILE).encoded(of(), without) == b""
    with pytest.raises(InternalError, match="seccomp is not enabled in your kernel"):
        Seccomp(PROFILE).encoded(of(security_opt=(f"seccomp={OWN}",)), without)
