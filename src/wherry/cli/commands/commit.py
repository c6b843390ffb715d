"""``commit``: an image of a container and what it changed."""

from ..flags import Command, Flag
from ..references import parse
from ..session import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..session import Session

COMMAND = Command(
    "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
    "Create a new image from a container's changes",
    (
        Flag("author", "string", 'Author (e.g., "John Hannibal Smith <hannibal@a-team.com>")', short="a"),
        Flag("change", "list", "Apply Dockerfile instruction to the created image", short="c"),
        Flag("message", "string", "Commit message", short="m"),
        Flag("pause", "bool", "Pause container during commit", short="p", default=True, default_text="true"),
    ),
    minimum=1,
    maximum=2,
    aliases=("container commit", "commit"),
)


def commit(session: "Session", argv: list[str]) -> int:
    options = COMMAND.parse(argv, session.spelled)
    name, target = options.arguments[0], "".join(options.arguments[1:])
    query: dict[str, str | list[str]] = {
        "container": name,
        "author": options["author"] or "",
        "comment": options["message"] or "",
        "changes": options["change"],
        "pause": "1" if options["pause"] else "0",
        **_name(target),
    }
    session.out.line(session.client.call("POST", "/commit", query=query).json()["Id"])
    return 0


def _name(target: str) -> dict[str, str]:
    if not target:
        return {}
    reference = parse(target)
    if reference.digest:
        raise CommandError("refusing to create a tag with a digest reference")
    return {"repo": reference.familiar_name, "tag": reference.tag or "latest"}
