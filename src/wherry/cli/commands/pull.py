"""``pull``: an image from a registry."""

from ..flags import Command, Flag
from ..progress import pull as fetch
from ..references import parse
from ..session import CommandError, getenv
from ..trust import check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..session import Session

COMMAND = Command(
    "[OPTIONS] NAME[:TAG|@DIGEST]",
    "Download an image from a registry",
    (
        Flag("all-tags", "bool", "Download all tagged images in the repository", short="a"),
        Flag(
            "disable-content-trust", "bool", "Skip image verification", default=True, default_text="true", hidden=True
        ),
        Flag("platform", "string", "Set platform if server is multi-platform capable"),
        Flag("quiet", "bool", "Suppress verbose output", short="q"),
    ),
    minimum=1,
    maximum=1,
    aliases=("image pull", "pull"),
)


def pull(session: "Session", argv: list[str]) -> int:
    options = COMMAND.parse(argv, session.spelled)
    quiet, all_tags, text = options["quiet"], options["all-tags"], options.arguments[0]
    reference = parse(text)
    named = reference.tag or reference.digest
    if all_tags and named:
        raise CommandError("tag can't be used with --all-tags/-a")
    if not all_tags and not named:
        reference.tag = "latest"
        if not quiet:
            session.out.line("Using default tag: latest")
    check(options, text)
    platform = options["platform"] or getenv("DOCKER_DEFAULT_PLATFORM")
    fetch(session, text, platform=platform, quiet=quiet, out="stdout", all_tags=all_tags)
    session.out.line(str(reference))
    return 0
