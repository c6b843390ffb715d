"""What is wrong with JSON of another shape than asked for, in the words of Go's ``encoding/json``, which dockerd passes
on: "cannot unmarshal number into Go struct field HostConfig.HostConfig.Memory of type string".

They name Go's types. Ours tell them by their names and annotations, and by the tables here where these differ.
(Go from 1.24 on puts the names of embedded structs into the path; Docker's own 26.1 was made with 1.21.)
"""

from __future__ import annotations  # what they name is loaded when the first such request comes

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import inspect

from wherry.model.malformed import MALFORMED

_TEXT = re.compile(r"Expected `[^`]*`, got `(?P<got>\w+)`(?: - at `\$(?P<path>.*)`)?")
_LONG = re.compile(rb"[0-9]{19}")
_LONGEST: Final = len(str(-(1 << 63)))
_INT64: Final = range(-(1 << 63), 1 << 63)
_STEP = re.compile(r"\.(?P<name>\w+)|\[(?P<index>[^]]+)\]")
_JSON: Final = {
    "str": "string",
    "int": "number",
    "float": "number",
    "bool": "bool",
    "array": "array",
    "object": "object",
}

_STRUCTS: Final = {
    "CreateRequest": "runconfig.ContainerConfigWrapper",
    "ContainerConfig": "container.Config",
    "HealthConfig": "v1.HealthcheckConfig",
    "ExecCreateRequest": "types.ExecConfig",
    "ExecStartRequest": "types.ExecStartCheck",
    "NetworkCreateRequest": "types.NetworkCreateRequest",
    "ConnectRequest": "types.NetworkConnect",
    "DisconnectRequest": "types.NetworkDisconnect",
    "VolumeCreateRequest": "volume.CreateOptions",
    "IPAMPool": "network.IPAMConfig",
    "PortBinding": "nat.PortBinding",
    "Ulimit": "units.Ulimit",
}
"""Go's names of structs that ours have not; the others are called alike, in the package of our module."""

_PACKAGES: Final = {"host_config": "container", "build": "types"}

_FIELDS: Final = {
    "ExposedPorts": "nat.PortSet",
    "PortBindings": "nat.PortMap",
    "Interval": "time.Duration",
    "Timeout": "time.Duration",
    "StartPeriod": "time.Duration",
    "StartInterval": "time.Duration",
    "Retries": "int",
    "StopTimeout": "int",
    "MaximumRetryCount": "int",
    "OomScoreAdj": "int",
    "IPPrefixLen": "int",
    "GlobalIPv6PrefixLen": "int",
    "ConsoleSize": "[2]uint",
    "NetworkMode": "container.NetworkMode",
    "IpcMode": "container.IpcMode",
    "PidMode": "container.PidMode",
    "UTSMode": "container.UTSMode",
    "UsernsMode": "container.UsernsMode",
    "CgroupnsMode": "container.CgroupnsMode",
    "Isolation": "container.Isolation",
    "EndpointsConfig": "map[string]*network.EndpointSettings",
    "BlkioWeight": "uint16",
    "Weight": "uint16",
    "Shell": "string",
    "CapAdd": "string",
    "CapDrop": "string",
}
"""Types of fields that are not what an annotation says."""


def fault(body: bytes, kind: Any, error: msgspec.ValidationError) -> str:
    """What msgspec found when it decoded a body into ``kind``; its own words where there are none of Go's."""
    found = _TEXT.fullmatch(str(error))
    if found is None or found["got"] not in _JSON:
        return str(error)
    value = f"json: cannot unmarshal {_JSON[found['got']]}"
    top = inspect.type_info(kind)
    steps = list(_STEP.finditer(found["path"] or ""))
    if not steps:
        return f"{value} into Go value of type {_go_type(top, '')}"
    struct, asked = _walk(top, steps)
    if struct is None:
        return f"{value} into Go value of type {_go_type(asked, '')}"
    if found["got"] in ("int", "float") and isinstance(asked, inspect.IntType):
        value += _literal(body, steps)
    names = ".".join(step["name"] for step in steps if step["name"])
    within = _go_struct(struct).rpartition(".")[2]
    return f"{value} into Go struct field {within}.{names} of type {_go_type(asked, steps[-1]['name'])}"


