"""The daemon's flags and its file: what they mean together, and what is refused in dockerd's words."""

import json
from pathlib import Path
from typing import Any

import pytest

from wherry.cli.flags import UsageError
from wherry.daemon.configuration import Configuration, ConfigurationError, configured
from wherry.daemon.flags import COMMAND
from wherry.model.container import LogConfig
from wherry.model.network import AddressPool, NetworkSettings
from wherry.model.resources import Ulimit


def configuration(folder: Path, *flags: str, **keys: Any) -> Configuration:
    """What flags and a file with these keys (``_`` for ``-``) say."""
    path = folder / "daemon.json"
    path.write_text(json.dumps({key.replace("_", "-"): value for key, value in keys.items()}))
    return configured(COMMAND.parse(["--config-file", str(path), *flags], ""))


def test_nothing_said(tmp_path: Path) -> None:
    assert configuration(tmp_path) == Configuration()


def test_flags(tmp_path: Path) -> None:
    found = configuration(
        tmp_path,
        *("-H", "tcp://127.0.0.1:1", "-H", "/run/x.sock", "-D", "--label", "a=b", "--add-runtime", "mine=/bin/mine"),
        *("--bip=10.1.0.1/16", "--icc=false", "--ip-masq=false", "--mtu", "1400", "--ip", "127.0.0.1"),
        *("--dns", "8.8.4.4", "--dns-opt", "ndots:2", "--dns-search", "example.org"),
        *("--default-ulimit", "nofile=64:128", "--default-shm-size", "32m", "--log-opt", "max-size=5m"),
        *("--default-address-pool", "base=10.9.0.0/16,size=24", "--max-concurrent-downloads", "0"),
        *("--default-network-opt", "bridge=a=b=c", "--default-network-opt", "bridge=d=e"),
    )

    engine = found.engine
    assert found.hosts == ("tcp://127.0.0.1:1", "unix:///run/x.sock")
    assert (found.log_level, engine.labels, engine.runtimes) == ("debug", ("a=b",), {"mine": "/bin/mine"})
    assert engine.network == NetworkSettings(
        bip="10.1.0.1/16",
        icc=False,
        masquerade=False,
        mtu=1400,
        host_ip="127.0.0.1",
        pools=(AddressPool(base="10.9.0.0/16", size=24),),
        driver_options={"bridge": {"a": "b=c", "d": "e"}},
    )
    assert (engine.defaults.dns, engine.defaults.dns_options) == (("8.8.4.4",), ("ndots:2",))
    assert engine.defaults.ulimits == (Ulimit(name="nofile", soft=64, hard=128),)
    assert engine.defaults.shm_size == 32 << 20
    assert engine.defaults.log == LogConfig(driver="json-file", options={"max-size": "5m"})
    assert engine.registries.max_downloads == 3


def test_the_file_says_the_same_in_its_way(tmp_path: Path) -> None:
    filed = configuration(
        tmp_path,
        hosts=["tcp://127.0.0.1:1"],
        debug=True,
        labels=["a=b"],
        iptables=False,
        dns=["8.8.4.4"],
        default_ulimits={"nofile": {"Name": "nofile", "Hard": 128, "Soft": 64}},
        default_shm_size="32M",
        default_address_pools=[{"base": "10.9.0.0/16", "size": 24}],
        runtimes={"mine": {"path": "/bin/mine"}},
        proxies={"http-proxy": "http://p"},
        log_opts={"max-size": "5m"},
        default_network_opts={"bridge": {"a": "b=c"}},
    )
    flagged = configuration(
        tmp_path,
        *("-H", "tcp://127.0.0.1:1", "-D", "--label", "a=b", "--iptables=false", "--dns", "8.8.4.4"),
        *("--default-ulimit", "nofile=64:128", "--default-shm-size", "32m", "--log-opt", "max-size=5m"),
        *("--default-address-pool", "base=10.9.0.0/16,size=24", "--add-runtime", "mine=/bin/mine"),
        *("--http-proxy", "http://p", "--default-network-opt", "bridge=a=b=c"),
    )

    assert filed == flagged


def test_what_has_no_effect_here_is_taken(tmp_path: Path) -> None:
    assert (
        configuration(
            tmp_path,
            features={"buildkit": True},
            builder={"gc": {"enabled": True, "policy": [{"keepStorage": "1GB", "filter": ["unused-for=2200h"]}]}},
            allow_nondistributable_artifacts=["registry.example.org"],
            cdi_spec_dirs=["/etc/cdi"],
            rootless=False,
        )
        == Configuration()
    )


def test_a_blank_file_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "daemon.json"
    path.write_text("\n")

    assert configured(COMMAND.parse(["--config-file", str(path)], "")) == Configuration()


