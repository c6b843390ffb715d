"""HEALTHCHECK."""

from wherry.errors import InvalidArgument
from wherry.plan.dockerfile.flags import Flags
from wherry.plan.dockerfile.instructions import HealthcheckCmd, HealthcheckNone
from wherry.plan.dockerfile.statement import Statement, command_line
from wherry.plan.dockerfile.words import head
from wherry.plan.go_values import read_int
from wherry.plan.timestamps import parse_duration

_TIMES = ("interval", "timeout", "start-period", "start-interval")
_SHORTEST = 1_000_000  # nanoseconds


def read_healthcheck(parts: Statement) -> HealthcheckNone | HealthcheckCmd:
    if not parts.rest:
        raise InvalidArgument("HEALTHCHECK requires at least one argument")
    kind, command = head(parts.rest)
    if kind.upper() == "NONE":
        if command:
            raise InvalidArgument("HEALTHCHECK NONE takes no arguments")
        Flags(parts.flags)
        return HealthcheckNone(**parts.place)
    if kind.upper() != "CMD":
        raise InvalidArgument(f'Unknown type "{kind.upper()}" in HEALTHCHECK (try CMD)')
    return _check(parts, command)


def _check(parts: Statement, text: str) -> HealthcheckCmd:
    flags = Flags(parts.flags, values=(*_TIMES, "retries"))
    command = command_line(text)
    if not command.words or not command.words[0]:
        raise InvalidArgument("Missing command after HEALTHCHECK CMD")
    return HealthcheckCmd(
        **parts.place,
        command=command,
        interval=_time(flags, "interval"),
        timeout=_time(flags, "timeout"),
        start_period=_time(flags, "start-period"),
        start_interval=_time(flags, "start-interval"),
        retries=_retries(flags.value("retries") or "0"),
    )


def _time(flags: Flags, name: str) -> int:
    text = flags.value(name)
    nanoseconds = parse_duration(text) if text else 0
    if nanoseconds is None:
        raise InvalidArgument(f'time: invalid duration "{text}"')
    if nanoseconds < 0 or 0 < nanoseconds < _SHORTEST:
        raise InvalidArgument(f'Interval "{name}" cannot be less than 1ms')
    return nanoseconds


def _retries(text: str) -> int:
    try:
        retries = read_int(text, "ParseInt")
    except ValueError as error:
        raise InvalidArgument(str(error)) from None
    if retries < 0:
        raise InvalidArgument(f"--retries cannot be negative ({retries})")
    return retries
