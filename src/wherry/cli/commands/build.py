"""``build``: an image from a Dockerfile and its context."""

import os

from ...client.connection import ApiError
from ..building.asking import ask
from ..building.context import Context, open_context
from ..building.excerpt import excerpt, line_told
from ..building.plain import Plain, Quiet
from ..building.query import auth_headers, build_query
from ..building.stream import Result, follow
from ..flags import Command, Flag
from ..formats.units import human_size
from ..session import CommandError, getenv
from ..texts import short_id
from ..trust import check_build

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..building.asking import Asked
    from ..building.stream import View
    from ..flags import Options
    from ..session import Session

COMMAND = Command(
    "[OPTIONS] PATH | URL | -",
    "Build an image from a Dockerfile",
    (
        Flag("add-host", "list", 'Add a custom host-to-IP mapping ("host:ip")', parse="naming:extra_host"),
        Flag("build-arg", "list", "Set build-time variables", parse="environment:variable"),
        Flag("cache-from", "list", "Images to consider as cache sources", value_name="strings"),
        Flag("cgroup-parent", "string", 'Set the parent cgroup for the "RUN" instructions during build'),
        Flag("compress", "bool", "Compress the build context using gzip"),
        Flag("cpu-period", "int", "Limit the CPU CFS (Completely Fair Scheduler) period"),
        Flag("cpu-quota", "int", "Limit the CPU CFS (Completely Fair Scheduler) quota"),
        Flag("cpu-shares", "int", "CPU shares (relative weight)", short="c"),
        Flag("cpuset-cpus", "string", "CPUs in which to allow execution (0-3, 0,1)"),
        Flag("cpuset-mems", "string", "MEMs in which to allow execution (0-3, 0,1)"),
        Flag(
            "disable-content-trust", "bool", "Skip image verification", default=True, default_text="true", hidden=True
        ),
        Flag("file", "string", 'Name of the Dockerfile (Default is "PATH/Dockerfile")', short="f"),
        Flag("force-rm", "bool", "Always remove intermediate containers"),
        Flag("iidfile", "string", "Write the image ID to the file"),
        Flag("isolation", "string", "Container isolation technology"),
        Flag("label", "list", "Set metadata for an image", parse="environment:label"),
        Flag("memory", "bytes", "Memory limit", short="m"),
        Flag("memory-swap", "swap", "Swap limit equal to memory plus swap: -1 to enable unlimited swap"),
        Flag(
            "network",
            "string",
            "Set the networking mode for the RUN instructions during build",
            default="default",
            default_text='"default"',
        ),
        Flag("no-cache", "bool", "Do not use cache when building the image"),
        Flag("platform", "string", "Set platform if server is multi-platform capable"),
        Flag(
            "progress",
            "string",
            'Set type of progress output ("auto", "plain", "tty")',
            default="auto",
            default_text='"auto"',
            parse="building:progress",
        ),
        Flag("pull", "bool", "Always attempt to pull a newer version of the image"),
        Flag("quiet", "bool", "Suppress the build output and print image ID on success", short="q"),
        Flag(
            "rm", "bool", "Remove intermediate containers after a successful build", default=True, default_text="true"
        ),
        Flag("security-opt", "list", "Security options", value_name="strings"),
        Flag("shm-size", "bytes", 'Size of "/dev/shm"'),
        Flag("squash", "bool", "Squash newly built layers into a single new layer"),
        Flag("tag", "list", 'Name and optionally a tag in the "name:tag" format', short="t", parse="building:tag"),
        Flag("target", "string", "Set the target build stage to build."),
        Flag("ulimit", "list", "Ulimit options", value_name="ulimit", default_text="[]", parse="limits:ulimit"),
    ),
    minimum=1,
    maximum=1,
    aliases=("image build", "build", "builder build"),
)
TICK = 0.2  # seconds


def build(session: "Session", argv: list[str]) -> int:
    options = COMMAND.parse(argv, session.spelled)
    if options["iidfile"]:
        _remove(options["iidfile"])
    context = open_context(options.arguments[0], options["file"] or "")
    check_build(options, context.text)
    try:
        result = _built(session, options, context)
    except ApiError as error:
        if line := line_told(error.message):
            _point(session, context, line, line)
        raise
    if result.failure:
        if result.failed:
            _point(session, context, *result.failed)
        raise result.failure
    if options["iidfile"]:
        _write(options["iidfile"], result.image)
    return 0


def _built(session: "Session", options: "Options", context: Context) -> Result:
    if options["quiet"]:
        return _build_quietly(session, options, context)
    mode = options["progress"] if options.given("progress") else getenv("BUILDKIT_PROGRESS") or "auto"
    if mode == "tty" or (mode == "auto" and session.out.isatty() and getenv("TERM") != "dumb"):
        return _build_live(session, options, context)
    return _build_plainly(session, options, context)


def _build_plainly(session: "Session", options: "Options", context: Context) -> Result:
    view = Plain(session.out)
    asked = _ask(session, options, context, view)
    if asked.size is not None:
        session.out.line(f"Sending build context to Docker daemon  {human_size(asked.size)}")
    return follow(asked.lines, view)


def _build_quietly(session: "Session", options: "Options", context: Context) -> Result:
    view = Quiet(session.err)
    result = follow(_ask(session, options, context, view).lines, view)
    if result.failure:
        view.replay()
    else:
        session.out.line(result.image or view.told())
    return result


def _build_live(session: "Session", options: "Options", context: Context) -> Result:
    from ..building.live import Live  # regular expressions and threads cost a quiet build as much as all else
    from ..building.waiting import lines_and_ticks

    view = Live(session.out, colours=not getenv("NO_COLOR"))
    asked = _ask(session, options, context, view)
    result = follow(lines_and_ticks(asked.lines, view.tick, TICK), view)
    if result.image and not result.failure:
        view.summary(short_id(result.image), options["tag"])
    return result


def _ask(session: "Session", options: "Options", context: Context, view: "View") -> "Asked":
    query = build_query(session, options, context)
    return ask(session, query, auth_headers(session), context, compress=options["compress"], sent=view.sent)


def _point(session: "Session", context: Context, first: int, last: int) -> None:
    """Show where in the Dockerfile the error is."""
    if context.text:
        name = context.dockerfile if not context.dockerfile.startswith(".dockerfile.") else "Dockerfile"
        session.out.flush()
        session.err.line(excerpt(name, context.text, first, last))


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise CommandError(f"Removing image ID file: {error.strerror}") from None


def _write(path: str, image: str) -> None:
    try:
        with open(path, "w") as file:
            file.write(image)
    except OSError as error:
        raise CommandError(f"open {path}: {(error.strerror or '').lower()}") from None
