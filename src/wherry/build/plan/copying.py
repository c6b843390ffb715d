"""COPY and ADD: what is to be copied, and what the history says of it."""

import posixpath

from wherry.build.plan.actions import CopyFiles, InlineFile
from wherry.build.plan.origins import relative
from wherry.build.plan.scope import StageScope
from wherry.errors import InvalidArgument
from wherry.plan.dockerfile.configuring import Scope
from wherry.plan.dockerfile.expansion import expand
from wherry.plan.dockerfile.instructions import Add, Copy, Heredoc

_PIVOT = "/./"
_UNCHECKED = "checksum can't be specified for non-HTTP(S) sources"


class _Words:
    """What COPY and ADD have in common, expanded."""

    def __init__(self, instruction: Copy | Add, scope: Scope, working_dir: str) -> None:
        self.name = "COPY" if isinstance(instruction, Copy) else "ADD"
        self.sources = tuple(map(scope.expand, instruction.sources))
        self.files = tuple(_file(document, scope) for document in instruction.heredocs)
        self.written = scope.expand(instruction.destination)
        self.destination = _destination(self.written, working_dir)
        self.chown = scope.expand(instruction.chown)
        self.chmod = scope.expand(instruction.chmod)
        self.exclude = tuple(map(scope.expand, instruction.exclude))
        check_count(self.name, len(self.sources) + len(self.files), self.destination)

    def comment(self) -> str:
        owner = f" --chown={self.chown}" if self.chown else ""
        return f"{self.name}{owner}"


def check_count(verb: str, count: int, destination: str) -> None:
    """Raise InvalidArgument for no sources, or for several that would be one file."""
    if not count:
        raise InvalidArgument(f"{verb} failed: no source files were specified")
    if count > 1 and not destination.endswith("/"):
        raise InvalidArgument(
            f"When using {verb} with more than one source file, the destination must be a directory and end with a /"
        )


def copy_files(copy: Copy, scope: Scope, stage: StageScope, working_dir: str) -> tuple[CopyFiles, str, str]:
    """The action, and what its history says before and behind the content that was found."""
    words = _Words(copy, scope, working_dir)
    action = CopyFiles(
        sources=tuple(_path(source, pivot=copy.parents) for source in words.sources),
        files=words.files,
        destination=words.destination,
        origin=stage.origin(copy.source) if copy.source else None,
        chown=words.chown,
        chmod=words.chmod,
        unpack=False,
        link=copy.link,
        parents=copy.parents,
        exclude=words.exclude,
    )
    return action, words.comment(), words.written


def add_files(add: Add, scope: Scope, working_dir: str) -> tuple[CopyFiles, str, str]:
    """As `copy_files`."""
    words = _Words(add, scope, working_dir)
    urls = tuple(filter(_is_url, words.sources))
    repositories = tuple(filter(_is_repository, words.sources))
    remote = {*urls, *repositories}
    if add.checksum and (len(urls) != 1 or len(words.sources) != 1):
        raise InvalidArgument("checksum can't be specified for multiple sources" if urls else _UNCHECKED)
    action = CopyFiles(
        sources=tuple(_path(source, pivot=False) for source in words.sources if source not in remote),
        files=words.files,
        urls=urls,
        repositories=repositories,
        keep_git_dir=add.keep_git_dir,
        destination=words.destination,
        chown=words.chown,
        chmod=words.chmod,
        unpack=add.unpack,
        checksum=scope.expand(add.checksum),
        link=add.link,
        exclude=words.exclude,
    )
    return action, words.comment(), words.written


def _file(document: Heredoc, scope: Scope) -> InlineFile:
    if not document.expand:
        return InlineFile(document.name, document.content)
    return InlineFile(document.name, expand(document.content, scope.variables, scope.escape, quotes=False))


def _path(source: str, *, pivot: bool) -> str:
    """Relative to the origin's root, which ``..`` does not leave. ``a/./b`` keeps its pivot where it has a meaning."""
    if pivot and _PIVOT in source:
        before, _, behind = source.partition(_PIVOT)
        return f"{_path(before, pivot=False)}{_PIVOT}{_path(behind, pivot=False)}"
    return relative(source) or "."


def _destination(text: str, working_dir: str) -> str:
    path = posixpath.normpath(posixpath.join("/", working_dir, text)).replace("//", "/")
    is_directory = text.endswith(("/", "/.")) or text in ("", ".")
    return f"{path}/" if is_directory and path != "/" else path


def _is_url(source: str) -> bool:
    return source.startswith(("http://", "https://")) and not _is_repository(source)


def _is_repository(source: str) -> bool:
    path = source.partition("#")[0]
    return source.startswith(("git@", "git://", "ssh://")) or (
        source.startswith(("http://", "https://")) and path.endswith(".git")
    )
