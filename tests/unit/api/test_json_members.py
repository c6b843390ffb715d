"""Members of requests in another case than Docker's: taken as by Go."""

import msgspec
import pytest

from wherry.api.http import json_members
from wherry.wire.container import CreateRequest

KNOWN = b'{"Image":"x","HostConfig":{"Binds":["a:b"]},"Labels":{"image":"y"}}'


def read(body: bytes) -> CreateRequest:
    return msgspec.json.decode(json_members.exact(body, CreateRequest), type=CreateRequest)


def test_a_document_with_the_names_of_docker_is_left_alone() -> None:
    assert json_members.exact(b'{"Image":"x"}', CreateRequest) == b'{"Image":"x"}'


@pytest.mark.parametrize(
    "body",
    [
        b'{"image":"x","hostConfig":{"binds":["a:b"]},"labels":{"image":"y"}}',
        b'{ "IMAGE" : "x" , "HOSTCONFIG" : { "BINDS" : [ "a:b" ] } , "LABELS" : { "image" : "y" } }',
        b'{"Image":"z","image":"x","HostConfig":{"binds":["a:b"]},"Labels":{"image":"y"}}',
    ],
)
def test_other_cases_mean_the_same(body: bytes) -> None:
    assert read(body) == read(KNOWN)


def test_labels_keep_their_case() -> None:
    assert read(b'{"image":"x","labels":{"Image":"y","IMAGE":"z"}}').labels == {"Image": "y", "IMAGE": "z"}


@pytest.mark.parametrize(
    "body",
    [b'{"image":1}', b'{"hostconfig":[]}', b'{"hostconfig":{"binds":{}}}', b'{"image":', b'{"image":"x"}x'],
)
def test_what_is_no_request_stays_none(body: bytes) -> None:
    with pytest.raises((msgspec.ValidationError, msgspec.DecodeError)):
        read(body)


def test_numbers_are_as_they_were_written() -> None:
    body = b'{"unknown":123456789012345678901234567890,"hostconfig":{"memory":9223372036854775807}}'

    asked = read(body)

    assert asked.host_config is not None
    assert asked.host_config.memory == 2**63 - 1
