"""Reading the files of a log one after the other, while the last one grows and is given a number."""

from pathlib import Path

from wherry.store.failures import explained
from wherry.store.logs.reading import LogFile
from wherry.store.logs.rotation import rotated


class LogChain:
    """The records of a log, oldest first. Methods block; one at a time.

    Without ``follow`` it ends where the log ended when it was opened. With it there is more whenever the log has grown,
    has come to be, was rotated, or was replaced: a monitor with a size limit (``--log-size-max``) begins a new file of
    the same name.
    """

    def __init__(self, path: Path, *, follow: bool) -> None:
        self._path = path
        self._follow = follow
        with explained(f"read {path}"):
            self._files = self._open()

    def next(self) -> bytes:
        """The next records, whole ones; nothing at the end."""
        with explained(f"read {self._path}"):
            while True:
                if records := self._files[0][1].next():
                    return records
                if len(self._files) > 1:
                    self._files.pop(0)[1].close()
                elif not self._follow or not self._grow():
                    return b""

    def seek_last(self, count: int) -> bytes:
        """Go to where the last ``count`` lines begin. Gives the records right before: pieces of them may be there.

        A line of which pieces lie farther back, in another file or with much of the other stream between, loses them.
        """
        met: set[int] = set()
        with explained(f"read {self._path}"):
            for later in range(1, len(self._files) + 1):
                count = self._files[-later][1].seek_last(count, met)
                if not count:
                    break
            while len(self._files) > later:
                self._files.pop(0)[1].close()
            return self._files[0][1].before()

    def close(self) -> None:
        for _, file in self._files:
            file.close()

    def _open(self) -> list[tuple[int, LogFile]]:
        """All files by number, the last the one that is written. Again if one was given its number meanwhile."""
        while True:
            named = rotated(self._path)
            paths = {**named, max(named, default=0) + 1: self._path}
            files = [(number, LogFile(path, follow=self._follow)) for number, path in paths.items()]
            if rotated(self._path) == named:
                return files
            for _, file in files:
                file.close()

    def _grow(self) -> bool:
        """Find the file after the last one. What was written to the last before there was another is still read."""
        last, file = self._files[-1]
        named = rotated(self._path)
        later = next((number for number in named if number > last), 0)
        if later:
            self._files.append((later, LogFile(named[later], follow=True)))
        elif last in named and self._path.exists():
            self._files.append((last + 1, LogFile(self._path, follow=True)))
        elif last not in named and file.is_replaced():
            self._files.append((last, LogFile(self._path, follow=True)))
        return len(self._files) > 1
