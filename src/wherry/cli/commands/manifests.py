"""``manifest``: one name for the images of several platforms; between the user and registries, without an engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import WherryError
from ...version import VERSION
from ..config.credentials import credentials_at
from ..flags import Command, Flag
from ..lazy import find_packages
from ..session import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...manifests.lists import ManifestLists
    from ..session import Session

INSECURE = Flag("insecure", "bool", "Allow communication with an insecure registry")
ANNOTATE = Command(
    "[OPTIONS] MANIFEST_LIST MANIFEST",
    "Add additional information to a local image manifest",
    (
        Flag("arch", "string", "Set architecture"),
        Flag("os", "string", "Set operating system"),
        Flag("os-features", "list", "Set operating system feature", value_name="strings", parse="csv_line:fields"),
        Flag("os-version", "string", "Set operating system version"),
        Flag("variant", "string", "Set architecture variant"),
    ),
    minimum=2,
    maximum=2,
)
CREATE = Command(
    "MANIFEST_LIST MANIFEST [MANIFEST...]",
    "Create a local manifest list for annotating and pushing to a registry",
    (Flag("amend", "bool", "Amend an existing manifest list", short="a"), INSECURE),
    minimum=2,
    maximum=None,
)
INSPECT = Command(
    "[OPTIONS] [MANIFEST_LIST] MANIFEST",
    "Display an image manifest, or manifest list",
    (INSECURE, Flag("verbose", "bool", "Output additional info including layers and platform", short="v")),
    minimum=1,
    maximum=2,
)
PUSH = Command(
    "[OPTIONS] MANIFEST_LIST",
    "Push a manifest list to a repository",
    (
        Flag("insecure", "bool", "Allow push to an insecure registry"),
        Flag("purge", "bool", "Remove the local manifest list after push", short="p"),
    ),
    minimum=1,
    maximum=1,
)
REMOVE = Command(
    "MANIFEST_LIST [MANIFEST_LIST...]",
    "Delete one or more manifest lists from local storage",
    minimum=1,
    maximum=None,
)


def annotate(session: "Session", argv: list[str]) -> int:
    options = ANNOTATE.parse(argv, session.spelled)
    name, image = options.arguments
    with _explained():
        _lists(session).annotate(
            name,
            image,
            os=options["os"] or "",
            architecture=options["arch"] or "",
            os_version=options["os-version"] or "",
            os_features=[feature for features in options["os-features"] for feature in features],
            variant=options["variant"] or "",
        )
    return 0


def create(session: "Session", argv: list[str]) -> int:
    options = CREATE.parse(argv, session.spelled)
    name, *images = options.arguments
    with _explained():
        made = _lists(session).create(name, images, amend=options["amend"], insecure=options["insecure"])
    session.out.line(f"Created manifest list {made}")
    return 0


def inspect(session: "Session", argv: list[str]) -> int:
    options = INSPECT.parse(argv, session.spelled)
    *names, image = options.arguments
    with _explained():
        lists, name = _lists(session), "".join(names)
        text = lists.inspect(image, name=name, verbose=options["verbose"], insecure=options["insecure"])
    session.out.line(text)
    return 0


def push(session: "Session", argv: list[str]) -> int:
    options = PUSH.parse(argv, session.spelled)
    (name,) = options.arguments
    with _explained():
        lists = _lists(session)
        digest = lists.push(name, insecure=options["insecure"], purge=options["purge"], told=session.out.line)
    session.out.line(digest)
    return 0


def remove(session: "Session", argv: list[str]) -> int:
    problems = []
    for name in REMOVE.parse(argv, session.spelled).arguments:
        try:
            _lists(session).remove(name)
        except WherryError as error:
            problems.append(str(error))
    if problems:
        raise CommandError("\n".join(problems))
    return 0


def _lists(session: "Session") -> "ManifestLists":
    find_packages()
    from ...manifests.lists import ManifestLists

    folder = Path(session.config_dir, "manifests")
    return ManifestLists(folder, lambda domain: credentials_at(session, domain), f"wherry/{VERSION}")


@contextmanager
def _explained() -> "Iterator[None]":
    """CommandError for what went wrong."""
    try:
        yield
    except WherryError as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"{error.filename}: {(error.strerror or '').lower()}") from None
