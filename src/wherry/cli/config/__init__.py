"""``config.json`` as far as it is understood: a value of another type is told in Docker's words, and left out."""

from ...client.jsonlite import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_JSON_NAMES = {dict: "object", list: "array", str: "string", int: "number", float: "number", bool: "bool"}


class Shape:
    """A type of Docker's client: its name in Go, how Python reads it, and what may be in it.

    ``inner`` is for each item of a list or a map, ``fields`` for those of a record; other fields are not looked at.
    """

    def __init__(
        self, name: str, python: type, inner: "Shape | None" = None, fields: "dict[str, Shape] | None" = None
    ) -> None:
        self.name = name
        self.python = python
        self.inner = inner
        self.fields = fields or {}


def _map_of(inner: Shape) -> Shape:
    return Shape(f"map[string]{inner.name}", dict, inner)


_TEXT = Shape("string", str)
_TEXTS = Shape("[]string", list, _TEXT)
_CREDENTIALS = Shape("types.AuthConfig", dict, fields={"auth": _TEXT, "identitytoken": _TEXT})
_PROXIES = Shape(
    "configfile.ProxyConfig",
    dict,
    fields=dict.fromkeys(("httpProxy", "httpsProxy", "noProxy", "ftpProxy", "allProxy"), _TEXT),
)
_FORMATS = ("psFormat", "imagesFormat", "networksFormat", "volumesFormat", "statsFormat")
_CONFIG = Shape(
    "configfile.ConfigFile",
    dict,
    fields={
        **dict.fromkeys((*_FORMATS, "detachKeys", "credsStore", "currentContext"), _TEXT),
        "auths": _map_of(_CREDENTIALS),
        "credHelpers": _map_of(_TEXT),
        "proxies": _map_of(_PROXIES),
        "cliPluginsExtraDirs": _TEXTS,
        "pruneFilters": _TEXTS,
    },
)


def understood(text: "bytes | str") -> "tuple[dict[str, Any], str]":
    """What is well in a configuration, and the first mistake, "" if there is none. ValueError if it is no JSON."""
    mistakes: list[str] = []
    value = loads(text) if text.strip() else {}
    return _kept(value, _CONFIG, "", (), mistakes) or {}, mistakes[0] if mistakes else ""


def _kept(value: "Any", shape: Shape, record: str, path: tuple[str, ...], mistakes: list[str]) -> "Any":
    """The value without what is wrong in it, None if it is wrong itself. ``path``: the fields that lead to it, the last
    one of the type ``record``."""
    if value is None:
        return None
    if not isinstance(value, shape.python):
        place = f"struct field {record}.{'.'.join(path)}" if path else "value"
        mistakes.append(f"json: cannot unmarshal {_JSON_NAMES[type(value)]} into Go {place} of type {shape.name}")
        return None
    if isinstance(value, list) and shape.inner:
        items = [_kept(item, shape.inner, record, path, mistakes) for item in value]
        return [item for item in items if item is not None]
    if isinstance(value, dict):
        pairs = {key: _field(item, shape, key, record, path, mistakes) for key, item in value.items()}
        return {key: item for key, item in pairs.items() if item is not None}
    return value


def _field(value: "Any", shape: Shape, key: str, record: str, path: tuple[str, ...], mistakes: list[str]) -> "Any":
    if shape.inner:
        return _kept(value, shape.inner, record, path, mistakes)
    known = shape.fields.get(key)
    return _kept(value, known, shape.name.rpartition(".")[2], (*path, key), mistakes) if known else value
