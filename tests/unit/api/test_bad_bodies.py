"""Bodies that are no JSON, or JSON of another shape: refused in the words of dockerd 26.1, which are those of Go."""

import msgspec
import pytest

from wherry.api.http import json_syntax, json_types
from wherry.wire.container import CreateRequest
from wherry.wire.exec import ExecCreateRequest
from wherry.wire.network import ConnectRequest, NetworkCreateRequest
from wherry.wire.volume import VolumeCreateRequest

START, KEY = "looking for beginning of value", "looking for beginning of object key string"
MEMBER, ITEM = "after object key:value pair", "after array element"


@pytest.mark.parametrize("text", [
    b"{", b'{"a"', b'{"a":', b'{"a":1', b"[", b"[1", b'"abc', b'"\\', b'"\\u12', b"tru", b"-", b"1.", b"1e", b"1e+",
    b'{"a":"\\', b'{"a":1,', b"[" * 100_000, b"", b" ",
])  # fmt: skip
def test_what_ends_too_early(text: bytes) -> None:
    assert json_syntax.fault(text) == "unexpected EOF"


@pytest.mark.parametrize("text", [
    b"{}", b'{ "a" : [ 1 , { } , [ ] ] , "b" : null }', b'"\\u00e9\\n"', b"-0.5e+10", b"true", b"[[],[]]", b"{}x",
    '"\N{LATIN SMALL LETTER E WITH ACUTE}"'.encode(),
])  # fmt: skip
def test_what_begins_with_json(text: bytes) -> None:
    assert json_syntax.fault(text) == ""


@pytest.mark.parametrize(
    ("text", "character", "where"),
    [
        (b"x", "'x'", START),
        (b"trux", "'x'", "in literal true (expecting 'e')"),
        (b'{"a":nulx}', "'x'", "in literal null (expecting 'l')"),
        (b"{x", "'x'", KEY),
        (b"{'a':1}", r"'\''", KEY),
        (b'{"a":1,}', "'}'", KEY),
        (b'{"a" 1}', "'1'", "after object key"),
        (b'{"a":1 x}', "'x'", MEMBER),
        (b'{"a":"\xc3\xa9" \xc3\xa9}', "'Ã'", MEMBER),
        (b"[1,]", "']'", START),
        (b"[1 2]", "'2'", ITEM),
        (b"-x", "'x'", "in numeric literal"),
        (b"1.x", "'x'", "after decimal point in numeric literal"),
        (b'{"a":1e}', "'}'", "in exponent of numeric literal"),
        (b'{"a":.5}', "'.'", START),
        (b'"\\x"', "'x'", "in string escape code"),
        (b'"\\u12x4"', "'x'", "in \\u hexadecimal character escape"),
        (b'"a\nb"', r"'\n'", "in string literal"),
        (b'"a\x01b"', r"'\x01'", "in string literal"),
        (b"[\x7f", r"'\x7f'", START),
        (b"[\x80", r"'\u0080'", START),
        (b"\xb2", "'\N{SUPERSCRIPT TWO}'", START),
        (b"-\xb9", "'\N{SUPERSCRIPT ONE}'", "in numeric literal"),
        (b'[1"', "'\"'", ITEM),
    ],
)
def test_what_does_not_belong_there(text: bytes, character: str, where: str) -> None:
    assert json_syntax.fault(text) == f"invalid character {character} {where}"


