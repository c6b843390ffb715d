"""``inspect``: what the engine knows about containers, images, networks, volumes and plugins."""

from ...client.connection import ApiError, CannotConnect
from ..flags import Command, Flag
from ..formats import INSPECT_HELP, PROBLEM, parse_format
from ..formats.json_text import indent
from ..session import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..formats.templates import Template
    from ..session import Session

FORMAT = Flag("format", "string", INSPECT_HELP, short="f")
SIZE = Flag("size", "bool", "Display total file sizes", short="s")
ANY = Command(
    "[OPTIONS] NAME|ID [NAME|ID...]",
    "Return low-level information on Docker objects",
    (
        FORMAT,
        Flag("size", "bool", "Display total file sizes if the type is container", short="s"),
        Flag("type", "string", "Return JSON for specified type"),
    ),
    minimum=1,
    maximum=None,
)
CONTAINERS = Command(
    "[OPTIONS] CONTAINER [CONTAINER...]",
    "Display detailed information on one or more containers",
    (FORMAT, SIZE),
    minimum=1,
    maximum=None,
)
IMAGES = Command(
    "[OPTIONS] IMAGE [IMAGE...]",
    "Display detailed information on one or more images",
    (FORMAT,),
    minimum=1,
    maximum=None,
)
NETWORKS = Command(
    "[OPTIONS] NETWORK [NETWORK...]",
    "Display detailed information on one or more networks",
    (FORMAT, Flag("verbose", "bool", "Verbose output for diagnostics", short="v")),
    minimum=1,
    maximum=None,
)
PLUGINS = Command(
    "[OPTIONS] PLUGIN [PLUGIN...]",
    "Display detailed information on one or more plugins",
    (FORMAT,),
    minimum=1,
    maximum=None,
)
VOLUMES = Command(
    "[OPTIONS] VOLUME [VOLUME...]",
    "Display detailed information on one or more volumes",
    (FORMAT,),
    minimum=1,
    maximum=None,
)
KINDS = {
    "container": ("/containers/{}/json", "types.ContainerJSON"),
    "image": ("/images/{}/json", "types.ImageInspect"),
    "network": ("/networks/{}", "types.NetworkResource"),
    "volume": ("/volumes/{}", "volume.Volume"),
    "plugin": ("/plugins/{}/json", "types.Plugin"),
}
"""Where a kind is asked for, and the shape of the answer; names are looked up in this order."""


class Found:
    """An object: the engine's answer as text, and the shape it has."""

    __slots__ = ("shape", "text")

    def __init__(self, text: str, shape: str) -> None:
        self.text = text
        self.shape = shape


def inspect(session: "Session", argv: list[str]) -> int:
    options = ANY.parse(argv, session.spelled)
    kind = options["type"]
    if kind is not None and kind != "" and kind not in KINDS:
        raise CommandError(f'"{kind}" is not a valid value for --type')
    return _inspect(session, options.arguments, kind or "", options["format"] or "", size=options["size"])


def inspect_containers(session: "Session", argv: list[str]) -> int:
    options = CONTAINERS.parse(argv, session.spelled)
    return _inspect(session, options.arguments, "container", options["format"] or "", size=options["size"])


def inspect_images(session: "Session", argv: list[str]) -> int:
    options = IMAGES.parse(argv, session.spelled)
    return _inspect(session, options.arguments, "image", options["format"] or "", size=False)


def inspect_networks(session: "Session", argv: list[str]) -> int:
    options = NETWORKS.parse(argv, session.spelled)
    return _inspect(session, options.arguments, "network", options["format"] or "", size=False)


def inspect_volumes(session: "Session", argv: list[str]) -> int:
    options = VOLUMES.parse(argv, session.spelled)
    return _inspect(session, options.arguments, "volume", options["format"] or "", size=False)


def inspect_plugins(session: "Session", argv: list[str]) -> int:
    options = PLUGINS.parse(argv, session.spelled)
    return _inspect(session, options.arguments, "plugin", options["format"] or "", size=False)


def _inspect(session: "Session", names: list[str], kind: str, template: str, *, size: bool) -> int:
    """Print what is found, then fail with what is not."""
    parsed = parse_format(template) if template != "json" else None
    found: list[Found] = []
    problems: list[str] = []
    for name in names:
        try:
            found.append(_find(session, name, kind, size))
        except (ApiError, CannotConnect, CommandError) as error:
            problems.append(str(error))
    if parsed:
        _print_template(session, parsed, found, problems)
    elif template == "json":
        session.out.line(_compact(found))
    else:
        session.out.line(indent(f"[{','.join([element.text for element in found])}]"))
    if problems:
        raise CommandError("\n".join(problems))
    return 0


def _find(session: "Session", name: str, kind: str, size: bool) -> Found:
    for candidate in ((kind,) if kind else KINDS) if name else ():
        path, shape = KINDS[candidate]
        query = {"size": "1"} if size and candidate == "container" else None
        try:
            text = session.client.call("GET", path.format(name), query=query).read().decode("utf-8", "replace").strip()
        except ApiError as error:
            if kind or not _may_be_another_kind(error):
                raise
            continue
        if size and candidate != "container":
            session.err.line(f"WARNING: --size ignored for {candidate}")
        return Found(text, shape)
    raise CommandError(f"Error: No such {kind or 'object'}: {name}")


def _may_be_another_kind(error: ApiError) -> bool:
    return error.status == 404 or "not supported" in error.message or "invalid reference format" in error.message


def _print_template(session: "Session", parsed: "Template", found: list[Found], problems: list[str]) -> None:
    from ..formats.templates import ExecError

    lines = []
    for element in found:
        try:
            lines.append(_rendered(parsed, element) + "\n")
        except ExecError as error:
            problems.append(f"{PROBLEM}: {error}")
    session.out.write("".join(lines) or "\n")


def _rendered(parsed: "Template", element: Found) -> str:
    """The template over the typed object, or else over the engine's answer as it is."""
    from ...client.jsonlite import loads
    from ..formats.shapes import typed, untyped
    from ..formats.templates import ExecError

    raw = loads(element.text)
    try:
        return parsed.execute(typed(element.shape, raw))
    except ExecError:
        return parsed.execute(untyped(raw), missing_key_is_error=True)


def _compact(found: list[Found]) -> str:
    from ...client.jsonlite import loads
    from ..formats.templates.json import encode
    from ..formats.templates.values import Struct

    elements = [encode(Struct(element.shape, {}, loads(element.text))) for element in found]
    return f"[{','.join(elements)}]"
