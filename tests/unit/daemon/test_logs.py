"""Lines of the daemon's own log."""

import logging

import pytest

from wherry.daemon.logs import start_logging


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", root.handlers[:])
    monkeypatch.setattr(root, "level", root.level)


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("text", 'level=warning msg="cannot remove \\"é\\\\udcff\\""\n'),
        ("json", '{"level":"warning","msg":"cannot remove \\"é\\\\udcff\\"","time":"'),
    ],
)
def test_any_name_of_a_file_can_be_told(form: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("info", form)
    logging.getLogger("wherry").warning('cannot remove "%s"', "é\udcff")
    assert told in capsys.readouterr().err
