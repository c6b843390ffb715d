"""AppArmor profiles: whether the host has any, and the loading of one (apparmor_parser(8))."""

import os
import shutil
from pathlib import Path
from typing import Final

from wherry.errors import NotSupported
from wherry.kernel.processes import ENVIRONMENT, run

_SECURITY: Final = Path("/sys/kernel/security/apparmor")
_ENABLED: Final = Path("/sys/module/apparmor/parameters/enabled")
_PARSER: Final = "apparmor_parser"


def available() -> bool:
    """Whether profiles can be loaded and are kept to. Not in a container, even where it sees the host's AppArmor."""
    if not _SECURITY.exists() or os.environ.get("container"):  # noqa: SIM112  systemd's name
        return False
    enabled = _ENABLED.exists() and _ENABLED.read_text().startswith("Y")
    return enabled and shutil.which(_PARSER, path=ENVIRONMENT["PATH"]) is not None


async def load(profile: bytes, *options: str) -> None:
    """Load a profile, in the place of an earlier one of its name. NotSupported with the parser's reason."""
    answer = await run([_PARSER, "--replace", "--skip-cache", *options], env=ENVIRONMENT, stdin=profile)
    if answer.code:
        reason = answer.stderr.decode(errors="replace").strip()
        raise NotSupported(f"AppArmor enabled on system but the default profile could not be loaded: {reason}")
