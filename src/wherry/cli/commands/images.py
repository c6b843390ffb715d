"""``images``, ``rmi`` and ``tag``: what is in the local store, and its names."""

from time import time

from ...client.connection import ApiError
from ..flags import Command, Flag
from ..formats import HELP, Listing, listing_template, quiet_template
from ..formats.units import ago, human_size, local_time
from ..options.filters import collect, encode, filter_flag
from ..references import InvalidReference, Reference, parse
from ..session import CommandError
from ..texts import short_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flags import Options
    from ..formats import Fields
    from ..session import Session

LIST = Command(
    "[OPTIONS] [REPOSITORY[:TAG]]",
    "List images",
    (
        Flag("all", "bool", "Show all images (default hides intermediate images)", short="a"),
        Flag("digests", "bool", "Show digests"),
        filter_flag(),
        Flag("format", "string", HELP),
        Flag("no-trunc", "bool", "Don't truncate output"),
        Flag("quiet", "bool", "Only show image IDs", short="q"),
        Flag("tree", "bool", "Show the layers of images as a tree: each once, what was made on it below it"),
    ),
    maximum=1,
    aliases=("image ls", "image list", "images"),
)
REMOVE = Command(
    "[OPTIONS] IMAGE [IMAGE...]",
    "Remove one or more images",
    (
        Flag("force", "bool", "Force removal of the image", short="f"),
        Flag("no-prune", "bool", "Do not delete untagged parents"),
    ),
    minimum=1,
    maximum=None,
    aliases=("image rm", "image remove", "rmi"),
)
TAG = Command(
    "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
    "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
    minimum=2,
    maximum=2,
    interspersed=False,
    aliases=("image tag", "tag"),
)
HEADERS = {
    "Containers": "CONTAINERS",
    "CreatedAt": "CREATED AT",
    "CreatedSince": "CREATED",
    "Digest": "DIGEST",
    "ID": "IMAGE ID",
    "Repository": "REPOSITORY",
    "SharedSize": "SHARED SIZE",
    "Size": "SIZE",
    "Tag": "TAG",
    "UniqueSize": "UNIQUE SIZE",
    "VirtualSize": "SIZE",
}
RAW = """repository: {{.Repository}}
tag: {{.Tag}}
image_id: {{.ID}}
created_at: {{.CreatedAt}}
virtual_size: {{.Size}}
"""
RAW_DIGESTS = RAW.replace("image_id", "digest: {{.Digest}}\nimage_id")
NONE = "<none>"
UNKNOWN = "N/A"


def images(session: "Session", argv: list[str]) -> int:
    options = LIST.parse(argv, session.spelled)
    digests = options["digests"]
    filters = collect(options["filter"])
    if options.arguments:
        filters.setdefault("reference", []).append(options.arguments[0])
    query = encode(filters) | ({"all": "1"} if options["all"] else {})
    if options["tree"]:
        _write_tree(session, options, query)
        return 0
    template = listing_template(session, options, "imagesFormat")
    found = session.client.call("GET", "/images/json", query=query).json()
    wants_digests = digests or "{{.Digest}}" in template
    trunc = not options["no-trunc"]
    rows = [
        fields(image, repository, tag, digest, trunc=trunc)
        for image in found
        for repository, tag, digest in names(image, wants_digests=wants_digests, all_digests=digests)
    ]
    if options["quiet"]:
        template = quiet_template(template, "image_id: {{.ID}}")
    listing_of(digests=digests).write(session.out, rows, template, {"CreatedSince": UNKNOWN})
    return 0


def _write_tree(session: "Session", options: "Options", query: dict[str, str]) -> None:
    for name in ("quiet", "digests"):
        if options[name]:
            raise CommandError(f"--{name} is not supported with --tree")
    if options["format"] not in (None, "", "json"):
        raise CommandError("--format with --tree must be 'json'")
    try:
        answer = session.client.call("GET", "/wherry/images/tree", query=query)
    except ApiError as error:
        if error.message != "page not found":
            raise
        raise CommandError("--tree needs a wherry engine: this one does not tell the layers of its images") from None
    if options["format"]:
        session.out.line(answer.read().decode())
    else:
        from ..formats.image_tree import write

        write(session, answer.json(), trunc=not options["no-trunc"])


