"""``context export`` and ``context import``. Texts are those of docker/cli ``cli/command/context``."""

import os

from ..config import context_store
from ..config.context_archive import LIMIT, pack, unpack
from ..config.contexts import find
from ..flags import Command
from ..session import DEFAULT_CONTEXT, CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..session import Session

EXPORT = Command(
    "[OPTIONS] CONTEXT [FILE|-]",
    "Export a context to a tar archive FILE or a tar stream on STDOUT.",
    minimum=1,
    maximum=2,
)
IMPORT = Command("CONTEXT FILE|-", "Import a context from a tar or zip file", minimum=2, maximum=2)


def export(session: "Session", argv: list[str]) -> int:
    name, *given = EXPORT.parse(argv, session.spelled).arguments
    if name != DEFAULT_CONTEXT:
        context_store.check_name(name)
    target = "".join(given) or f"{name}.dockercontext"
    if target == "-" and session.out.isatty():
        raise CommandError("cowardly refusing to export to a terminal, please specify a file path")
    try:
        archive = pack(find(session, name))
        if target == "-":
            session.out.write(archive)
        else:
            _write(target, archive)
            session.err.line(f'Written file "{target}"')
    except OSError as error:
        raise CommandError(_told(error)) from None
    return 0


def import_context(session: "Session", argv: list[str]) -> int:
    name, source = IMPORT.parse(argv, session.spelled).arguments
    context_store.check_name(name)
    if any(context.name == name for context in context_store.every(session)):
        raise CommandError(f'context "{name}" already exists')
    try:
        metadata, files = unpack(_read(source))
        context_store.restore(session, name, metadata, files)
    except OSError as error:
        raise CommandError(_told(error)) from None
    session.out.line(name)
    session.err.line(f'Successfully imported context "{name}"')
    return 0


def _write(path: str, archive: bytes) -> None:
    """For its owner alone: there may be keys in it."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(archive)


def _read(source: str) -> bytes:
    """No more than shows that it is too much."""
    with open(0 if source == "-" else source, "rb", closefd=source != "-") as file:
        return file.read(LIMIT + 1)


def _told(error: OSError) -> str:
    return f"open {error.filename}: {(error.strerror or '').lower()}"
