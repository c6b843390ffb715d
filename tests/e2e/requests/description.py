"""Docker's description of its API, put right where dockerd itself answers otherwise."""

from pathlib import Path
from typing import Any

import schemathesis
import yaml
from schemathesis.schemas import APIOperation

_TEXT = Path(__file__).with_name("docker-v1.45.yaml")

# Go writes an empty list or map as null, and the description does not tell. Where dockerd does so:
_NULL_IN = {
    "ContainerConfig": "Cmd Entrypoint Env Volumes",
    "EndpointSettings": "Aliases DNSNames Links",
    "HostConfig": "Binds CapAdd CapDrop ExtraHosts GroupAdd Links SecurityOpt VolumesFrom",
    "IPAM": "Config Options",
    "ImageConfig": "Cmd Entrypoint Env Labels Volumes",
    "ImageSummary": "Labels RepoDigests",
    "PluginsInfo": "Authorization",
    "RegistryServiceConfig": "AllowNondistributableArtifactsCIDRs AllowNondistributableArtifactsHostnames Mirrors",
    "Resources": "DeviceCgroupRules DeviceRequests MemorySwappiness",
    "SystemInfo": "Warnings",
    "Volume": "Labels Options",
    "VolumeListResponse": "Warnings",
}
_NULL_ANSWERED = (
    ("post", "/containers/{id}/update"),
    ("get", "/system/df"),
    ("post", "/build/prune"),
    ("post", "/containers/prune"),
    ("post", "/images/prune"),
    ("post", "/networks/prune"),
    ("post", "/volumes/prune"),
)


def operations() -> dict[str, APIOperation[Any, Any, Any, Any]]:
    """All operations, by method and path."""
    schema = schemathesis.openapi.from_dict(_description())
    return {operation.ok().label: operation.ok() for operation in schema.get_all_operations()}


def _description() -> dict[str, Any]:
    text: dict[str, Any] = yaml.safe_load(_TEXT.read_text())
    definitions = text["definitions"]
    nullable = [definitions["GenericResources"]]
    nullable.append(_answer(text, "get", "/containers/{id}/changes"))
    nullable.append(_answer(text, "get", "/exec/{id}/json")["properties"]["ExitCode"])
    for method, path in _NULL_ANSWERED:
        nullable += _answer(text, method, path)["properties"].values()
    nullable += [_properties(definitions[noun])[name] for noun, names in _NULL_IN.items() for name in names.split()]
    for schema in nullable:
        schema["x-nullable"] = True
    return text


def _properties(definition: dict[str, Any]) -> dict[str, Any]:
    parts = (definition, *definition.get("allOf", ()))
    return {name: schema for part in parts for name, schema in part.get("properties", {}).items()}


def _answer(text: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = text["paths"][path][method]["responses"]["200"]["schema"]
    return answer
