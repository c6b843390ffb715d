"""-v, --mount, --tmpfs: what of the outside is seen inside, and where."""

from posix import getcwd

from ..flags.values import parse_bool, parse_bytes, parse_octal
from .csv_line import fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..flags import Options

    Mount = dict[str, Any]

BARE_KEYS = ("readonly", "ro", "volume-nocopy", "bind-nonrecursive")
RECURSION = {
    "enabled": "",
    "disabled": "NonRecursive",
    "writable": "ReadOnlyNonRecursive",
    "readonly": "ReadOnlyForceRecursive",
}


def settings(options: "Options") -> "dict[str, Any]":
    binds: list[str] = []
    volumes: dict[str, dict[str, str]] = {}
    for spec in dict.fromkeys(options["volume"]):
        if _source(spec):
            binds.append(_absolute_bind(spec))
        else:
            volumes[spec] = {}
    host: dict[str, Any] = {"Binds": binds or None}
    if options.given("mount"):
        host["Mounts"] = options["mount"]
    if options.given("tmpfs"):
        split = (text.partition(":") for text in options["tmpfs"])
        host["Tmpfs"] = {path: flags for path, _, flags in split}
    return {"Volumes": volumes, "HostConfig": host}


def _source(spec: str) -> str:
    """What is mounted, "" for an anonymous volume. ValueError for a specification that cannot be read."""
    if not spec:
        raise ValueError("invalid empty volume spec")
    if len(spec) <= 2:
        return ""
    sections = spec.split(":")
    if len(sections[0]) == 1 and sections[0].isalpha() and len(sections) > 1:  # taken for a drive of Windows
        sections[:2] = [":".join(sections[:2])]
    if "" in sections:
        raise ValueError(f"invalid spec: {spec}: empty section between colons")
    if len(sections) > 3:
        raise ValueError(f"invalid spec: {spec}: too many colons")
    return sections[0] if len(sections) > 1 else ""


def _absolute_bind(spec: str) -> str:
    source, colon, rest = spec.partition(":")
    return _absolute(source) + colon + rest


def _absolute(path: str) -> str:
    """A path that begins with the working directory's dot, made absolute; any other as it is."""
    if path != "." and not path.startswith("./"):
        return path
    parts: list[str] = []
    for part in f"{getcwd()}/{path}".split("/"):
        if part == "..":
            parts[-1:] = []
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def mount(text: str) -> "Mount":
    """The value of --mount as the API's Mount. ValueError in Docker's words."""
    found: Mount = {"Type": "volume"}
    for field in fields(text):
        name, equals, value = field.partition("=")
        key = name.lower()
        if not equals and key not in BARE_KEYS:
            raise ValueError(f"invalid field '{field}' must be a key=value pair")
        setter = SETTERS.get(key)
        if setter is None:
            raise ValueError(f"unexpected key '{name}' in '{field}'")
        try:
            setter(found, value if equals else "true")
        except ValueError as error:
            raise ValueError(str(error) if key == "bind-recursive" else f"invalid value for {key}: {value}") from None
    _check(found)
    return {key: value for key, value in found.items() if value not in ("", False)}


def _check(mount: "Mount") -> None:
    kind = mount["Type"]
    if not kind:
        raise ValueError("type is required")
    if not mount.get("Target"):
        raise ValueError("target is required")
    for family in ("bind", "volume", "tmpfs"):
        if _options_key(family) in mount and kind != family:
            raise ValueError(f"cannot mix '{family}-*' options with mount type '{kind}'")
    bind = mount.get("BindOptions", {})
    for recursion in ("writable", "readonly"):
        if bind.get(RECURSION[recursion]) and not mount.get("ReadOnly"):
            raise ValueError(f"option 'bind-recursive={recursion}' requires 'readonly' to be specified in conjunction")
    if bind.get("ReadOnlyForceRecursive") and bind.get("Propagation") != "rprivate":
        raise ValueError(
            "option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction"
        )


def _options_key(family: str) -> str:
    return f"{family.capitalize()}Options"


def _bind(mount: "Mount") -> "dict[str, Any]":
    return mount.setdefault("BindOptions", {})  # type: ignore[no-any-return]


def _volume(mount: "Mount") -> "dict[str, Any]":
    return mount.setdefault("VolumeOptions", {"DriverConfig": {}})  # type: ignore[no-any-return]


def _tmpfs(mount: "Mount") -> "dict[str, Any]":
    return mount.setdefault("TmpfsOptions", {})  # type: ignore[no-any-return]


def _put(key: str, convert: "Callable[[str], Any]" = str) -> "Callable[[Mount, str], None]":
    def put(mount: "Mount", value: str) -> None:
        mount[key] = convert(value)

    return put


def _put_recursion(mount: "Mount", value: str) -> None:
    if value not in RECURSION:
        raise ValueError(
            f'invalid value for bind-recursive: {value} (must be "enabled", "disabled", "writable", or "readonly")'
        )
    if RECURSION[value]:
        _bind(mount)[RECURSION[value]] = True


def _put_flag(where: "Callable[[Mount], dict[str, Any]]", key: str) -> "Callable[[Mount, str], None]":
    def put(mount: "Mount", value: str) -> None:
        part = where(mount)
        if parse_bool(value):
            part[key] = True

    return put


def _put_propagation(mount: "Mount", value: str) -> None:
    _bind(mount)["Propagation"] = value.lower()


def _put_subpath(mount: "Mount", value: str) -> None:
    _volume(mount)["Subpath"] = value


def _put_label(mount: "Mount", value: str) -> None:
    key, _, text = value.partition("=")
    _volume(mount).setdefault("Labels", {})[key] = text


def _put_driver(mount: "Mount", value: str) -> None:
    _volume(mount)["DriverConfig"]["Name"] = value


def _put_driver_option(mount: "Mount", value: str) -> None:
    key, _, text = value.partition("=")
    _volume(mount)["DriverConfig"].setdefault("Options", {})[key] = text


def _put_size(mount: "Mount", value: str) -> None:
    _tmpfs(mount)["SizeBytes"] = parse_bytes(value)


def _put_mode(mount: "Mount", value: str) -> None:
    _tmpfs(mount)["Mode"] = parse_octal(value)


SETTERS: "dict[str, Callable[[Mount, str], None]]" = {
    "type": _put("Type", str.lower),
    "source": _put("Source", _absolute),
    "src": _put("Source", _absolute),
    "target": _put("Target"),
    "dst": _put("Target"),
    "destination": _put("Target"),
    "readonly": _put("ReadOnly", parse_bool),
    "ro": _put("ReadOnly", parse_bool),
    "consistency": _put("Consistency", str.lower),
    "bind-propagation": _put_propagation,
    "bind-nonrecursive": _put_flag(_bind, "NonRecursive"),
    "bind-recursive": _put_recursion,
    "volume-nocopy": _put_flag(_volume, "NoCopy"),
    "volume-subpath": _put_subpath,
    "volume-label": _put_label,
    "volume-driver": _put_driver,
    "volume-opt": _put_driver_option,
    "tmpfs-size": _put_size,
    "tmpfs-mode": _put_mode,
}
