"""``create`` sends what Docker's own command line (26.1) sends, and refuses what it refuses in the same words.

``golden/create.json`` was recorded from it: the arguments, and either the request or the complaint.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from wherry.cli.options.body import container_body
from wherry.cli.options.grammar import CREATE

GOLDEN = Path(__file__).parent / "golden"
CASES = json.loads((GOLDEN / "create.json").read_text())
SENT = [case for case in CASES if "body" in case]
"""Docker's own line loses these rates on the way: ours arrive."""
RATES = ("--device-read-bps", "--device-read-iops")


def named(case: dict[str, Any]) -> str:
    return " ".join(case["argv"])


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN / "run_files")
    monkeypatch.setenv("FROMENV", "from the environment")
    monkeypatch.setitem(__import__("posix").environ, b"FROMENV", b"from the environment")


def without_order(body: dict[str, Any]) -> dict[str, Any]:
    """Docker sends the environment in a random order."""
    body["Env"] = sorted(body["Env"]) if body["Env"] else body["Env"]
    return body


@pytest.mark.parametrize("case", [case for case in SENT if case["argv"][0] not in RATES], ids=named)
def test_request_equals_dockers(case: dict[str, Any]) -> None:
    options = CREATE.parse(case["argv"], "create")

    body = container_body(options, {})

    text = json.dumps(body).replace(str(Path.cwd()), "$PWD")
    assert without_order(json.loads(text)) == without_order(case["body"])
