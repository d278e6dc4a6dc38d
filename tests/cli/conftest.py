"""`vilt` as a person or a script runs it, on a database of its own."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from app.cli.main import run
from tests.conftest import SECRET


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Vilt = Callable[..., Ended]


@pytest.fixture
def vilt(sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Vilt:
    monkeypatch.setenv("VILT_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("VILT_SECRET_KEY", SECRET)

    def command(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["vilt", *words])
        try:
            run()
            code = 0
        except SystemExit as exc:
            code = int(exc.code or 0)
        return Ended(code, *capsys.readouterr())

    return command
