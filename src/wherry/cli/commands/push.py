"""``push``: an image, or all tags of a repository, to a registry."""

from ..config.credentials import push_headers
from ..flags import Command, Flag
from ..progress import render
from ..references import parse
from ..session import CommandError
from ..trust import check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..session import Session

COMMAND = Command(
    "[OPTIONS] NAME[:TAG]",
    "Upload an image to a registry",
    (
        Flag("all-tags", "bool", "Push all tags of an image to the repository", short="a"),
        Flag("disable-content-trust", "bool", "Skip image signing", default=True, default_text="true", hidden=True),
        Flag("quiet", "bool", "Suppress verbose output", short="q"),
    ),
    minimum=1,
    maximum=1,
    aliases=("image push", "push"),
)


def push(session: "Session", argv: list[str]) -> int:
    options = COMMAND.parse(argv, session.spelled)
    quiet, all_tags = options["quiet"], options["all-tags"]
    reference = parse(options.arguments[0])
    if all_tags and reference.suffix:
        raise CommandError("tag can't be used with --all-tags/-a")
    if not all_tags and not reference.suffix:
        reference.tag = "latest"
        if not quiet:
            session.out.line("Using default tag: latest")
    if reference.digest:
        raise CommandError("cannot push a digest reference")
    check(options, str(reference))
    response = session.client.call(
        "POST",
        f"/images/{reference.familiar_name}/push",
        query={"tag": reference.tag} if reference.tag else {},
        headers=push_headers(session, reference.domain),
    )
    render(response, None if quiet else session.out)
    if quiet:
        session.out.line(str(reference))
    return 0
