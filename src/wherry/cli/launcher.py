"""Write the start script: ``python -m wherry.cli.launcher PATH``.

The script that pip writes imports ``site``, ``re`` and whatever the environment's .pth files ask for: some
30 ms before the first line of ours. This one starts an isolated interpreter (-I) without ``site`` (-S) and
looks for the package in the one directory that holds it.

The kernel takes one word of at most 127 bytes behind ``#!`` on older versions, 255 on newer (execve(2)). Where the
interpreter's path does not fit, a shell starts it: to Python, the shell's two lines are a string.
"""

import os
import shlex
import sys
from pathlib import Path

SCRIPT = """\
{start}
import sys

sys.path.insert(0, {directory!r})
from wherry.cli.main import main

main()
"""
SHELL_START = """\
#!/bin/sh
'''exec' {interpreter} -IS "$0" "$@"
' '''"""
_LONGEST = 127


def write_script(path: Path, interpreter: str = sys.executable) -> None:
    """Make ``path`` an executable that starts this package with this interpreter."""
    directory = Path(__file__).resolve().parents[2]
    start = f"#!{interpreter} -IS"
    if " " in interpreter or len(os.fsencode(start)) > _LONGEST:
        start = SHELL_START.format(interpreter=shlex.quote(interpreter))
    path.write_text(SCRIPT.format(start=start, directory=str(directory)))
    os.chmod(path, 0o755)


if __name__ == "__main__":
    write_script(Path(sys.argv[1]))
