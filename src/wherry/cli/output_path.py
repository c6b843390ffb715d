"""Whether a file can be written where a user wants it (docker/cli, ``cli/command/utils.go``: ValidateOutputPath)."""

import os
from os.path import dirname, normpath
from stat import S_ISBLK, S_ISCHR

from .session import CommandError


def check_output_path(path: str, *, prefix: str = "") -> None:
    """CommandError, ``prefix`` before its words, where there is no directory for the file, and where a device is."""
    folder = dirname(normpath(path))
    if folder and not os.path.exists(folder):
        raise CommandError(f'{prefix}invalid output path: directory "{folder}" does not exist')
    if os.path.exists(path) and _is_device(os.stat(path).st_mode):
        problem = f'"{path}" must be a directory or a regular file: got a device'
        raise CommandError(f"{prefix}invalid output path: {problem}")


def _is_device(mode: int) -> bool:
    return S_ISBLK(mode) or S_ISCHR(mode)