def check_numbers(body: bytes, kind: Any) -> None:
    """ValidationError, as of any other shape, for a whole number that Go's int64 does not hold."""
    if _LONG.search(body) is None:
        return
    for path in _too_long(msgspec.Raw(body.strip()), inspect.type_info(kind), "$"):
        raise msgspec.ValidationError(f"Expected `int`, got `int` - at `{path}`")


def _too_long(value: msgspec.Raw, kind: inspect.Type, path: str) -> Iterator[str]:
    """Where there are such numbers, in a document of that type."""
    text = bytes(value)
    match kind:
        case inspect.IntType() if _LONG.search(text) and (len(text) > _LONGEST or int(text) not in _INT64):
            yield path
        case inspect.UnionType():
            for one in kind.types:
                yield from _too_long(value, one, path)
        case inspect.StructType() if text.startswith(b"{"):
            members = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
            for field in kind.fields:
                if (each := members.get(field.encode_name)) is not None:
                    yield from _too_long(each, field.type, f"{path}.{field.encode_name}")
        case inspect.DictType() if text.startswith(b"{"):
            for each in msgspec.json.decode(value, type=dict[str, msgspec.Raw]).values():
                yield from _too_long(each, kind.value_type, f"{path}[...]")
        case inspect.ListType() if text.startswith(b"["):
            for index, each in enumerate(msgspec.json.decode(value, type=list[msgspec.Raw])):
                yield from _too_long(each, kind.item_type, f"{path}[{index}]")


def _literal(body: bytes, steps: list[re.Match[str]]) -> str:
    """A number that is none of Go's int64 as it is written, after a space; "" where the path does not lead to it:
    members that are there twice, any member of a map."""
    at = msgspec.Raw(body)
    try:
        for step in steps:
            if step["name"]:
                at = msgspec.json.decode(at, type=dict[str, msgspec.Raw])[step["name"]]
            else:
                at = msgspec.json.decode(at, type=list[msgspec.Raw])[int(step["index"])]
        msgspec.json.decode(at, type=float)
    except (*MALFORMED, LookupError, ValueError):
        return ""
    return f" {bytes(at).decode()}"


def _walk(top: inspect.Type, steps: list[re.Match[str]]) -> tuple[inspect.StructType | None, inspect.Type]:
    """The innermost struct on a path, if there is one, and the type at its end."""
    at = _one(top)
    struct = at if isinstance(at, inspect.StructType) else None
    for step in steps:
        if isinstance(at, inspect.StructType):
            struct, at = at, _one(next(field.type for field in at.fields if field.encode_name == step["name"]))
        elif isinstance(at, inspect.DictType):
            at = _one(at.value_type)
        elif isinstance(at, (inspect.ListType, inspect.VarTupleType)):
            at = _one(at.item_type)
    return struct, at


def _one(kind: inspect.Type) -> inspect.Type:
    """Of what may be null or left out, or is a list of words or one: the thing itself, and the word."""
    if not isinstance(kind, inspect.UnionType):
        return kind
    things = [one for one in kind.types if not isinstance(one, (inspect.NoneType, inspect.CustomType))]
    return next((one for one in things if isinstance(one, inspect.StrType)), things[0])


def _go_type(kind: inspect.Type, field: str | None) -> str:
    match kind:
        case _ if field in _FIELDS:
            return _FIELDS[field]
        case inspect.StrType():
            return "string"
        case inspect.BoolType():
            return "bool"
        case inspect.IntType():
            return "int64"
        case inspect.ListType():
            return f"[]{_go_type(_one(kind.item_type), '')}"
        case inspect.DictType():
            return f"map[string]{_go_type(_one(kind.value_type), '')}"
        case inspect.StructType():
            return _go_struct(kind)
        case _:
            return "interface {}"


def _go_struct(kind: inspect.StructType) -> str:
    name, module = kind.cls.__name__, kind.cls.__module__.rpartition(".")[2]
    if name == "Empty":
        return "struct {}"
    return _STRUCTS.get(name) or f"{_PACKAGES.get(module, module)}.{name}"
