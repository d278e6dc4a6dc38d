"""`vilt clients`, run as a person and as a script would: output, exit codes, one line when refused."""

import json

import pytest

from app.domain.permissions import CONTRACT_SCOPES
from tests.cli.conftest import Vilt


def added(vilt: Vilt, *words: str) -> dict[str, object]:
    ended = vilt("clients", "add", *words, "--json")
    assert (ended.code, ended.err) == (0, "")
    return dict(json.loads(ended.out))


def test_add_prints_what_a_script_needs(vilt: Vilt) -> None:
    client = added(vilt, "our LMS")
    assert str(client["client_id"]).startswith("vilt-")
    assert len(str(client["client_secret"])) == 43
    assert (client["tenant"], client["connection"]) == ("default", "sandbox")
    assert client["scopes"] == list(CONTRACT_SCOPES)


def test_add_tells_a_person_that_the_secret_is_shown_once(vilt: Vilt) -> None:
    ended = vilt("clients", "add", "our LMS")
    assert ended.code == 0
    assert "client secret" in ended.out
    assert "not shown again" in ended.out


def test_a_secret_is_printed_once_and_never_listed(vilt: Vilt) -> None:
    client = added(vilt, "our LMS", "--scope", "vilt-session:launch", "--scope", "vilt-attendance:read")
    for words in (("clients", "list"), ("clients", "list", "--json")):
        ended = vilt(*words)
        assert ended.code == 0
        assert str(client["client_id"]) in ended.out
        assert str(client["client_secret"]) not in ended.out
    (listed,) = json.loads(vilt("clients", "list", "--json").out)
    assert listed["scopes"] == ["vilt-session:launch", "vilt-attendance:read"]
    assert (listed["name"], listed["secrets"], listed["revoked_at"]) == ("our LMS", 1, None)


def test_a_second_portal_is_one_command_away(vilt: Vilt) -> None:
    added(vilt, "one")
    assert added(vilt, "two", "--tenant", "acme")["tenant"] == "acme"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("clients", "add", "x", "--connection", "lync-1"), "lync-1"),
        (("clients", "add", "x", "--scope", "fly:high"), "fly:high"),
        (("clients", "add", "x", "--tenant", "No Key"), "No Key"),
        (("clients", "add", " "), "name"),
        (("clients", "revoke", "vilt-nobody"), "vilt-nobody"),
        (("clients", "rotate", "vilt-nobody"), "vilt-nobody"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(vilt: Vilt, words: tuple[str, ...], named: str) -> None:
    ended = vilt(*words)
    assert (ended.code, ended.out) == (1, "")
    assert named in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ("clients", "add"),
        ("clients", "fly"),
        ("clients", "revoke"),
        ("clients", "rotate", "x", "--overlap-hours", "-1"),
        ("clients", "rotate", "x", "--overlap-hours", "soon"),
    ],
)
def test_a_wrong_command_line_ends_with_2(vilt: Vilt, words: tuple[str, ...]) -> None:
    ended = vilt(*words)
    assert ended.code == 2
    assert "Usage" in ended.err


def test_rotate_gives_a_second_secret_and_says_how_long_the_old_one_works(vilt: Vilt) -> None:
    client = added(vilt, "lms")
    client_id = str(client["client_id"])
    rotated = json.loads(vilt("clients", "rotate", client_id, "--overlap-hours", "2", "--json").out)
    assert rotated["client_id"] == client_id
    assert rotated["client_secret"] != client["client_secret"]
    assert rotated["old_secret_until"]
    assert json.loads(vilt("clients", "list", "--json").out)[0]["secrets"] == 2
    assert "works until" in vilt("clients", "rotate", client_id).out


def test_revoke_can_be_repeated_and_shows_in_the_list(vilt: Vilt) -> None:
    client_id = str(added(vilt, "lms")["client_id"])
    for _ in range(2):
        assert vilt("clients", "revoke", client_id).code == 0
    assert "revoked" in vilt("clients", "list").out
    ended = vilt("clients", "rotate", client_id)
    assert (ended.code, "revoked" in ended.err) == (1, True)
