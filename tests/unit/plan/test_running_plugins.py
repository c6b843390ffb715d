"""What an OCI runtime is told of managed plugins."""

from typing import Any

import pytest
from tests.fakes.facts import FACTS

from wherry.errors import InternalError, InvalidArgument
from wherry.model.plugin import Plugin
from wherry.plan.containers.users import Identity
from wherry.plan.plugins import running
from wherry.plan.plugins.config import initial_settings, read_config


def plugin(more: bytes = b"") -> Plugin:
    text = b'{"entrypoint": ["/server"], "interface": {"socket": "p.sock", "types": ["docker.volumedriver/1.0"]}%s}'
    config = read_config(text % more)
    return Plugin(
        id="f" * 64,
        name="p:latest",
        plugin_reference="p:latest",
        revision="e" * 64,
        manifest="",
        config=config,
        settings=initial_settings(config),
    )


def built(plugin: Plugin) -> dict[str, Any]:
    return running.build(
        plugin,
        running.as_container(plugin, "/data-root/propagated"),
        root="/data-root/rootfs",
        sockets="/exec-root/plugins/ffffffffffff",
        identity=Identity(),
        facts=FACTS,
        devices=(),
    )


def namespaces(plugin: Plugin) -> set[str]:
    return {each["type"] for each in built(plugin)["linux"]["namespaces"]}


def mounted(plugin: Plugin) -> dict[str, tuple[str, list[str]]]:
    return {each["destination"]: (each["source"], list(each["options"])) for each in built(plugin)["mounts"]}


def test_it_has_name_spaces_of_its_own_unless_it_asks_for_the_hosts() -> None:
    assert {"network", "pid", "ipc", "mount"} <= namespaces(plugin())
    assert "network" in namespaces(plugin(b', "network": {"type": "none"}'))
    shared = plugin(b', "network": {"type": "host"}, "pidHost": true, "IpcHost": true')
    assert not {"network", "pid", "ipc"} & namespaces(shared)


def test_its_process_has_arguments_variables_and_capabilities() -> None:
    asked = b', "args": {"value": ["-v"]}, "env": [{"name": "A", "value": "1"}], "workdir": "/w"'
    process = built(plugin(asked + b', "linux": {"capabilities": ["CAP_SYS_ADMIN"]}'))["process"]

    assert (process["args"], process["cwd"]) == (("/server", "-v"), "/w")
    assert "A=1" in process["env"]
    assert not any(text.startswith("HOSTNAME=") for text in process["env"])
    assert {"CAP_SYS_ADMIN", "CAP_CHOWN"} <= set(process["capabilities"]["effective"])
    assert "CAP_SYS_ADMIN" not in built(plugin())["process"]["capabilities"]["bounding"]


def test_it_has_its_sockets_folder_and_what_it_asks_for_mounted() -> None:
    asked = b', "network": {"type": "none"}, "propagatedMount": "/data", "mounts": [{"source": "/srv", '
    found = mounted(plugin(asked + b'"destination": "/s", "type": "bind", "options": ["rbind", "ro"]}]'))

    assert found["/run/docker/plugins"] == ("/exec-root/plugins/ffffffffffff", ["rbind"])
    assert found["/s"] == ("/srv", ["rbind", "ro"])
    assert found["/etc/resolv.conf"] == ("/etc/resolv.conf", ["rbind", "ro"])
    source, options = found["/data"]
    assert source == "/data-root/propagated"
    assert "rshared" in options
    assert "/etc/resolv.conf" not in mounted(plugin())


def test_all_devices_are_allowed_where_it_asks_for_them() -> None:
    resources = built(plugin(b', "linux": {"allowAllDevices": true}'))["linux"]["resources"]
    assert resources["devices"] == [{"allow": True, "access": "rwm"}]


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        (b', "entrypoint": []', InternalError),
        (b', "interface": {"socket": "../p.sock"}', InvalidArgument),
        (b', "interface": {}', InvalidArgument),
        (b', "mounts": [{"name": "m", "destination": "/m"}]', InternalError),
    ],
)
def test_what_cannot_run_is_refused(more: bytes, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        running.check(plugin(more))
