"""Who may use the sockets, on machines with and without a group ``docker``."""

import grp
import os

import pytest

from wherry.daemon.process import socket_group


def test_the_default_group_is_not_needed(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def unknown(name: str) -> grp.struct_group:
        raise KeyError(name)

    monkeypatch.setattr(grp, "getgrnam", unknown)
    assert socket_group("docker") is None
    assert "could not change" in caplog.text


def test_nobody_but_root() -> None:
    assert socket_group("") is None


def test_a_group_that_is_there_is_used() -> None:
    mine = grp.getgrgid(os.getgid()).gr_name
    assert socket_group(mine) == mine


@pytest.mark.parametrize("name", ["no-such-group", "4711"])
def test_a_group_that_was_asked_for_is_never_passed_over(name: str) -> None:
    assert socket_group(name) == name
