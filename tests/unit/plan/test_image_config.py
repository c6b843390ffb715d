import hashlib
import json
from typing import Any

import pytest
from msgspec.structs import replace

from wherry.errors import CorruptImage
from wherry.model.image import Healthcheck, History, ImageConfig, Platform
from wherry.plan.images.chain import chain_id
from wherry.plan.images.configuration import read_image, write_image
from wherry.plan.timestamps import rfc3339

DIFF_IDS = ("sha256:" + "1" * 64, "sha256:" + "2" * 64)
AMD64 = Platform(os="linux", architecture="amd64")

# What dockerd 26.1.5 writes for an imported image, shortened.
DOCKERS = {
    "architecture": "amd64",
    "comment": "Imported from -",
    "config": {
        "Hostname": "",
        "Tty": False,
        "Env": None,
        "Cmd": None,
        "Image": "",
        "Volumes": None,
        "WorkingDir": "",
        "Entrypoint": None,
        "OnBuild": None,
        "Labels": None,
    },
    "container_config": {"Hostname": ""},
    "created": "2026-11-24T08:35:48.633347798Z",
    "docker_version": "26.1.5+dfsg1",
    "history": [{"created": "2026-11-24T08:35:48.633347798Z", "comment": "Imported from -"}],
    "os": "linux",
    "rootfs": {"type": "layers", "diff_ids": list(DIFF_IDS)},
}


def encoded(**changes: Any) -> bytes:
    return json.dumps({**DOCKERS, **changes}).encode()


def test_more_layers_than_can_be_mounted_are_refused() -> None:
    document = {"rootfs": {"type": "layers", "diff_ids": ["sha256:" + "a" * 64] * 126}}
    with pytest.raises(CorruptImage, match="max depth exceeded"):
        read_image(json.dumps(document).encode())


def test_an_image_is_named_by_its_bytes_and_read_past_nulls() -> None:
    image = read_image(encoded())
    assert image.id == f"sha256:{hashlib.sha256(encoded()).hexdigest()}"
    assert image.config == ImageConfig()
    assert image.diff_ids == DIFF_IDS
    assert image.chain_id == chain_id(DIFF_IDS)
    assert image.created == 1_795_509_348_633_347_798
    assert image.history == (History(created="2026-11-24T08:35:48.633347798Z", comment="Imported from -"),)
    assert (image.platform, image.comment, image.docker_version) == (AMD64, "Imported from -", "26.1.5+dfsg1")


def test_all_that_a_container_needs_is_read() -> None:
    config = {
        "User": "1000",
        "ExposedPorts": {"80/tcp": {}},
        "Env": ["A=b"],
        "Entrypoint": "/init",
        "Cmd": [],
        "Volumes": {"/data": None},
        "WorkingDir": "/w",
        "Labels": {"a": "b", "none": None},
        "StopSignal": "SIGINT",
        "Healthcheck": {"Test": ["CMD", "true"], "Interval": 5, "Retries": 2},
        "OnBuild": ["RUN x"],
        "Shell": ["/bin/bash", "-c"],
    }
    assert read_image(encoded(config=config)).config == ImageConfig(
        user="1000",
        exposed_ports=("80/tcp",),
        env=("A=b",),
        entrypoint=("/init",),
        command=(),
        volumes=("/data",),
        working_dir="/w",
        labels={"a": "b", "none": ""},
        stop_signal="SIGINT",
        healthcheck=Healthcheck(test=("CMD", "true"), interval=5, retries=2),
        on_build=("RUN x",),
        shell=("/bin/bash", "-c"),
    )


def test_what_was_written_reads_the_same() -> None:
    config = ImageConfig(
        user="u",
        exposed_ports=("1/tcp",),
        env=("A=b",),
        entrypoint=("e",),
        command=(),
        volumes=("/v",),
        working_dir="/w",
        labels={"l": ""},
        stop_signal="9",
        healthcheck=Healthcheck(test=("NONE",), timeout=3, start_period=4, start_interval=5),
        on_build=("RUN x",),
        shell=("sh",),
    )
    history = (History(created_by="RUN x", created="2020-01-01T00:00:00Z"), History(empty_layer=True, author="me"))
    arm = Platform(os="linux", architecture="arm", variant="v7")
    data = write_image(
        platform=arm,
        config=config,
        diff_ids=DIFF_IDS,
        history=history,
        created=1_500_000_000_120_000_000,
        author="me",
        comment="made",
    )
    image = read_image(data)
    assert (image.config, image.history, image.platform, image.diff_ids) == (config, history, arm, DIFF_IDS)
    assert (image.created, image.author, image.comment) == (1_500_000_000_120_000_000, "me", "made")
    assert json.loads(data)["created"] == "2017-07-14T02:40:00.12Z"


def test_the_same_record_gives_the_same_bytes() -> None:
    def write(config: ImageConfig) -> bytes:
        return write_image(platform=AMD64, config=config, diff_ids=DIFF_IDS, history=(), created=0)

    assert write(ImageConfig(env=("A=b",))) == write(replace(ImageConfig(), env=("A=b",)))


@pytest.mark.parametrize("created", [None, "", "0001-01-01T00:00:00Z", "1960-01-01T00:00:00Z"])
def test_a_time_that_docker_calls_none_is_none(created: str | None) -> None:
    assert read_image(encoded(created=created)).created == 0


@pytest.mark.parametrize("created", ["9999-12-31T23:59:59-14:00", "99999999999999"])
def test_a_time_too_far_ahead_to_be_told_is_the_latest_there_is(created: str) -> None:
    assert rfc3339(read_image(encoded(created=created)).created) == "2262-04-11T23:47:16.854775807Z"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"{}",
        encoded(rootfs=None),
        encoded(rootfs={"type": "layers", "diff_ids": ["sha256:x"]}),
        encoded(created="yesterday"),
        encoded(created="9" * 5000),
        encoded(history="none"),
        encoded(history=[{"created": "yesterday"}]),
    ],
)
def test_what_is_no_configuration_is_refused(data: bytes) -> None:
    with pytest.raises(CorruptImage):
        read_image(data)
