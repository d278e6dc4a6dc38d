"""`vilt privacy`: a person's file, an erasure that has to be meant, and periods."""

import json

from tests.cli.conftest import Vilt

EVE = "eve@example.com"


def test_a_person_is_exported_and_erased(vilt: Vilt) -> None:
    vilt("users", "add", EVE, "--role", "auditor")
    found = json.loads(vilt("privacy", "export", EVE).out)
    assert found["tables"]["users"][0]["email"] == EVE
    refused = vilt("privacy", "erase", EVE)
    assert (refused.code, "--yes" in refused.err) == (1, True)
    assert "@erased.invalid" in vilt("privacy", "erase", EVE, "--yes").out
    assert vilt("privacy", "export", EVE).err == "Nothing is stored about this person.\n"
    assert EVE not in vilt("users", "list").out


def test_periods_are_shown_changed_and_applied(vilt: Vilt) -> None:
    assert vilt("privacy", "retention").code == 1, "there is no such tenant yet"
    vilt("users", "add", EVE, "--role", "auditor")
    assert "class_days  for ever" in vilt("privacy", "retention").out
    changed = vilt("privacy", "retention", "--class-days", "365", "--apply").out
    assert "class_days  365" in changed
    assert "applied     0 names, 0 logins, 0 audit entries" in changed
    assert "class_days  for ever" in vilt("privacy", "retention", "--class-days", "0").out
