"""Errors of builds as BuildKit tells them: its words, and the lines of the Dockerfile that they are about."""

import base64
import json
from typing import Final

from wherry.buildkit.messages.common import Any, Status
from wherry.buildkit.protobuf import encode
from wherry.buildkit.status import CallFailed, Code
from wherry.buildkit.steps import Steps, base_of
from wherry.errors import BuildFailed, CommandNotRun, DockerfileError, SourceMissing, WherryError

_LONGEST_SHOWN: Final = 1 << 20  # characters of a Dockerfile that clients are given in the header of a failed call
_SOURCE: Final = "github.com/moby/buildkit/errdefs.Source+json"


def step_failure(error: WherryError) -> str:
    """What a vertex shows of the error that ended it."""
    match error:
        case BuildFailed():
            return f'process "{error.command}" did not complete successfully: exit code: {error.code}'
        case CommandNotRun():
            return f'process "{error.command}" did not complete successfully: {error}'
        case SourceMissing():
            return f'failed to calculate checksum of ref: "/{error.path}": not found'
        case _:
            return str(error).removeprefix("failed to parse Dockerfile: ")


def call_failed(error: WherryError, steps: Steps, filename: str) -> CallFailed:
    """How a solve ends that failed so; ``filename`` is the Dockerfile's."""
    if isinstance(error, CallFailed):
        return error
    failed, text = steps.failed, step_failure(error)
    if isinstance(error, SourceMissing):
        text = f"failed to compute cache key: {text}"
    elif failed is not None and (reference := base_of(failed)):
        text = f"{failed.text.split()[1]}: failed to resolve source metadata for {reference}: {text}"
    if isinstance(error, DockerfileError):
        return _with_source(text, filename, error.text, (error.line, error.line))
    if failed is not None and failed.lines is not None:
        return _with_source(text, filename, steps.dockerfile, failed.lines)
    return CallFailed(Code.UNKNOWN, text)


def _with_source(text: str, filename: str, dockerfile: str, lines: tuple[int, int]) -> CallFailed:
    if len(dockerfile) > _LONGEST_SHOWN:
        return CallFailed(Code.UNKNOWN, text)
    first, last = ({"line": line} for line in lines)
    source = {
        "info": {
            "filename": filename,
            "data": base64.b64encode(dockerfile.encode()).decode(),
            "language": "Dockerfile",
        },
        "ranges": [{"start": first, "end": last}],
    }
    detail = Any(type_url=_SOURCE, value=json.dumps(source).encode())
    return CallFailed(Code.UNKNOWN, text, encode(Status(code=Code.UNKNOWN, message=text, details=(detail,))))