def listing_of(*, digests: bool) -> Listing:
    columns = ("Repository", "Tag", *(("Digest",) if digests else ()), "ID", "CreatedSince", "Size")
    raw = RAW_DIGESTS if digests else RAW
    return Listing("*formatter.imageContext", HEADERS, columns, raw)


def names(image: "dict[str, Any]", *, wants_digests: bool, all_digests: bool) -> list[tuple[str, str, str]]:
    """Repository, tag and digest of each line that an image gets."""
    tags = _by_repository(image.get("RepoTags") or [])
    digests = _by_repository(image.get("RepoDigests") or [])
    rows = []
    for repository, references in tags.items():
        own = [reference.digest for reference in digests.pop(repository, [])]
        shown = own if wants_digests and own else [NONE]
        rows += [(repository, reference.tag, digest) for reference in references for digest in shown]
    for repository, references in digests.items():
        if all_digests:
            rows += [(repository, NONE, reference.digest) for reference in references]
        else:
            rows.append((repository, NONE, ""))
    return rows or [(NONE, NONE, NONE)]


def _by_repository(texts: list[str]) -> dict[str, list[Reference]]:
    found: dict[str, list[Reference]] = {}
    for text in texts:
        if not text.startswith(NONE):
            reference = parse(text)
            found.setdefault(reference.familiar_name, []).append(reference)
    return found


def fields(image: "dict[str, Any]", repository: str, tag: str, digest: str, *, trunc: bool) -> "Fields":
    """The columns of one line, each to be computed when asked for."""
    created, size = image["Created"], image["Size"]
    containers, shared = image.get("Containers", -1), image.get("SharedSize", -1)

    def since() -> str:
        return ago(created, time()) if created > 0 else ""

    return {
        "Containers": lambda: UNKNOWN if containers == -1 else str(containers),
        "CreatedAt": lambda: local_time(created),
        "CreatedSince": since,
        "Digest": lambda: digest,
        "ID": lambda: short_id(image["Id"]) if trunc else image["Id"],
        "Repository": lambda: repository,
        "SharedSize": lambda: UNKNOWN if shared == -1 else human_size(shared),
        "Size": lambda: human_size(size, 3),
        "Tag": lambda: tag,
        "UniqueSize": lambda: UNKNOWN if shared == -1 else human_size(size - shared),
        "VirtualSize": lambda: human_size(size),
    }


def remove(session: "Session", argv: list[str]) -> int:
    """Remove names, and images that have no name left; goes on after an error."""
    options = REMOVE.parse(argv, session.spelled)
    query = {name: "1" for name, given in (("force", options["force"]), ("noprune", options["no-prune"])) if given}
    problems, failed = [], False
    for image in options.arguments:
        try:
            removed = session.client.call("DELETE", f"/images/{image}", query=query).json()
        except ApiError as error:
            problems.append(str(error))
            failed |= error.status != 404
            continue
        for entry in removed:
            session.out.line(
                f"Deleted: {entry['Deleted']}" if entry.get("Deleted") else f"Untagged: {entry['Untagged']}"
            )
    for problem in problems:
        session.err.line(problem)
    return 1 if problems and (failed or not options["force"]) else 0


def tag(session: "Session", argv: list[str]) -> int:
    options = TAG.parse(argv, session.spelled)
    source, target = options.arguments
    if not _is_id(source):
        _reference(source)
    reference = _reference(target)
    query = {"repo": reference.familiar_name, "tag": reference.tag or "latest"}
    if reference.digest:
        raise CommandError("refusing to create a tag with a digest reference")
    session.client.call("POST", f"/images/{source}/tag", query=query).read()
    return 0


def _is_id(text: str) -> bool:
    return len(text) == 64 and not text.strip("0123456789abcdef")


def _reference(text: str) -> Reference:
    try:
        return parse(text)
    except InvalidReference as error:
        raise CommandError(f'Error parsing reference: "{text}" is not a valid repository/tag: {error}') from None
