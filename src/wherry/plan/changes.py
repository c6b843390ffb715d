"""``--change`` of import and commit: instructions of a Dockerfile that alter an image's configuration.

Each is a function from configuration and arguments to configuration. The texts of the errors are Docker's.
"""

import posixpath
import re
from collections.abc import Callable, Iterable

import msgspec
from msgspec.structs import replace

from wherry.errors import InvalidArgument
from wherry.model.image import Healthcheck, ImageConfig
from wherry.plan import signals, words
from wherry.plan.timestamps import parse_duration

DEFAULT_SHELL = ("/bin/sh", "-c")

_PORT = re.compile(r"(?P<first>\d{1,5})(?:-(?P<last>\d{1,5}))?(?:/(?P<protocol>tcp|udp|sctp))?", re.IGNORECASE)
_FLAG = re.compile(r"--([a-z-]+)=(\S*)")
_CONTINUED = re.compile(r"\\[ \t]*\n")


def apply_changes(config: ImageConfig, changes: Iterable[str]) -> ImageConfig:
    """The configuration after all changes, each a text of one or more instructions. InvalidArgument."""
    instructions = [line for change in changes for line in _lines(change)]
    commanded = False
    for line in instructions:
        word, _, arguments = line.partition(" ")
        name = word.upper()
        change = _CHANGES.get(name)
        if change is None:
            raise InvalidArgument(f"{word} is not a valid change command")
        config = change(config, arguments.strip())
        commanded = commanded or name == "CMD"
        if name == "ENTRYPOINT" and not commanded:  # a command was written for the entrypoint it came with
            config = replace(config, command=None)
    return config


def _lines(change: str) -> list[str]:
    lines = [line.strip().replace("\t", " ") for line in _CONTINUED.sub("", change).splitlines()]
    found = [line for line in lines if line and not line.startswith("#")]
    if not found:
        raise InvalidArgument("file with no instructions")
    return found


def _command(config: ImageConfig, arguments: str) -> ImageConfig:
    return replace(config, command=_argv(config, arguments))


def _entrypoint(config: ImageConfig, arguments: str) -> ImageConfig:
    return replace(config, entrypoint=_argv(config, arguments) or None)


def _env(config: ImageConfig, arguments: str) -> ImageConfig:
    env = _variables(config) | _pairs(config, "ENV", arguments)
    return replace(config, env=tuple(f"{name}={value}" for name, value in env.items()))


def _expose(config: ImageConfig, arguments: str) -> ImageConfig:
    ports = [port for text in _words(config, "EXPOSE", arguments) for port in _ports(text)]
    return replace(config, exposed_ports=tuple(dict.fromkeys((*config.exposed_ports, *ports))))


def _label(config: ImageConfig, arguments: str) -> ImageConfig:
    return replace(config, labels=config.labels | _pairs(config, "LABEL", arguments))


