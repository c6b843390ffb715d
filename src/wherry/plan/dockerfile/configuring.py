"""What instructions do to an image's configuration, and what its history says of them, in Docker's words."""

import posixpath
from collections.abc import Iterable, Mapping
from functools import singledispatch

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from wherry.errors import InvalidArgument
from wherry.model.image import Healthcheck, ImageConfig
from wherry.plan import signals
from wherry.plan.dockerfile import instructions as ast
from wherry.plan.dockerfile.expansion import expand, expand_words
from wherry.plan.dockerfile.exposing import ports
from wherry.plan.timestamps import duration_text

_DEFAULT_SHELL = ("/bin/sh", "-c")


class Scope(Struct, frozen=True):
    """What words are expanded with. ``commanded``: there was a CMD since the base, which an ENTRYPOINT leaves."""

    variables: Mapping[str, str]
    escape: str = "\\"
    commanded: bool = False

    def expand(self, word: str) -> str:
        return expand(word, self.variables, self.escape)

    def expand_pair(self, pair: ast.Pair) -> tuple[str, str]:
        return self.expand(pair.name), self.expand(pair.value)


class Configured(Struct, frozen=True):
    config: ImageConfig
    comment: str


def shell_of(config: ImageConfig) -> tuple[str, ...]:
    return config.shell or _DEFAULT_SHELL


def arguments(config: ImageConfig, command: ast.CommandLine) -> tuple[str, ...]:
    """The program and its arguments: a line goes to the shell."""
    return (*shell_of(config), *filter(None, command.words)) if command.shell else command.words


def environment(config: ImageConfig) -> dict[str, str]:
    return {name: value for name, _, value in (entry.partition("=") for entry in config.env)}


@singledispatch
def configure(instruction: ast.Instruction, config: ImageConfig, scope: Scope) -> Configured:
    """The configuration after an instruction. InvalidArgument if it makes no sense; NotImplementedError for those
    that work on files."""
    raise NotImplementedError(type(instruction).__name__)


@configure.register
def _env(instruction: ast.Env, config: ImageConfig, scope: Scope) -> Configured:
    pairs = [scope.expand_pair(pair) for pair in instruction.pairs]
    for name, value in pairs:
        if not name:
            raise InvalidArgument(f"invalid environment variable: ={value}")
    env = environment(config) | dict(pairs)
    return Configured(replace(config, env=tuple(f"{name}={value}" for name, value in env.items())), _told("ENV", pairs))


@configure.register
def _label(instruction: ast.Label, config: ImageConfig, scope: Scope) -> Configured:
    pairs = [scope.expand_pair(pair) for pair in instruction.pairs]
    return Configured(replace(config, labels=config.labels | dict(pairs)), _told("LABEL", pairs))


@configure.register
def _cmd(instruction: ast.Cmd, config: ImageConfig, scope: Scope) -> Configured:
    argv = arguments(config, instruction.command)
    return Configured(replace(config, command=argv), f"CMD {_quoted(argv)}")


@configure.register
def _entrypoint(instruction: ast.Entrypoint, config: ImageConfig, scope: Scope) -> Configured:
    argv = arguments(config, instruction.command) if any(instruction.command.words) else ()
    command = config.command if scope.commanded else None  # one that was written for another entrypoint
    return Configured(replace(config, entrypoint=argv or None, command=command), f"ENTRYPOINT {_quoted(argv)}")


@configure.register
def _expose(instruction: ast.Expose, config: ImageConfig, scope: Scope) -> Configured:
    def expanded(texts: Iterable[str]) -> list[str]:
        return [word for text in texts for word in expand_words(text, scope.variables, scope.escape)]

    found = [port for text in expanded(instruction.ports) for port in ports(text)]
    exposed = tuple(dict.fromkeys((*config.exposed_ports, *found)))
    told = f"EXPOSE {' '.join(expanded(sorted(instruction.ports)))}"
    return Configured(replace(config, exposed_ports=exposed), told)


@configure.register
def _volume(instruction: ast.Volume, config: ImageConfig, scope: Scope) -> Configured:
    paths = tuple(map(scope.expand, instruction.paths))
    if not all(paths):
        raise InvalidArgument("VOLUME specified can not be an empty string")
    volumes = tuple(dict.fromkeys((*config.volumes, *paths)))
    return Configured(replace(config, volumes=volumes), f"VOLUME [{' '.join(paths)}]")


@configure.register
def _user(instruction: ast.User, config: ImageConfig, scope: Scope) -> Configured:
    user = scope.expand(instruction.user)
    return Configured(replace(config, user=user), f"USER {user}")


@configure.register
def _workdir(instruction: ast.Workdir, config: ImageConfig, scope: Scope) -> Configured:
    given = scope.expand(instruction.path)
    if not given:
        raise InvalidArgument("cannot normalize nothing")
    path = posixpath.normpath(posixpath.join("/", config.working_dir, given)).replace("//", "/")
    return Configured(replace(config, working_dir=path), f"WORKDIR {path}")


@configure.register
def _onbuild(instruction: ast.Onbuild, config: ImageConfig, scope: Scope) -> Configured:
    on_build = (*config.on_build, instruction.trigger)
    return Configured(replace(config, on_build=on_build), f"ONBUILD {instruction.trigger}")


@configure.register
def _stopsignal(instruction: ast.Stopsignal, config: ImageConfig, scope: Scope) -> Configured:
    signal = scope.expand(instruction.signal)
    signals.number(signal)
    return Configured(replace(config, stop_signal=signal), f"STOPSIGNAL {signal}")


@configure.register
def _no_healthcheck(instruction: ast.HealthcheckNone, config: ImageConfig, scope: Scope) -> Configured:
    check = Healthcheck(test=("NONE",))
    return Configured(replace(config, healthcheck=check), _check_told(check))


@configure.register
def _healthcheck(instruction: ast.HealthcheckCmd, config: ImageConfig, scope: Scope) -> Configured:
    check = Healthcheck(
        test=("CMD-SHELL" if instruction.command.shell else "CMD", *instruction.command.words),
        interval=instruction.interval,
        timeout=instruction.timeout,
        start_period=instruction.start_period,
        start_interval=instruction.start_interval,
        retries=instruction.retries,
    )
    return Configured(replace(config, healthcheck=check), _check_told(check))


@configure.register
def _shell(instruction: ast.Shell, config: ImageConfig, scope: Scope) -> Configured:
    return Configured(replace(config, shell=instruction.words), f"SHELL [{' '.join(instruction.words)}]")


def _told(name: str, pairs: list[tuple[str, str]]) -> str:
    return " ".join((name, *(f"{key}={value}" for key, value in pairs)))


def _check_told(check: Healthcheck) -> str:
    """As dockerd's history has it: Go's ``%q`` of a structure, where a small number is a character."""
    times = (check.interval, check.timeout, check.start_period, check.start_interval)
    shown = " ".join(f'"{duration_text(time)}"' for time in times)
    character = chr(check.retries)
    retries = character if character.isprintable() else f"\\x{check.retries:02x}"
    return f"HEALTHCHECK &{{{_quoted(check.test)} {shown} '{retries}'}}"


def _quoted(words: tuple[str, ...]) -> str:
    return f"[{' '.join(msgspec.json.encode(word).decode() for word in words)}]"
