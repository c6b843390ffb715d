"""What registries have of managed plugins, and what must be granted to them: as a dockerd 26.1.5 answered."""

import json

import pytest
from msgspec.structs import replace

from wherry.errors import InternalError, InvalidReference
from wherry.model.plugin import PluginPrivilege, PluginRootfs
from wherry.plan.plugins.config import read_config, write_config
from wherry.plan.plugins.names import full_name, local_name
from wherry.plan.plugins.privileges import check_granted, privileges

DIGEST = f"sha256:{'a' * 64}"
WISHES = {
    "Interface": {"Socket": "p.sock", "Types": ["docker.volumedriver/1.0"]},
    "Env": [{"Name": "DEBUG", "Settable": ["value"], "Value": "0"}],
    "Network": {"Type": "host"},
    "IpcHost": True,
    "PidHost": True,
    "Mounts": [{"Source": "/tmp", "Destination": "/m"}, {"Source": None, "Destination": "/later"}],
    "Linux": {"Capabilities": ["CAP_SYS_ADMIN"], "Devices": [{"Path": "/dev/null"}], "AllowAllDevices": True},
    "User": {"UID": 1000},
    "rootfs": {"type": "layers", "diff_ids": [DIGEST]},
}
CONFIG = read_config(json.dumps(WISHES).encode())
PRIVILEGES = privileges(CONFIG)


def test_all_that_it_wants_of_the_host_is_told() -> None:
    assert [(each.name, each.value) for each in PRIVILEGES] == [
        ("network", ("host",)),
        ("host ipc namespace", ("true",)),
        ("host pid namespace", ("true",)),
        ("mount", ("/tmp",)),
        ("device", ("/dev/null",)),
        ("allow-all-devices", ("true",)),
        ("capabilities", ("CAP_SYS_ADMIN",)),
    ]


@pytest.mark.parametrize("network", ["", "null", "bridge"])
def test_a_network_of_its_own_is_no_wish(network: str) -> None:
    assert privileges(read_config(json.dumps({"network": {"type": network}}).encode())) == ()


def test_what_is_granted_may_be_in_any_order_and_words() -> None:
    check_granted(CONFIG, tuple(replace(each, description="") for each in reversed(PRIVILEGES)))


@pytest.mark.parametrize(
    "granted",
    [
        (),
        PRIVILEGES[:-1],
        PRIVILEGES[1:],
        (*PRIVILEGES, PRIVILEGES[0]),
        (replace(PRIVILEGES[0], value=("none",)), *PRIVILEGES[1:]),
        (PluginPrivilege(name="mount", value=("/",)), *PRIVILEGES[1:]),
    ],
)
def test_nothing_else_may_be_granted(granted: tuple[PluginPrivilege, ...]) -> None:
    with pytest.raises(InternalError, match="incorrect privileges"):
        check_granted(CONFIG, granted)


def test_a_configuration_is_written_as_go_names_it() -> None:
    written = json.loads(write_config(CONFIG))

    assert set(written) == {
        *("Args", "Description", "DockerVersion", "Documentation", "Entrypoint", "Env", "Interface", "IpcHost"),
        *("Linux", "Mounts", "Network", "PidHost", "PropagatedMount", "User", "WorkDir", "rootfs"),
    }
    assert written["rootfs"] == {"type": "layers", "diff_ids": [DIGEST]}
    assert written["User"] == {"UID": 1000}
    assert written["Interface"] == {"Socket": "p.sock", "Types": ["docker.volumedriver/1.0"]}
    assert written["Env"] == [{"Name": "DEBUG", "Description": "", "Settable": ["value"], "Value": "0"}]
    assert read_config(write_config(CONFIG)) == CONFIG
    assert CONFIG.rootfs == PluginRootfs(type="layers", diff_ids=(DIGEST,))


@pytest.mark.parametrize(
    ("remote", "name", "local"),
    [
        ("a/b", "", "a/b:latest"),
        ("docker.io/a/b:1", "", "a/b:1"),
        ("r:5000/b:1", "", "r:5000/b:1"),
        (f"r:5000/b@{DIGEST}", "", "r:5000/b:latest"),
        ("r:5000/b:1", "c", "c:latest"),
        (f"r:5000/b@{DIGEST}", "c:2", "c:2"),
    ],
)
def test_what_one_is_called_here(remote: str, name: str, local: str) -> None:
    assert local_name(remote, name) == local


def test_a_digest_is_no_name() -> None:
    with pytest.raises(InternalError, match="cannot use digest in plugin tag"):
        local_name("a/b", f"c@{DIGEST}")
    with pytest.raises(InternalError, match="canonical references are not permitted"):
        full_name(f"c@{DIGEST}")
    with pytest.raises(InvalidReference):
        local_name("", "")
