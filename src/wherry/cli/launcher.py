"""Write the start script: ``python -m wherry.cli.launcher PATH``.

The script that pip writes imports ``site``, ``re`` and whatever the environment's .pth files ask for: some
30 ms before the first line of ours. This one starts an isolated interpreter (-I) without ``site`` (-S) and
looks for the package in the one directory that holds it.
"""

import os
import sys
from pathlib import Path

SCRIPT = """\
#!{interpreter} -IS
import sys

sys.path.insert(0, {directory!r})
from wherry.cli.main import main

main()
"""


def write_script(path: Path) -> None:
    """Make ``path`` an executable that starts this package with this interpreter."""
    directory = Path(__file__).resolve().parents[2]
    path.write_text(SCRIPT.format(interpreter=sys.executable, directory=str(directory)))
    os.chmod(path, 0o755)


if __name__ == "__main__":
    write_script(Path(sys.argv[1]))
