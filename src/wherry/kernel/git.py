"""Files of git repositories, by the git command."""

import shutil
from pathlib import Path
from typing import Final

from wherry.errors import InternalError, InvalidArgument, NotSupported
from wherry.kernel.processes import ENVIRONMENT, run

_QUIET: Final = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_PROTOCOL_FROM_USER": "0"}


class Git:
    """Without the configuration of any user of this host, and without their passwords."""

    async def clone(self, url: str, ref: str, into: Path, *, keep_git_dir: bool) -> None:
        """The files of a repository at a branch, a tag or a commit ("" for its default), with their modules, to an
        empty folder; no more of their history than that, and none at all unless ``keep_git_dir``.

        Raises InvalidArgument, NotSupported where there is no git, InternalError with what git says.
        """
        if ref.startswith("-"):
            raise InvalidArgument(f"invalid refspec '{ref}'")
        if shutil.which("git", path=ENVIRONMENT["PATH"]) is None:
            raise NotSupported("unable to find 'git': install it to build from a git repository")
        await self._git(into, "init", "--quiet")
        await self._git(into, "fetch", "--quiet", "--depth", "1", "--", url, ref or "HEAD")
        await self._git(into, "checkout", "--quiet", "FETCH_HEAD")
        await self._git(into, "submodule", "--quiet", "update", "--init", "--recursive", "--depth", "1")
        if not keep_git_dir:
            shutil.rmtree(into / ".git")

    async def _git(self, folder: Path, *arguments: str) -> None:
        """InternalError unless it succeeds."""
        environment = {**ENVIRONMENT, **_QUIET, "HOME": str(folder)}
        done = await run(("git", "-C", str(folder), *arguments), env=environment)
        if done.code:
            said = done.stderr.decode(errors="replace")
            raise InternalError(f"error fetching: {said}: exit status {done.code}")
