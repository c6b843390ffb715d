"""``save``, ``load`` and ``import``: images as archives, to and from files and pipes."""

import os

from ...spans import rest_of
from ..archive_file import check_output, write_output
from ..flags import Command, Flag
from ..progress import render
from ..references import parse
from ..session import CommandError
from ..streams import stdin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...spans import Span
    from ..session import Session

SAVE = Command(
    "[OPTIONS] IMAGE [IMAGE...]",
    "Save one or more images to a tar archive (streamed to STDOUT by default)",
    (Flag("output", "string", "Write to a file, instead of STDOUT", short="o"),),
    minimum=1,
    maximum=None,
    aliases=("image save", "save"),
)
LOAD = Command(
    "[OPTIONS]",
    "Load an image from a tar archive or STDIN",
    (
        Flag("input", "string", "Read from tar archive file, instead of STDIN", short="i"),
        Flag("quiet", "bool", "Suppress the load output", short="q"),
    ),
    aliases=("image load", "load"),
)
IMPORT = Command(
    "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
    "Import the contents from a tarball to create a filesystem image",
    (
        Flag("change", "list", "Apply Dockerfile instruction to the created image", short="c"),
        Flag("message", "string", "Set commit message for imported image", short="m"),
        Flag("platform", "string", "Set platform if server is multi-platform capable"),
    ),
    minimum=1,
    maximum=None,
    aliases=("image import", "import"),
)


def save(session: "Session", argv: list[str]) -> int:
    options = SAVE.parse(argv, session.spelled)
    path, what = options["output"], "save image"
    check_output(session, path, what)
    response = session.client.call("GET", "/images/get", query={"names": options.arguments})
    write_output(session, path, what, response)
    return 0


def load(session: "Session", argv: list[str]) -> int:
    options = LOAD.parse(argv, session.spelled)
    if not options["input"] and stdin.is_terminal():
        raise CommandError("requested load from stdin, but stdin is empty")
    archive = _opened(options["input"]) if options["input"] else rest_of(stdin.STDIN)
    quiet = options["quiet"] or not session.out.isatty()
    response = session.client.call("POST", "/images/load", query={"quiet": "1" if quiet else "0"}, body=archive)
    render(response, session.out)
    return 0


def import_image(session: "Session", argv: list[str]) -> int:
    """Make an image of one layer from the archive of a root file system."""
    options = IMPORT.parse(argv, session.spelled)
    source, reference = options.arguments[0], "".join(options.arguments[1:2])
    if reference:
        parse(reference)
    query: dict[str, str | list[str]] = {"changes": options["change"], "repo": reference}
    for name in ("message", "platform"):
        if options[name]:
            query[name] = options[name]
    archive = None
    if source.startswith(("http://", "https://")):
        query["fromSrc"] = source
    else:
        query["fromSrc"] = "-"
        archive = rest_of(stdin.STDIN) if source == "-" else _opened(source)
    render(session.client.call("POST", "/images/create", query=query, body=archive), session.out)
    return 0


def _opened(path: str) -> "Iterator[bytes | Span]":
    """The chunks of a file that could be opened."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise CommandError(f"open {path}: {reason}") from None
    return rest_of(fd)