@pytest.mark.parametrize(
    ("kind", "body", "value", "into"),
    [
        (CreateRequest, "1", "number", "value of type runconfig.ContainerConfigWrapper"),
        (CreateRequest, "[]", "array", "value of type runconfig.ContainerConfigWrapper"),
        (tuple[str, ...], "[true]", "bool", "value of type string"),
        (CreateRequest, '{"Image":true}', "bool", "struct field ContainerConfigWrapper.Image of type string"),
        (CreateRequest, '{"Cmd":1}', "number", "struct field ContainerConfigWrapper.Cmd of type string"),
        (CreateRequest, '{"Env":"a"}', "string", "struct field ContainerConfigWrapper.Env of type []string"),
        (CreateRequest, '{"Env":[{}]}', "object", "struct field ContainerConfigWrapper.Env of type string"),
        (CreateRequest, '{"Labels":[]}', "array",
         "struct field ContainerConfigWrapper.Labels of type map[string]string"),
        (CreateRequest, '{"Labels":{"a":1}}', "number", "struct field ContainerConfigWrapper.Labels of type string"),
        (CreateRequest, '{"Volumes":"x"}', "string",
         "struct field ContainerConfigWrapper.Volumes of type map[string]struct {}"),
        (CreateRequest, '{"ExposedPorts":[]}', "array",
         "struct field ContainerConfigWrapper.ExposedPorts of type nat.PortSet"),
        (CreateRequest, '{"StopTimeout":1.5}', "number 1.5",
         "struct field ContainerConfigWrapper.StopTimeout of type int"),
        (CreateRequest, '{"HostConfig":[]}', "array",
         "struct field ContainerConfigWrapper.HostConfig of type container.HostConfig"),
        (CreateRequest, '{"HostConfig":{"Memory":1e3}}', "number 1e3",
         "struct field HostConfig.HostConfig.Memory of type int64"),
        (CreateRequest, '{"HostConfig":{"Mounts":[{"BindOptions":{"NonRecursive":"x"}}]}}', "string",
         "struct field BindOptions.HostConfig.Mounts.BindOptions.NonRecursive of type bool"),
        (CreateRequest, '{"HostConfig":{"Mounts":{}}}', "object",
         "struct field HostConfig.HostConfig.Mounts of type []mount.Mount"),
        (CreateRequest, '{"HostConfig":{"PortBindings":{"80/tcp":[{"HostPort":80}]}}}', "number",
         "struct field PortBinding.HostConfig.PortBindings.HostPort of type string"),
        (CreateRequest, '{"NetworkingConfig":{"EndpointsConfig":{"a":1}}}', "number",
         "struct field NetworkingConfig.NetworkingConfig.EndpointsConfig of type network.EndpointSettings"),
        (ExecCreateRequest, '{"Tty":"x"}', "string", "struct field ExecConfig.Tty of type bool"),
        (NetworkCreateRequest, '{"IPAM":{"Config":1}}', "number",
         "struct field IPAM.IPAM.Config of type []network.IPAMConfig"),
        (ConnectRequest, '{"EndpointConfig":{"Links":1}}', "number",
         "struct field EndpointSettings.EndpointConfig.Links of type []string"),
        (VolumeCreateRequest, '{"DriverOpts":{"a":1}}', "number",
         "struct field CreateOptions.DriverOpts of type string"),
    ],
)  # fmt: skip
def test_what_is_of_another_type(kind: type, body: str, value: str, into: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(body, type=kind)
    assert json_types.fault(body.encode(), kind, caught.value) == f"json: cannot unmarshal {value} into Go {into}"


@pytest.mark.parametrize(
    ("behind", "shown"),
    [
        (b'"HostConfig":3', ""),
        (b'"HostConfig":{}', ""),
        (b'"HostConfig":{"Memory":"' + b"x" * 100 + b'"}', ""),
        (b'"X":' + b"1" * 5000, " 1.5"),
        (b'"X":"\xff"', " 1.5"),
        (b'"X":' + b"[" * 100_000 + b"]" * 100_000, ""),
    ],
)
def test_what_comes_behind_a_fault_is_another_matter(behind: bytes, shown: str) -> None:
    body = b'{"HostConfig":{"Memory":1.5},' + behind + b"}"
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(body, type=CreateRequest)
    told = f"json: cannot unmarshal number{shown} into Go struct field HostConfig.HostConfig.Memory of type int64"
    assert json_types.fault(body, CreateRequest, caught.value) == told


@pytest.mark.parametrize(
    ("before", "number", "field"),
    [
        ('{"HostConfig":{"Memory":', 2**63, "HostConfig.HostConfig.Memory"),
        ('{"HostConfig":{"Memory":', -(2**63) - 1, "HostConfig.HostConfig.Memory"),
        ('{"HostConfig":{"X":[{"Soft":1}],"Memory":', 10**30, "HostConfig.HostConfig.Memory"),
    ],
)
def test_whole_numbers_that_go_cannot_hold(before: str, number: int, field: str) -> None:
    body = f"{before}{number}}}}}".encode()
    with pytest.raises(msgspec.ValidationError) as caught:
        json_types.check_numbers(body, CreateRequest)
    told = f"json: cannot unmarshal number {number} into Go struct field {field} of type int64"
    assert json_types.fault(body, CreateRequest, caught.value) == told


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63)])
def test_whole_numbers_that_go_can_hold(number: int) -> None:
    json_types.check_numbers(b'{"HostConfig":{"Memory":%d},"X":%d}' % (number, 10**30), CreateRequest)
