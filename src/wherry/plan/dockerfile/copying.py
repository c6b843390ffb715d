"""COPY and ADD."""

from wherry.errors import InvalidArgument
from wherry.plan.dockerfile.flags import Flags
from wherry.plan.dockerfile.heredocs import opening
from wherry.plan.dockerfile.instructions import Add, Copy
from wherry.plan.dockerfile.statement import Statement

_OWNED = ("chown", "chmod")


def read_copy(parts: Statement) -> Copy:
    flags = Flags(parts.flags, values=("from", *_OWNED), lists=("exclude",), switches=("link", "parents"))
    sources, destination = _paths(parts)
    return Copy(
        **parts.place,
        sources=sources,
        destination=destination,
        heredocs=parts.line.heredocs,
        source=flags.value("from"),
        chown=flags.value("chown"),
        chmod=flags.value("chmod"),
        link=bool(flags.switch("link")),
        parents=bool(flags.switch("parents")),
        exclude=flags.values("exclude"),
    )


def read_add(parts: Statement) -> Add:
    flags = Flags(
        parts.flags,
        values=("checksum", *_OWNED),
        lists=("exclude",),
        switches=("link", "keep-git-dir", "unpack"),
    )
    sources, destination = _paths(parts)
    return Add(
        **parts.place,
        sources=sources,
        destination=destination,
        heredocs=parts.line.heredocs,
        chown=flags.value("chown"),
        chmod=flags.value("chmod"),
        checksum=flags.value("checksum"),
        link=bool(flags.switch("link")),
        keep_git_dir=bool(flags.switch("keep-git-dir")),
        unpack=flags.switch("unpack"),
        exclude=flags.values("exclude"),
    )


def _paths(parts: Statement) -> tuple[tuple[str, ...], str]:
    """The sources that are no documents, and the destination."""
    words = parts.words()
    if len(words) < 2:
        raise InvalidArgument(
            f"{parts.keyword} requires at least two arguments, but only one was provided. "
            "Destination could not be determined"
        )
    *sources, destination = words
    if parts.line.heredocs:
        if opening(destination):
            raise InvalidArgument(f"{parts.keyword} cannot accept a heredoc as a destination")
        sources = [source for source in sources if not opening(source)]
    return tuple(sources), destination
