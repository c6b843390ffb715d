"""Image configuration merged under what was asked for; every case was put to dockerd 26.1.5."""

from typing import Any

import pytest
from msgspec.structs import replace

from wherry.errors import InvalidArgument
from wherry.model.container import ContainerDefaults, ContainerSpec, HostSpec, LogConfig
from wherry.model.image import Healthcheck, ImageConfig
from wherry.model.network import EndpointSpec
from wherry.model.resources import Resources, Ulimit
from wherry.plan.containers.creation import complete, merge

SECOND = 10**9
IMAGE = ImageConfig(
    user="5",
    exposed_ports=("80/tcp",),
    env=("PATH=/bin", "A=1", "B=2"),
    entrypoint=("e",),
    command=("c",),
    volumes=("/vv",),
    working_dir="/tmp/x",
    labels={"a": "image", "b": "image"},
    stop_signal="9",
    healthcheck=Healthcheck(test=("CMD-SHELL", "foo"), interval=5 * SECOND),
    on_build=("RUN x",),
    shell=("/bin/zz",),
)


def merged(**asked: Any) -> ContainerSpec:
    return merge(ContainerSpec(image="img", **asked), IMAGE)


def test_the_image_says_what_was_not_asked() -> None:
    spec = merged()
    assert (spec.user, spec.working_dir, spec.stop_signal) == ("5", "/tmp/x", "9")
    assert spec.healthcheck == IMAGE.healthcheck
    assert (spec.on_build, spec.shell) == ((), ())


@pytest.mark.parametrize(
    ("entrypoint", "command", "argv"),
    [
        (None, None, (("e",), ("c",))),
        (None, ("q",), (("e",), ("q",))),
        (None, (), (("e",), ("c",))),
        (None, ("",), (("e",), ("",))),
        (("z",), None, (("z",), None)),
        (("z",), ("q",), (("z",), ("q",))),
        (("",), ("k",), (None, ("k",))),
        ((), None, ((), ("c",))),
        (("", "x"), None, (("", "x"), None)),
    ],
)
def test_entrypoint_and_command(
    entrypoint: tuple[str, ...] | None, command: tuple[str, ...] | None, argv: tuple[object, object]
) -> None:
    spec = merged(entrypoint=entrypoint, command=command)
    assert (spec.entrypoint, spec.command) == argv


@pytest.mark.parametrize(("entrypoint", "image"), [(("",), IMAGE), (None, ImageConfig())])
def test_nothing_to_run(entrypoint: tuple[str, ...] | None, image: ImageConfig) -> None:
    with pytest.raises(InvalidArgument, match="no command specified"):
        merge(ContainerSpec(image="img", entrypoint=entrypoint), image)


def test_environment_by_name_what_was_asked_first() -> None:
    assert merged(env=("B=3", "C=4", "A")).env == ("B=3", "C=4", "A", "PATH=/bin")


def test_ports_volumes_and_labels_add_up() -> None:
    spec = merged(exposed_ports=("80/tcp", "81/tcp"), volumes=("/w",), labels={"a": "asked"})
    assert spec.exposed_ports == ("80/tcp", "81/tcp")
    assert spec.volumes == ("/w", "/vv")
    assert spec.labels == {"a": "asked", "b": "image"}


@pytest.mark.parametrize(
    ("asked", "result"),
    [
        (Healthcheck(test=("NONE",)), Healthcheck(test=("NONE",), interval=5 * SECOND)),
        (Healthcheck(retries=4), Healthcheck(test=("CMD-SHELL", "foo"), interval=5 * SECOND, retries=4)),
        (
            Healthcheck(test=("CMD", "bar"), interval=9 * SECOND),
            Healthcheck(test=("CMD", "bar"), interval=9 * SECOND),
        ),
    ],
)
def test_health_checks_field_by_field(asked: Healthcheck, result: Healthcheck) -> None:
    assert merged(healthcheck=asked).healthcheck == result


@pytest.mark.parametrize(
    ("network", "hostname", "result"),
    [("default", "", "0123456789ab"), ("host", "", "vm"), ("host", "qq", "qq"), ("none", "a.b", "a.b")],
)
def test_hostnames(network: str, hostname: str, result: str) -> None:
    spec = ContainerSpec(image="img", hostname=hostname, host=HostSpec(network=network))
    assert complete(spec, "0123456789abcdef", "vm").hostname == result


@pytest.mark.parametrize(("asked", "result"), [("", ""), ("/foo/../bar/", "/bar"), ("//x", "/x")])
def test_working_directories_are_cleaned(asked: str, result: str) -> None:
    assert complete(ContainerSpec(image="img", working_dir=asked), "0" * 64, "vm").working_dir == result


def test_a_relative_working_directory() -> None:
    with pytest.raises(InvalidArgument, match="the working directory 'a/b' is invalid, it needs to be an absolute"):
        complete(ContainerSpec(image="img", working_dir="a/b"), "0" * 64, "vm")


@pytest.mark.parametrize(("memory", "swap", "result"), [(10, 0, 20), (10, -1, -1), (10, 15, 15), (0, 0, 0)])
def test_swap_is_as_much_as_memory(memory: int, swap: int, result: int) -> None:
    spec = ContainerSpec(image="img", host=HostSpec(resources=Resources(memory=memory, memory_swap=swap)))
    assert complete(spec, "0" * 64, "vm").host.resources.memory_swap == result


def test_the_rest_of_the_spec_is_kept() -> None:
    spec = ContainerSpec(image="img", command=("x",), tty=True, host=HostSpec(privileged=True))
    assert merge(spec, ImageConfig()) == spec
    assert complete(spec, "0" * 64, "vm") == replace(
        spec,
        hostname="0" * 12,
        endpoints=(EndpointSpec(network="bridge"),),
        host=replace(spec.host, shm_size=64 << 20, ipc="private", log=LogConfig(driver="json-file")),
    )


def test_the_engines_defaults_are_for_what_was_not_asked() -> None:
    own, limit = Ulimit(name="nofile", soft=5, hard=5), Ulimit(name="nproc", soft=9, hard=9)
    log = LogConfig(driver="local", options={"max-size": "5m", "max-file": "2"})
    defaults = ContainerDefaults(shm_size=32 << 20, ulimits=(limit,), log=log)
    asked = HostSpec(resources=Resources(ulimits=(own,)), log=LogConfig(options={"max-file": "3"}))

    host = complete(ContainerSpec(image="img", host=asked), "0" * 64, "vm", defaults).host

    assert host.shm_size == 32 << 20
    assert host.resources.ulimits == (own,)  # each start takes the engine's of then
    assert host.log == LogConfig(driver="local", options={"max-size": "5m", "max-file": "3"})


def test_options_are_of_the_default_log_driver_only() -> None:
    asked = ContainerSpec(image="img", host=HostSpec(log=LogConfig(driver="json-file")))
    defaults = ContainerDefaults(log=LogConfig(driver="local", options={"max-size": "5m"}))

    assert complete(asked, "0" * 64, "vm", defaults).host.log == LogConfig(driver="json-file")
