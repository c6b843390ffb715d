"""Files of git repositories, by the git command."""

import shutil
from pathlib import Path
from typing import Final

from wherry.errors import InternalError, InvalidArgument, NotSupported
from wherry.kernel.processes import ENVIRONMENT, run

_NOTHING: Final = "/dev/null"

# What names files to read must not lead into the checkout: git runs commands that its configuration names.
_CLOSED: Final = {
    **ENVIRONMENT,
    "HOME": _NOTHING,
    "XDG_CONFIG_HOME": _NOTHING,
    "GIT_CONFIG_GLOBAL": _NOTHING,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_ALLOW_PROTOCOL": "git:http:https:ssh",  # of modules, too: neither files of this host nor commands (ext::)
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_SETTINGS: Final = ("core.hooksPath=/dev/null", "core.fsmonitor=false", "safe.bareRepository=explicit")


class Git:
    """Without the configuration of any user of this host, and without their passwords. The repository is somebody
    else's: no command that it names is run (moby ``builder/remotecontext/git``, BuildKit ``util/gitutil``)."""

    async def clone(self, url: str, ref: str, into: Path, *, keep_git_dir: bool) -> None:
        """The files of a repository at a branch, a tag or a commit ("" for its default), with their modules, to an
        empty folder; no more of their history than that, and none at all unless ``keep_git_dir``.

        Raises InvalidArgument, NotSupported where there is no git, InternalError with what git says.
        """
        if ref.startswith("-"):
            raise InvalidArgument(f"invalid refspec '{ref}'")
        if shutil.which("git", path=ENVIRONMENT["PATH"]) is None:
            raise NotSupported("unable to find 'git': install it to build from a git repository")
        await self._git(into, "init", "--quiet", "--template=")
        await self._git(into, "remote", "add", "origin", url)  # what addresses of modules may be relative to
        await self._git(into, "fetch", "--quiet", "--depth", "1", "--", "origin", ref or "HEAD")
        await self._git(into, "checkout", "--quiet", "FETCH_HEAD")
        await self._git(into, "submodule", "--quiet", "update", "--init", "--recursive", "--depth", "1")
        if not keep_git_dir:
            shutil.rmtree(into / ".git")

    async def _git(self, folder: Path, *arguments: str) -> None:
        """InternalError unless it succeeds."""
        settings = (word for setting in _SETTINGS for word in ("-c", setting))
        done = await run(("git", "-C", str(folder), *settings, *arguments), env=_CLOSED)
        if done.code:
            said = done.stderr.decode(errors="replace")
            raise InternalError(f"error fetching: {said}: exit status {done.code}")
