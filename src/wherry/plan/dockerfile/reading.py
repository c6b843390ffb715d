"""An instruction's line → its record. Nothing is expanded."""

import re
from collections.abc import Callable

from wherry.errors import DockerfileError, InvalidArgument
from wherry.plan.dockerfile import instructions as ast
from wherry.plan.dockerfile.copying import read_add, read_copy
from wherry.plan.dockerfile.flags import Flags
from wherry.plan.dockerfile.health import read_healthcheck
from wherry.plan.dockerfile.source import Line
from wherry.plan.dockerfile.statement import Statement, statement
from wherry.plan.dockerfile.suggestions import did_you_mean
from wherry.plan.dockerfile.words import blank_separated, head, split_words

_STAGE_NAME = re.compile(r"[a-z][a-z0-9-_.]*")
_NETWORKS = ("default", "none", "host")
_SECURITIES = ("sandbox", "insecure")


def read_instruction(line: Line, escape: str) -> ast.Instruction:
    """DockerfileError for a line that is none."""
    try:
        parts = statement(line, escape)
        reader = _READERS.get(parts.keyword)
        if reader is None:
            hint = did_you_mean(parts.word, _READERS)
            raise InvalidArgument(f"unknown instruction: {parts.word}{hint}")
        if parts.keyword not in _FLAGGED:
            Flags(parts.flags)
        return reader(parts)
    except InvalidArgument as error:
        raise DockerfileError(line.position.first, str(error)) from None


def _from(parts: Statement) -> ast.From:
    flags = Flags(parts.flags, values=("platform",))
    words = blank_separated(parts.rest)
    if len(words) not in (1, 3) or (len(words) == 3 and words[1].lower() != "as"):
        raise InvalidArgument("FROM requires either one or three arguments")
    name = words[2].lower() if len(words) == 3 else ""
    if name and not _STAGE_NAME.fullmatch(name):
        raise InvalidArgument(
            f'invalid name for build stage: "{words[2]}", name can\'t start with a number or contain symbols'
        )
    return ast.From(**parts.place, image=words[0], platform=flags.value("platform"), name=name)


def _arg(parts: Statement) -> ast.Arg:
    words = split_words(parts.rest, parts.escape)
    if not words:
        raise InvalidArgument("ARG requires at least one argument")
    args: list[tuple[str, str | None]] = []
    for word in words:
        name, equals, default = word.partition("=")
        if not name:
            raise InvalidArgument("ARG names can not be blank")
        args.append((name, default if equals else None))
    return ast.Arg(**parts.place, args=tuple(args))


def _run(parts: Statement) -> ast.Run:
    flags = Flags(parts.flags, values=("network", "security"), lists=("mount",))
    network, security = flags.value("network"), flags.value("security")
    if network and network not in _NETWORKS:
        raise InvalidArgument(f'invalid network mode "{network}"')
    if security and security not in _SECURITIES:
        raise InvalidArgument(f'security "{security}" is not valid')
    return ast.Run(
        **parts.place,
        command=parts.command(),
        heredocs=parts.line.heredocs,
        mounts=flags.values("mount"),
        network="" if network == "default" else network,
        security=security,
    )


def _env(parts: Statement) -> ast.Env:
    return ast.Env(**parts.place, pairs=parts.pairs())


def _label(parts: Statement) -> ast.Label:
    return ast.Label(**parts.place, pairs=parts.pairs())


def _cmd(parts: Statement) -> ast.Cmd:
    return ast.Cmd(**parts.place, command=parts.command())


def _entrypoint(parts: Statement) -> ast.Entrypoint:
    return ast.Entrypoint(**parts.place, command=parts.command())


def _expose(parts: Statement) -> ast.Expose:
    ports = blank_separated(parts.rest)
    if not ports:
        raise InvalidArgument("EXPOSE requires at least one argument")
    return ast.Expose(**parts.place, ports=ports)


def _volume(parts: Statement) -> ast.Volume:
    paths = tuple(path.strip() for path in parts.some())
    if not all(paths):
        raise InvalidArgument("VOLUME specified can not be an empty string")
    return ast.Volume(**parts.place, paths=paths)


def _user(parts: Statement) -> ast.User:
    return ast.User(**parts.place, user=parts.one())


def _workdir(parts: Statement) -> ast.Workdir:
    return ast.Workdir(**parts.place, path=parts.one())


def _onbuild(parts: Statement) -> ast.Onbuild:
    if not parts.rest:
        raise InvalidArgument("ONBUILD requires at least one argument")
    keyword = head(parts.rest)[0].upper()
    if keyword == "ONBUILD":
        raise InvalidArgument("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    if keyword in ("FROM", "MAINTAINER"):
        raise InvalidArgument(f"{keyword} isn't allowed as an ONBUILD trigger")
    documents = "".join(f"\n{document.content}{document.name}" for document in parts.line.heredocs)
    return ast.Onbuild(**parts.place, trigger=parts.rest + documents)


def _stopsignal(parts: Statement) -> ast.Stopsignal:
    return ast.Stopsignal(**parts.place, signal=parts.one())


def _shell(parts: Statement) -> ast.Shell:
    words = parts.listed()
    if words is None and parts.rest:
        raise InvalidArgument("SHELL requires the arguments to be in JSON form")
    if not words:
        raise InvalidArgument("SHELL requires at least one argument")
    return ast.Shell(**parts.place, words=words)


def _maintainer(parts: Statement) -> ast.Maintainer:
    return ast.Maintainer(**parts.place, author=parts.one())


_FLAGGED = frozenset(("ADD", "COPY", "FROM", "HEALTHCHECK", "RUN"))
_READERS: dict[str, Callable[[Statement], ast.Instruction]] = {
    "ADD": read_add,
    "ARG": _arg,
    "CMD": _cmd,
    "COPY": read_copy,
    "ENTRYPOINT": _entrypoint,
    "ENV": _env,
    "EXPOSE": _expose,
    "FROM": _from,
    "HEALTHCHECK": read_healthcheck,
    "LABEL": _label,
    "MAINTAINER": _maintainer,
    "ONBUILD": _onbuild,
    "RUN": _run,
    "SHELL": _shell,
    "STOPSIGNAL": _stopsignal,
    "USER": _user,
    "VOLUME": _volume,
    "WORKDIR": _workdir,
}
