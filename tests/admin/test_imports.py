"""Lists of instructors: previewed, brought in some rows at a time with a report per row, and written out."""

import re
from html import unescape
from uuid import UUID

import httpx
import pytest

from app.domain.errors import AccountBroken, InvalidRequest
from app.domain.people import InstructorDraft
from app.domain.roll import Row
from app.providers.base import Provider
from app.providers.registry import providers
from app.services.imports import ASKED_IN_ONE_GO, Outcome
from tests.admin.conftest import ADA, Office, form_token, post
from tests.providers.formed import Formed

HEAD = "Email;First name;Last name;Active\r\n"


@pytest.fixture
def catalogue(formed: type[Formed]) -> dict[str, type[Provider]]:
    return {**providers(), "formed": formed}


@pytest.fixture
def staff() -> tuple[str, ...]:
    return (ADA,)


async def _upload(ada: httpx.AsyncClient, vendor_id: UUID, content: bytes) -> httpx.Response:
    fields, files = {"form_token": await form_token(ada)}, {"list": ("people.csv", content, "text/csv")}
    return await ada.post(f"/admin/vendors/{vendor_id}/import", data=fields, files=files)


def _rows(page: str) -> str:
    found = re.search(r'<textarea name="rows" hidden>\n(.*?)</textarea>', page, re.S)
    return unescape(found[1]) if found else ""


def _row(number: int, email: str, first: str = "P", active: bool = True) -> Row:
    return Row(number, InstructorDraft(email, first, "N", active))


async def test_a_latin_1_list_is_previewed_then_brought_in_with_a_report_per_row(
    office: Office, ada: httpx.AsyncClient, vendor_id: UUID, formed: type[Formed]
) -> None:
    formed.vendor.people = {"zoe@x.example"}
    people = (
        "zoe@x.example;Zoë;Müller;\r\nnobody@x.example;No;Body;\r\n=x@y;A;B;\r\neve@x.example;=cmd;B;\r\n"
    )
    seen = await _upload(ada, vendor_id, (HEAD + people).encode("cp1252"))
    assert seen.status_code == 200
    assert "2 rows can be imported, 2 cannot" in seen.text
    assert "Latin-1 (Windows), divided by semicolons" in seen.text
    actor = await office.commanding()
    assert await office.house.faculties.page(actor, vendor_id, "", None, 9) == []
    done = await post(ada, f"/admin/vendors/{vendor_id}/import/rows", rows=_rows(seen.text))
    assert "1 added, 1 not imported" in done.text
    assert "does not know this person" in done.text
    (zoe,) = await office.house.faculties.page(actor, vendor_id, "", None, 9)
    assert (zoe.first_name, zoe.last_name) == ("Zoë", "Müller")


async def test_the_same_list_again_changes_nothing_and_another_state_does(
    office: Office, vendor_id: UUID
) -> None:
    actor, imports = await office.commanding(), office.house.imports
    rows = [_row(2, "a@x.example"), _row(3, "b@x.example", active=False)]
    for expected in (Outcome.ADDED, Outcome.UNCHANGED):
        assert {one.outcome for one in await imports.bring_in(actor, vendor_id, rows)} == {expected}
    changed = await imports.bring_in(actor, vendor_id, [_row(2, "A@x.example", "Ann", active=False)])
    assert changed[0].outcome is Outcome.UPDATED
    found = await office.house.faculties.page(actor, vendor_id, "", None, 9)
    assert [(one.email, one.first_name, one.active) for one in found] == [
        ("A@x.example", "Ann", False),
        ("b@x.example", "P", False),
    ]


async def test_when_the_account_is_broken_the_rest_is_not_tried(
    office: Office, vendor_id: UUID, formed: type[Formed], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account that is asked again and again locks."""
    asked = []

    async def broken(self: Formed, email: str) -> None:
        asked.append(email)
        raise AccountBroken

    monkeypatch.setattr(formed, "find_person", broken)
    rows = [_row(n, f"p{n}@x.example") for n in range(20)]
    done = await office.house.imports.bring_in(await office.commanding(), vendor_id, rows)
    assert [one.outcome for one in done[4:]] == [Outcome.NOT_TRIED] * 16
    assert len(asked) == 4


async def test_fifty_thousand_rows_are_previewed_in_a_bounded_page_and_brought_in_by_pieces(
    office: Office, ada: httpx.AsyncClient, vendor_id: UUID
) -> None:
    lines = "".join(f"p{n}@x.example;First{n};Last{n};yes\r\n" for n in range(50_000))
    seen = await _upload(ada, vendor_id, (HEAD + lines).encode())
    assert "50,000 rows can be imported" in seen.text
    assert seen.text.count("<tr>") < 50
    rows = _rows(seen.text)
    assert rows.count("\n") == 49_999
    some = "\n".join(rows.splitlines()[:120])
    done = await post(ada, f"/admin/vendors/{vendor_id}/import/rows", rows=some)
    assert f"{ASKED_IN_ONE_GO} added" in done.text
    assert "70 rows are left" in done.text
    assert _rows(done.text) == "\n".join(rows.splitlines()[ASKED_IN_ONE_GO:120])
    too_many = [_row(n, f"p{n}@x.example") for n in range(ASKED_IN_ONE_GO + 1)]
    with pytest.raises(InvalidRequest):
        await office.house.imports.bring_in(await office.commanding(), vendor_id, too_many)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04\x00zip", b"a,b\n1,2\n", HEAD.encode()])
async def test_a_file_that_is_no_list_is_refused_with_a_sentence(
    ada: httpx.AsyncClient, vendor_id: UUID, content: bytes
) -> None:
    answer = await _upload(ada, vendor_id, content)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


async def test_an_export_opens_safely_and_can_be_imported_again(
    office: Office, ada: httpx.AsyncClient, vendor_id: UUID
) -> None:
    actor = await office.commanding()
    for email, first in (("+a@x.example", "=cmd|' /C calc'!A0"), ("b@x.example", 'Zoë "Z", Dr.')):
        await office.house.faculties.add(actor, vendor_id, InstructorDraft(email, first, "Lee"))
    answer = await ada.get(f"/admin/vendors/{vendor_id}/instructors.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    lines = answer.text.splitlines()
    assert lines[0] == "\ufeffEmail,First name,Last name,Active"
    assert lines[1] == "'+a@x.example,'=cmd|' /C calc'!A0,Lee,yes"
    seen = await _upload(ada, vendor_id, answer.content)
    assert "1 row can be imported, 1 cannot" in seen.text
    assert 'Zoë "Z", Dr.' in _rows(seen.text)
