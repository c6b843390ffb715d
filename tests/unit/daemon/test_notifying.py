"""What systemd is told."""

import os
import socket
from pathlib import Path

import pytest

from wherry.daemon.notifying import READY, STOPPING, Notifier


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_whoever_waits_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    name = f"{tmp_path}/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as waiting:
        waiting.bind(name if kind == "path" else f"\0{name}")
        monkeypatch.setenv("NOTIFY_SOCKET", name if kind == "path" else f"@{name}")

        notifier = Notifier()
        assert "NOTIFY_SOCKET" not in os.environ  # runc and crun would want the same of each container
        for state in (READY, STOPPING):
            notifier.tell(state)
            assert waiting.recv(100).decode() == state


def test_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    Notifier().tell(READY)


def test_whoever_waited_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", f"{tmp_path}/nobody")
    Notifier().tell(READY)
