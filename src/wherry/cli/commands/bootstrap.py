"""``image bootstrap``: a base image from a distribution's signed packages, without a registry."""

from itertools import chain
from os.path import abspath, isfile
from shutil import which
from subprocess import PIPE, Popen
from tempfile import TemporaryFile

from ..distributions import ARCHITECTURES, VARIANTS, Source, command
from ..flags import Command, Flag
from ..progress import render
from ..references import parse
from ..session import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from ..flags import Options
    from ..session import Session

COMMAND = Command(
    "[OPTIONS] DISTRIBUTION[:SUITE]",
    "Make a base image from the signed packages of Debian or Ubuntu",
    (
        Flag("include", "list", "Packages to add, with commas between them", value_name="packages"),
        Flag("keyring", "string", "File with the keys that sign the packages"),
        Flag("mirror", "list", "Where the packages come from: a URL, or a line of sources.list", value_name="mirror"),
        Flag("platform", "string", "Set platform of the image"),
        Flag("quiet", "bool", "Only show the image ID", short="q"),
        Flag("tag", "string", "Name of the image (default: as DISTRIBUTION:SUITE)", short="t", value_name="name:tag"),
        Flag(
            "variant",
            "string",
            f"Which packages: one of {', '.join(VARIANTS)}",
            default="minbase",
            default_text='"minbase"',
        ),
    ),
    minimum=1,
    maximum=1,
)
CHUNK = 1 << 20


def bootstrap(session: "Session", argv: list[str]) -> int:
    options = COMMAND.parse(argv, session.spelled)
    source = _source(options)
    query = _query(options, source)
    session.client.connect()  # rather now than after a minute's work
    with TemporaryFile() as said, Popen(_words(options, source), stdout=PIPE, stderr=_log(options, said)) as process:
        try:
            chunks = _archive(process, said)
            body = chain((next(chunks),), chunks)  # the engine is not kept waiting for the first byte
            render(session.client.call("POST", "/images/create", query=query, body=body), session.out)
        finally:
            process.terminate()
    return 0


def _source(options: "Options") -> Source:
    """What is to be made, of what this host has. CommandError."""
    source = Source(options.arguments[0])
    parse(options["tag"] or source.image)
    if options["variant"] not in VARIANTS:
        raise CommandError(f'unknown variant "{options["variant"]}": one of {", ".join(VARIANTS)}')
    if options["platform"] and options["platform"] not in ARCHITECTURES:
        raise CommandError(f'unknown platform "{options["platform"]}": one of {", ".join(ARCHITECTURES)}')
    if which("mmdebstrap") is None:
        raise CommandError("mmdebstrap is not installed: apt-get install mmdebstrap")
    keyring = options["keyring"] or source.distribution.keyring
    if not isfile(keyring):
        package = source.distribution.package
        hint = "" if options["keyring"] else f": apt-get install {package}, or name one with --keyring"
        raise CommandError(f"there is no keyring {keyring}{hint}")
    return source


def _words(options: "Options", source: Source) -> list[str]:
    return command(
        source,
        variant=options["variant"],
        include=options["include"],
        mirrors=options["mirror"],
        keyring=abspath(options["keyring"]) if options["keyring"] else "",  # apt takes other names for fingerprints
        platform=options["platform"] or "",
    )


def _query(options: "Options", source: Source) -> dict[str, str | list[str]]:
    changes = [] if options["variant"] in ("custom", "extract") else ['CMD ["bash"]']
    mirror = ", ".join(options["mirror"]) or source.distribution.mirror
    query: dict[str, str | list[str]] = {
        "fromSrc": "-",
        "repo": options["tag"] or source.image,
        "message": f"Bootstrapped {source.suite} from {mirror}",
        "changes": changes,
    }
    if options["platform"]:
        query["platform"] = options["platform"]
    return query


def _log(options: "Options", said: "IO[bytes]") -> "IO[bytes] | None":
    """Where the process tells what it does: to the user (None), or to a file that is shown if it fails."""
    return said if options["quiet"] else None


def _archive(process: "Popen[bytes]", said: "IO[bytes]") -> "Iterator[bytes]":
    """What the process writes. CommandError, by which the engine gets no whole archive, if it fails."""
    assert process.stdout is not None
    while chunk := process.stdout.read(CHUNK):
        yield chunk
    if process.wait():
        said.seek(0)
        log = said.read().decode(errors="replace")
        raise CommandError(f"{log}mmdebstrap failed with exit status {process.returncode}: no image was made")
