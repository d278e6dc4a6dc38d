"""`vilt keys rotate`: the ring changes its text, and nothing that was sealed is lost."""

import json

import pytest

from tests.cli.conftest import Vilt
from tests.cli.test_clients import added
from tests.conftest import SECRET

NEW_TEXT = "another text of the ring, put in front"


def test_rotate_says_what_it_did(vilt: Vilt) -> None:
    added(vilt, "lms")
    ended = vilt("keys", "rotate")
    assert (ended.code, ended.err) == (0, "")
    assert "New key for token-signing" in ended.out
    assert "New key for join-links" in ended.out
    assert "client-secrets" not in ended.out


def test_after_a_rotation_the_old_text_can_go(
    vilt: Vilt,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    added(vilt, "lms")
    monkeypatch.setenv("VILT_SECRET_KEY", f"{NEW_TEXT},{SECRET}")
    assert "Sealed anew: 1 of kind key." in vilt("keys", "rotate").out
    monkeypatch.setenv("VILT_SECRET_KEY", NEW_TEXT)
    added(vilt, "second")
    assert len(json.loads(vilt("clients", "list", "--json").out)) == 2


def test_a_lost_text_is_said_in_one_line_without_it(
    vilt: Vilt,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    added(vilt, "lms")
    monkeypatch.setenv("VILT_SECRET_KEY", NEW_TEXT)
    for words in (("keys", "rotate"), ("clients", "add", "second")):
        ended = vilt(*words)
        assert ended.code == 1
        assert "VILT_SECRET_KEY" in ended.err
        assert ended.err.count("\n") == 1
        assert NEW_TEXT not in ended.err
        assert SECRET not in ended.err
