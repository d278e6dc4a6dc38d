"""`vilt users`, run as a person and as a script would."""

import json

import pytest

from tests.cli.conftest import Vilt

ADA = "ada@example.com"


def added(vilt: Vilt, email: str = ADA, *words: str) -> dict[str, str]:
    ended = vilt("users", "add", email, "--role", "auditor", *words, "--json")
    assert (ended.code, ended.err) == (0, "")
    return dict(json.loads(ended.out))


def listed(vilt: Vilt, *words: str) -> dict[str, str]:
    return {row["email"]: row["state"] for row in json.loads(vilt("users", "list", "--json", *words).out)}


def test_add_prints_a_link_that_is_never_listed(vilt: Vilt) -> None:
    link = added(vilt)["link"]
    assert "/admin/welcome?link=" in link
    shown = vilt("users", "list")
    assert f"{ADA}  invited  auditor" in shown.out
    assert link.partition("link=")[2] not in shown.out


def test_a_user_of_a_new_portal_is_one_command_away(vilt: Vilt) -> None:
    added(vilt, ADA, "--tenant", "acme")
    assert listed(vilt, "--tenant", "acme") == {ADA: "invited"}


def test_deactivate_activate_and_reset_find_the_user_whatever_the_spelling(vilt: Vilt) -> None:
    first = added(vilt)["link"]
    assert "nobody@example.com" in vilt("users", "deactivate", "nobody@example.com").err
    assert vilt("users", "deactivate", "ADA@example.com").code == 0
    assert listed(vilt) == {ADA: "deactivated"}
    refused = vilt("users", "reset", ADA)
    assert refused.code == 1
    assert "Activate the user first" in refused.err
    assert vilt("users", "activate", ADA).code == 0
    again = json.loads(vilt("users", "reset", ADA, "--json").out)
    assert again["link"] != first


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("add", "no address", "--role", "auditor"), "e-mail address"),
        (("add", ADA, "--role", "king"), "king"),
        (("add", ADA, "--role", "auditor", "--tenant", "No Key"), "No Key"),
        (("list", "--tenant", "nowhere"), "nowhere"),
        (("deactivate", "nobody@example.com"), "tenant default"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(vilt: Vilt, words: tuple[str, ...], named: str) -> None:
    ended = vilt("users", *words)
    assert ended.code == 1
    assert named in ended.err
    assert ended.err.count("\n") == 1
