"""Configurations of managed plugins, and what ``plugin set`` makes of them: as a dockerd 26.1.5 answered."""

import pytest

from wherry.errors import InternalError
from wherry.model.plugin import PluginSettings
from wherry.plan.plugins.config import has_capability, initial_settings, read_config
from wherry.plan.plugins.settings import changed

CONFIG = read_config(
    b"""{
        "Description": "a test", "propagatedMount": "/data", "ipcHost": true,
        "interface": {"types": ["docker.volumedriver/1.0", "docker.authz/1.0"], "socket": "p.sock"},
        "env": [
            {"name": "DEBUG", "settable": ["value"], "value": "0"},
            {"name": "FIXED", "value": "x"},
            {"name": "UNSET", "settable": ["value"], "value": null}
        ],
        "mounts": [{"name": "m", "settable": ["source"], "source": "/tmp", "destination": "/m", "type": "bind"}],
        "args": {"name": "args", "settable": ["value"], "value": ["a", "b"]},
        "linux": {"devices": [{"name": "dev", "settable": ["path", "name"], "path": "/dev/null"}]}
    }"""
)
START = initial_settings(CONFIG)


def test_names_of_fields_come_in_any_case() -> None:
    assert (CONFIG.description, CONFIG.propagated_mount, CONFIG.ipc_host) == ("a test", "/data", True)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"env": 1}', b'{"env": [{"name": 1}]}'])
def test_what_is_no_configuration_is_refused(text: bytes) -> None:
    with pytest.raises(InternalError, match=r"config\.json: "):
        read_config(text)


def test_a_capability_is_that_of_docker() -> None:
    assert has_capability(CONFIG, "VolumeDriver")
    assert has_capability(CONFIG, "authz")
    assert not has_capability(CONFIG, "volume")


def test_settings_begin_with_what_the_configuration_says() -> None:
    assert START.env == ("DEBUG=0", "FIXED=x")
    assert (START.args, START.mounts, START.devices) == (("a", "b"), CONFIG.mounts, CONFIG.linux.devices)


def shown(settings: PluginSettings) -> tuple[object, ...]:
    return (
        settings.env,
        [mount.source for mount in settings.mounts],
        [device.path for device in settings.devices],
        settings.args,
    )


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("DEBUG=1",), (("DEBUG=1", "FIXED=x"), ["/tmp"], ["/dev/null"], ("a", "b"))),
        (("DEBUG",), (("DEBUG=", "FIXED=x"), ["/tmp"], ["/dev/null"], ("a", "b"))),
        (("UNSET.value=a=b",), (("DEBUG=0", "FIXED=x", "UNSET=a=b"), ["/tmp"], ["/dev/null"], ("a", "b"))),
        (("m=/x", "m.source=/y"), (("DEBUG=0", "FIXED=x"), ["/y"], ["/dev/null"], ("a", "b"))),
        (("dev.path=/dev/zero",), (("DEBUG=0", "FIXED=x"), ["/tmp"], ["/dev/zero"], ("a", "b"))),
        (("args=x y",), (("DEBUG=0", "FIXED=x"), ["/tmp"], ["/dev/null"], ("x", "y"))),
    ],
)
def test_settings_change(texts: tuple[str, ...], expected: tuple[object, ...]) -> None:
    assert shown(changed(CONFIG, START, texts)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FIXED=1", '"FIXED" is not settable'),
        ("NOPE=1", 'setting "NOPE" not found in the plugin configuration'),
        ("m.destination=/x", '"m.destination" is not settable'),
        ("DEBUG.source=1", '"DEBUG.source" is not settable'),
        ("dev=/x", "multiple fields are settable, one must be specified"),
        ("dev.name=x", '"dev.name" is not settable'),
        ("=x", "invalid format, must be <name>[.<field>][=<value>]"),
        ("a.b.c=1", 'setting "a.b" not found in the plugin configuration'),
    ],
)
def test_what_cannot_be_set_is_refused(text: str, message: str) -> None:
    with pytest.raises(InternalError) as caught:
        changed(CONFIG, START, (text,))
    assert str(caught.value) == message