def _on_build(config: ImageConfig, arguments: str) -> ImageConfig:
    trigger = arguments.partition(" ")[0].upper()
    if not trigger:
        raise InvalidArgument("ONBUILD requires at least one argument")
    if trigger == "ONBUILD":
        raise InvalidArgument("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    if trigger in ("FROM", "MAINTAINER"):
        raise InvalidArgument(f"{trigger} isn't allowed as an ONBUILD trigger")
    return replace(config, on_build=(*config.on_build, arguments))


def _user(config: ImageConfig, arguments: str) -> ImageConfig:
    return replace(config, user=_single(config, "USER", arguments))


def _volume(config: ImageConfig, arguments: str) -> ImageConfig:
    listed = _json(arguments)
    paths = _words(config, "VOLUME", arguments) if listed is None else listed
    if not paths:
        raise InvalidArgument("VOLUME requires at least one argument")
    if not all(paths):
        raise InvalidArgument("VOLUME specified can not be an empty string")
    return replace(config, volumes=tuple(dict.fromkeys((*config.volumes, *paths))))


def _working_dir(config: ImageConfig, arguments: str) -> ImageConfig:
    path = _single(config, "WORKDIR", arguments)
    return replace(config, working_dir=posixpath.normpath(posixpath.join("/", config.working_dir, path)))


def _stop_signal(config: ImageConfig, arguments: str) -> ImageConfig:
    signal = _single(config, "STOPSIGNAL", arguments)
    signals.number(signal)
    return replace(config, stop_signal=signal)


def _healthcheck(config: ImageConfig, arguments: str) -> ImageConfig:
    flags: dict[str, str] = {}
    while match := _FLAG.match(arguments):
        flags[match[1]] = match[2]
        arguments = arguments[match.end() :].lstrip()
    kind, _, command = arguments.partition(" ")
    if not kind:
        raise InvalidArgument("HEALTHCHECK requires at least one argument")
    if kind.upper() == "NONE":
        return replace(config, healthcheck=Healthcheck(test=("NONE",)))
    if kind.upper() != "CMD":
        raise InvalidArgument(f'Unknown type "{kind.upper()}" in HEALTHCHECK (try CMD)')
    return replace(config, healthcheck=_check(flags, command.strip()))


def _check(flags: dict[str, str], command: str) -> Healthcheck:
    listed = _json(command)
    test = ("CMD-SHELL", command) if listed is None else ("CMD", *listed)
    if not test[1:] or not test[1]:
        raise InvalidArgument("Missing command after HEALTHCHECK CMD")
    retries = flags.pop("retries", "0")
    if not retries.isdecimal():
        raise InvalidArgument(f'strconv.ParseInt: parsing "{retries}": invalid syntax')
    check = Healthcheck(
        test=test,
        interval=_duration(flags, "interval"),
        timeout=_duration(flags, "timeout"),
        start_period=_duration(flags, "start-period"),
        start_interval=_duration(flags, "start-interval"),
        retries=int(retries),
    )
    if flags:
        raise InvalidArgument(f"unknown flag: {next(iter(flags))}")
    return check


_CHANGES: dict[str, Callable[[ImageConfig, str], ImageConfig]] = {
    "CMD": _command,
    "ENTRYPOINT": _entrypoint,
    "ENV": _env,
    "EXPOSE": _expose,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _label,
    "ONBUILD": _on_build,
    "STOPSIGNAL": _stop_signal,
    "USER": _user,
    "VOLUME": _volume,
    "WORKDIR": _working_dir,
}


def _argv(config: ImageConfig, arguments: str) -> tuple[str, ...]:
    """A JSON list as it is; anything else is a line for the shell."""
    listed = _json(arguments)
    if listed is not None:
        return listed
    shell = config.shell or DEFAULT_SHELL
    return (*shell, arguments) if arguments else shell


def _json(arguments: str) -> tuple[str, ...] | None:
    try:
        return msgspec.json.decode(arguments, type=tuple[str, ...])
    except msgspec.DecodeError:
        return None


def _words(config: ImageConfig, name: str, arguments: str) -> tuple[str, ...]:
    found = tuple(_expanded(config, word) for word in words.split(arguments))
    if not found:
        raise InvalidArgument(f"{name} requires at least one argument")
    return found


def _single(config: ImageConfig, name: str, arguments: str) -> str:
    if not arguments:
        raise InvalidArgument(f"{name} requires exactly one argument")
    return _expanded(config, arguments)


def _pairs(config: ImageConfig, name: str, arguments: str) -> dict[str, str]:
    """``key=value …``, or in its old form ``key value``. Every value sees the variables from before the line."""
    found = words.split(arguments)
    if not found:
        raise InvalidArgument(f"{name} requires at least one argument")
    if "=" not in found[0]:
        key, _, value = arguments.partition(" ")
        if not value:
            raise InvalidArgument(f"{name} must have two arguments")
        return {_expanded(config, key): _expanded(config, value.strip())}
    pairs: dict[str, str] = {}
    for word in found:
        key, equals, value = word.partition("=")
        if not equals:
            raise InvalidArgument(f'Syntax error - can\'t find = in "{word}". Must be of the form: name=value')
        pairs[_expanded(config, key)] = _expanded(config, value)
    return pairs


def _expanded(config: ImageConfig, word: str) -> str:
    try:
        return words.expand(word, _variables(config))
    except InvalidArgument as error:
        raise InvalidArgument(f"failed to process {msgspec.json.encode(word).decode()}: {error}") from None


def _variables(config: ImageConfig) -> dict[str, str]:
    return {name: value for name, _, value in (entry.partition("=") for entry in config.env)}


def _ports(text: str) -> list[str]:
    match = _PORT.fullmatch(text)
    if match is None:
        raise InvalidArgument(f"Invalid containerPort: {text}")
    first, last = int(match["first"]), int(match["last"] or match["first"])
    if not 0 < first <= last < 1 << 16:
        raise InvalidArgument(f"Invalid containerPort: {text}")
    protocol = (match["protocol"] or "tcp").lower()
    return [f"{port}/{protocol}" for port in range(first, last + 1)]


def _duration(flags: dict[str, str], name: str) -> int:
    text = flags.pop(name, "0")
    nanoseconds = parse_duration(text)
    if nanoseconds is None:
        raise InvalidArgument(f'time: invalid duration "{text}"')
    if 0 < nanoseconds < 1_000_000 or nanoseconds < 0:
        raise InvalidArgument(f'Interval "{name}" cannot be less than 1ms')
    return nanoseconds
