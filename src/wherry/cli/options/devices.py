"""--device, --device-cgroup-rule, --gpus, and the block I/O limits that name a device."""

from ..flags.values import atoi, parse_bytes, parse_decimal_uint16, parse_decimal_uint64
from .csv_line import fields
from .environment import pairs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..flags import Options

    Json = dict[str, Any]

MIN_WEIGHT, MAX_WEIGHT = 10, 1000
THROTTLES = {
    "device-read-bps": "BlkioDeviceReadBps",
    "device-write-bps": "BlkioDeviceWriteBps",
    "device-read-iops": "BlkioDeviceReadIOps",
    "device-write-iops": "BlkioDeviceWriteIOps",
    "blkio-weight-device": "BlkioWeightDevice",
}
RATE_FORMAT = "The correct format is <device-path>:<number>{unit}. Number must be a positive integer"
RATE_UNITS = ". Unit is optional and can be kb, mb, or gb"


def settings(options: "Options") -> "Json":
    host: Json = {key: options[flag] for flag, key in THROTTLES.items()}
    host["Devices"] = [_mapping(text) for text in options["device"] if not _is_cdi_name(text)]
    host["DeviceCgroupRules"] = options["device-cgroup-rule"] or None
    named = [text for text in options["device"] if _is_cdi_name(text)]
    requests = list(options["gpus"])
    if named:
        requests.append({"Driver": "cdi", "Count": 0, "DeviceIDs": named, "Capabilities": None, "Options": None})
    host["DeviceRequests"] = requests or None
    return {"HostConfig": host}


def _is_cdi_name(text: str) -> bool:
    """Whether it reads as ``vendor.com/class=name`` of the Container Device Interface."""
    kind, equals, name = text.partition("=")
    vendor, slash, device_class = kind.partition("/")
    return bool(equals and slash and vendor and device_class and name)


def _mapping(text: str) -> "Json":
    """``host[:container][:rwm]``. ValueError in Docker's words."""
    source, *rest = text.split(":")
    if not source or len(rest) > 2:
        raise ValueError(f"bad format for path: {text}")
    target, mode = source, "rwm"
    if len(rest) == 2:
        target, mode = rest
        if not _is_mode(mode):
            raise ValueError(f"bad mode specified: {mode}")
    elif rest and _is_mode(rest[0]):
        mode = rest[0]
    elif rest:
        target = rest[0]
    if not target.startswith("/"):
        raise ValueError(f"{target} is not an absolute path")
    return {"PathOnHost": source, "PathInContainer": target, "CgroupPermissions": mode}


def _is_mode(text: str) -> bool:
    return bool(text) and set(text) <= set("rwm") and len(set(text)) == len(text)


def cgroup_rule(text: str) -> str:
    """``type major:minor access``, as ``c 1:3 mr``."""
    kind, _, rest = text.partition(" ")
    numbers, _, access = rest.partition(" ")
    major, _, minor = numbers.partition(":")
    well_formed = (
        kind in ("a", "c", "b")
        and all(number == "*" or (number.isascii() and number.isdigit()) for number in (major, minor))
        and 1 <= len(access) <= 3
        and set(access) <= set("rwm")
    )
    if not well_formed:
        raise ValueError(f"invalid device cgroup format '{text}'")
    return text


def weight(text: str) -> "Json":
    """``/dev/name:weight``."""
    path, number = _device_and_number(text)
    value = _parsed(parse_decimal_uint16, number)
    if value is None or not (value == 0 or MIN_WEIGHT <= value <= MAX_WEIGHT):
        raise ValueError(f"invalid weight for device: {text}")
    return {"Path": path, "Weight": value}


def bytes_rate(text: str) -> "Json":
    """``/dev/name:bytes a second``."""
    path, number = _device_and_number(text)
    value = _parsed(parse_bytes, number)
    if value is None:
        raise ValueError(f"invalid rate for device: {text}. {RATE_FORMAT.format(unit='[<unit>]')}{RATE_UNITS}")
    return {"Path": path, "Rate": value}


def operations_rate(text: str) -> "Json":
    """``/dev/name:operations a second``."""
    path, number = _device_and_number(text)
    value = _parsed(parse_decimal_uint64, number)
    if value is None:
        raise ValueError(f"invalid rate for device: {text}. {RATE_FORMAT.format(unit='')}")
    return {"Path": path, "Rate": value}


def _device_and_number(text: str) -> tuple[str, str]:
    path, colon, number = text.partition(":")
    if not colon or not path:
        raise ValueError(f"bad format: {text}")
    if not path.startswith("/dev/"):
        raise ValueError(f"bad format for device path: {text}")
    return path, number


def _parsed(parse: "Callable[[str], int]", text: str) -> int | None:
    try:
        return parse(text)
    except ValueError:
        return None


def gpu_request(text: str) -> "Json":
    """``all``, a count, or ``driver=…,count=…,device=…,capabilities=…,options=…`` as a DeviceRequest."""
    request: Json = {"Driver": "", "Count": 0, "DeviceIDs": None, "Capabilities": [["gpu"]], "Options": {}}
    seen: set[str] = set()
    for field in fields(text):
        key, equals, value = field.partition("=")
        if not equals:
            key, value = "count", field
        if key in seen:
            raise ValueError(f"gpu request key '{key}' can be specified only once")
        seen.add(key)
        if key == "driver":
            request["Driver"] = value
        elif key == "count":
            request["Count"] = _count(value)
        elif key == "device":
            request["DeviceIDs"] = value.split(",")
        elif key == "capabilities":
            request["Capabilities"] = [[*value.split(","), "gpu"]]
        elif key == "options":
            request["Options"] = pairs(fields(value))
        else:
            raise ValueError(f"unexpected key '{key}' in '{field}'")
    if not seen & {"count", "device"}:
        request["Count"] = 1
    return request


def _count(text: str) -> int:
    if text == "all":
        return -1
    try:
        return atoi(text)
    except ValueError as error:
        raise ValueError(f"count must be an integer: {error}") from None