@pytest.mark.parametrize(
    ("flags", "keys", "text"),
    [
        ((), {"nope": 1, "foo": {"a": 1}}, "the following directives don't match any configuration option: nope, a"),
        (("-D",), {"debug": False, "labels": ["a=b"]},
         "the following directives are specified both as a flag and in the configuration file: "
         "debug: (from flag: true, from file: false)"),
        (("--label", "c=d", "--log-opt", "a=b"), {"labels": ["a=b"], "log-opts": {"c": "d"}},
         "the following directives are specified both as a flag and in the configuration file: "
         "labels: (from flag: [c=d], from file: [a=b]), log-opts: (from flag: map[a:b], from file: map[c:d])"),
        ((), {"debug": "x"}, "json: cannot unmarshal string into debug of type bool"),
        ((), {"ip": "x"}, "invalid IP address: x"),
        ((), {"log-level": "foo"}, "merged configuration validation from file and command line flags failed: "
         "invalid logging level: foo"),
        ((), {"mtu": -1}, "merged configuration validation from file and command line flags failed: "
         "invalid default MTU: -1"),
        ((), {"max-concurrent-downloads": -1}, "merged configuration validation from file and command line flags "
         "failed: invalid max concurrent downloads: -1"),
        ((), {"default-cgroupns-mode": "foo"}, "merged configuration validation from file and command line flags "
         'failed: default cgroup namespace mode (foo) is invalid; use "host" or "private"'),
        ((), {"default-ipc-mode": "foo"}, "merged configuration validation from file and command line flags failed: "
         'default IPC mode setting (foo) is invalid; use "shareable" or "private"'),
        ((), {"log-format": "foo"}, "merged configuration validation from file and command line flags failed: "
         "invalid log format: foo"),
        ((), {"default-shm-size": "x"}, "invalid size: 'x'"),
        ((), {"features": {"buildkit": "yes"}}, "json: cannot unmarshal features.buildkit into a bool"),
        (("--rootless",), {}, "merged configuration validation from file and command line flags "
         'failed: the option "rootless" is not supported'),
        ((), {"labels": ["foo"]}, "bad attribute format: foo"),
    ],
)  # fmt: skip
def test_files_that_make_no_sense(tmp_path: Path, flags: tuple[str, ...], keys: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        configuration(tmp_path, *flags, **keys)

    assert str(caught.value) == (f"unable to configure the wherry daemon with file {tmp_path / 'daemon.json'}: {text}")


def test_one_label_has_one_value(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^conflict labels for a=c and a=b$"):
        configuration(tmp_path, "--label", "a=b", "--label", "a=c")


@pytest.mark.parametrize(
    ("flag", "value", "text"),
    [
        ("--label", "foo", "bad attribute format: foo"),
        ("--dns", "x", "invalid string being converted to IP address: x"),
        ("--dns-search", "x_y..z", "x_y..z is not a valid domain"),
        ("--mtu", "x", 'strconv.ParseInt: parsing "x": invalid syntax'),
        ("--ip", "x", 'failed to parse IP: "x"'),
        ("--default-network-opt", "a=b", 'invalid value "a=b" for map option, should be root-key=key=value'),
        ("--storage-opt", "foo=bar", "error initializing graphdriver: overlay2: unknown option foo"),
        ("--default-ulimit", "x", "invalid ulimit argument: x"),
        ("--default-shm-size", "x", "invalid size: 'x'"),
        ("--exec-opt", "native.cgroupdriver=systemd", "native.cgroupdriver option systemd not supported"),
        ("--metrics-addr", "x", "error parsing tcp address: address x: missing port in address"),
        ("--icc", "maybe", 'strconv.ParseBool: parsing "maybe": invalid syntax'),
    ],
)
def test_flags_that_make_no_sense(tmp_path: Path, flag: str, value: str, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        configuration(tmp_path, f"{flag}={value}")

    assert str(caught.value) == f'invalid argument "{value}" for "{flag}" flag: {text}\nSee \'wherryd --help\'.'


def test_an_unknown_flag_and_an_argument(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^unknown flag: --nope\nSee 'wherryd --help'.$"):
        configuration(tmp_path, "--nope")
    with pytest.raises(UsageError, match=r'^"wherryd" accepts no arguments.'):
        configuration(tmp_path, "extra")


def test_a_file_is_found_from_where_the_daemon_was_started(tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text('{"debug": true}')
    assert configured(COMMAND.parse(["--config-file", "own.json"], ""), tmp_path).engine.debug


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"open /nope: no such file or directory$"):
        configured(COMMAND.parse(["--config-file", "/nope"], ""))
