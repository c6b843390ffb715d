"""``run`` and ``create``: a container from an image, and whether to stay with it."""

from ...client.connection import ApiError, CannotConnect
from ..options.body import container_body
from ..options.grammar import CREATE, RUN, WINDOWS
from ..output import terminal_size
from ..session import CommandError, getenv
from ..streams import check_terminal
from ..streams.attached import STATUS_ENGINE_FAILED, Attachment, detach_keys, start_attached
from ..trust import check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flags import Options
    from ..session import Session

STATUS_NOT_INVOKABLE, STATUS_NOT_FOUND = 126, 127
PULL_POLICIES = ("always", "missing", "never")


def run(session: "Session", argv: list[str]) -> int:
    """Create a container, start it, and unless --detach stay with it until it exits."""
    options = RUN.parse(argv, session.spelled)
    body = _body(session, options, "run")
    if options["detach"]:
        if options["attach"]:
            raise CommandError("Conflicting options: -a and -d")
        body |= dict.fromkeys(("AttachStdin", "AttachStdout", "AttachStderr", "StdinOnce"), False)
    body["HostConfig"]["ConsoleSize"] = list(terminal_size(session.out.descriptor))
    check_terminal(stdin=body["AttachStdin"], tty=body["Tty"])
    try:
        container = create_container(session, options, body)
    except (ApiError, CannotConnect, CommandError) as error:
        raise _failure("run", str(error)) from None
    try:
        return _start_detached(session, container) if options["detach"] else _start(session, options, body, container)
    except ApiError as error:
        raise CommandError(_complaint(str(error)), start_failure_status(error.message)) from None


def create(session: "Session", argv: list[str]) -> int:
    """Create a container and print its ID."""
    options = CREATE.parse(argv, session.spelled)
    body = _body(session, options, "create")
    session.out.line(create_container(session, options, body))
    return 0


def create_container(session: "Session", options: "Options", body: "dict[str, Any]") -> str:
    """The ID of a new container. Pulls the image when --pull says so or it is missing; writes --cidfile."""
    _warn(session, body)
    check(options, body["Image"])
    if options["pull"] == "always":
        _pull(session, options, body["Image"])
    query = {"name": options["name"], "platform": _platform(options)}
    query = {key: value for key, value in query.items() if value}
    try:
        answer = session.client.call("POST", "/containers/create", query=query, body=body).json()
    except ApiError as error:
        if error.status != 404 or options["pull"] != "missing" or "image" not in error.message:
            raise
        _announce_pull(session, options, body["Image"], error)
        _pull(session, options, body["Image"])
        answer = session.client.call("POST", "/containers/create", query=query, body=body).json()
    for warning in answer.get("Warnings") or ():
        session.err.line(f"WARNING: {warning}")
    session.err.flush()
    if options["cidfile"]:
        _write_cidfile(options["cidfile"], answer["Id"])
    identifier: str = answer["Id"]
    return identifier


def start_failure_status(message: str) -> int:
    """127 for a command that is not there, 126 for one that cannot be run, else 125: told from the engine's words."""
    if "executable file not found" in message or "no such file or directory" in message:
        return STATUS_NOT_FOUND
    if "permission denied" in message or "is a directory" in message:
        return STATUS_NOT_INVOKABLE
    return STATUS_ENGINE_FAILED


def _start_detached(session: "Session", container: str) -> int:
    session.out.line(container)
    session.client.call("POST", f"/containers/{container}/start")
    return 0


def _start(session: "Session", options: "Options", body: "dict[str, Any]", container: str) -> int:
    how = Attachment(
        tty=body["Tty"],
        stdin=body["AttachStdin"],
        stdout=body["AttachStdout"],
        stderr=body["AttachStderr"],
        detach_keys=detach_keys(session, options["detach-keys"]),
        auto_remove=options["rm"],
        sig_proxy=options["sig-proxy"],
    )
    return start_attached(session, container, how)


def _body(session: "Session", options: "Options", command: str) -> "dict[str, Any]":
    """The request, or the complaint about flags that do not go together."""
    try:
        _check_client_flags(options)
        return container_body(options, session.proxies)
    except ValueError as error:
        raise _failure(command, str(error)) from None


def _check_client_flags(options: "Options") -> None:
    for flag in WINDOWS:
        if options.given(flag.name):
            only = "only supported on a Docker daemon running on windows, but the Docker daemon is running on linux"
            raise CommandError(f'"--{flag.name}" is {only}')
    if options["pull"] not in PULL_POLICIES:
        raise ValueError(f'invalid pull option: \'{options["pull"]}\': must be one of "always", "missing" or "never"')
    if path := options["cidfile"]:
        try:
            open(path, "rb").close()
        except FileNotFoundError:
            return
        raise ValueError(f"container ID file found, make sure the other container isn't running or delete {path}")


def _platform(options: "Options") -> str:
    return options["platform"] or getenv("DOCKER_DEFAULT_PLATFORM")


def _announce_pull(session: "Session", options: "Options", image: str, missing: ApiError) -> None:
    """Say that the image will be pulled. An image that was named by its ID cannot be: then ``missing`` is the end."""
    from ..references import InvalidReference, parse

    try:
        reference = parse(image)
    except InvalidReference:
        raise missing from None
    if image.startswith("sha256:"):
        raise missing
    if not options["quiet"]:
        session.err.line(f"Unable to find image '{reference.familiar_name}{reference.suffix or ':latest'}' locally")
        session.err.flush()


def _pull(session: "Session", options: "Options", image: str) -> None:
    from ..progress import pull

    pull(session, image, platform=_platform(options) or None, quiet=options["quiet"], out="stderr")


def _warn(session: "Session", body: "dict[str, Any]") -> None:
    host = body["HostConfig"]
    if host["OomKillDisable"] and not host["Memory"]:
        session.err.line(
            "WARNING: Disabling the OOM killer on containers without setting a '-m/--memory' limit may be dangerous."
        )
    for address in host["Dns"]:
        if address.startswith("127.") or address == "::1":
            session.err.line(f"WARNING: Localhost DNS setting (--dns={address}) may fail in containers.")


def _write_cidfile(path: str, identifier: str) -> None:
    with open(path, "x", encoding="ascii") as file:
        file.write(identifier)


def _complaint(text: str) -> str:
    return f"wherry: {text.removesuffix('.')}."


def _failure(command: str, text: str) -> CommandError:
    return CommandError(f"{_complaint(text)}\nSee 'wherry {command} --help'.", STATUS_ENGINE_FAILED)
