"""Content trust: signatures of tags, which docker looks up with Notary. There is no Notary here: who demands it is
refused what only a signature could vouch for, and not given something unsigned.

What is demanded and of what is docker/cli's rule (``cli/command/cli.go``, ``cli/command/container/create.go``,
``cli/command/image/build.go``): of a name with a tag, not of a digest, which vouches for itself.
"""

from .references import InvalidReference, parse
from .session import CommandError, getenv

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .flags import Options

FLAG = "disable-content-trust"
FALSE = frozenset(("", "0", "f", "F", "false", "FALSE", "False"))
SCRATCH = "scratch"


def check(options: "Options", image: str) -> None:
    """CommandError if content trust is demanded, and this image is not named by a digest."""
    if _demanded(options) and _names_no_digest(image):
        raise _unsigned(image)


def check_build(options: "Options", dockerfile: str) -> None:
    """The same of every image that a Dockerfile builds on, and of what stands for one. CommandError if it is demanded
    and the text unknown, ""."""
    if not _demanded(options):
        return
    if not dockerfile:
        raise CommandError(f"content trust is not supported: unset DOCKER_CONTENT_TRUST or give --{FLAG}")
    stages = {SCRATCH}
    for line in dockerfile.splitlines():
        verb, *words = line.split() or ("",)
        image, *more = [word for word in words if not word.startswith("--")] or ("",)
        if verb.upper() == "FROM":
            if image.lower() not in stages and (_names_no_digest(image) or not _names_one(image)):
                raise _unsigned(image)
            stages |= {name.lower() for name in more[1:2]}


def _demanded(options: "Options") -> bool:
    """By the flag, else by the environment: what is no truth value is true."""
    return not options[FLAG] if options.given(FLAG) else getenv("DOCKER_CONTENT_TRUST") not in FALSE


def _unsigned(image: str) -> CommandError:
    return CommandError(
        f"{image}: content trust is not supported: unset DOCKER_CONTENT_TRUST, give --{FLAG}, or name a digest"
    )


def _names_no_digest(image: str) -> bool:
    """But a name: an ID, and what names no image, is for the engine to refuse."""
    try:
        return not parse(image).digest
    except InvalidReference:
        return False


def _names_one(image: str) -> bool:
    """A variable, or the end of a line that goes on, may become any name."""
    return not set(image) & set("$\\`\"'")
