"""Meetings as the documentation prints them: what goes out, what comes back, what is passed back."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.domain.errors import (
    AccountBroken,
    MeetingGone,
    OutcomeUnknown,
    ProviderRejected,
    ProviderUnavailable,
)
from app.domain.meeting import MeetingRef
from app.domain.people import Person, Role
from app.providers.lync import meetings
from app.providers.lync.wire import instant, written
from tests.providers.lync.conftest import spec
from tests.providers.lync.printed import APP, ASSIGNED, CREATED, ELIGIBLE, MEETINGS, ODD, complaint

URI = CREATED["onlineMeetingUri"]
REF = MeetingRef(URI, {"joinUrl": CREATED["joinUrl"], "onlineMeetingId": "PYC58WSY"})
ONE = f"{MEETINGS}/PYC58WSY"


async def test_what_is_sent_to_create_is_what_the_documentation_prints(server, lync):
    made = await lync().create(spec(), "8f1c")
    (sent,) = server.sent(f"POST {MEETINGS}")
    assert sent == {
        "subject": "Fire safety",
        "description": "[vilt:8f1c] Class 2029-05-12 09:00 – 10:30 UTC\nBring your badge.",
        "accessLevel": "Everyone",
        "automaticLeaderAssignment": "Disabled",
        "entryExitAnnouncement": "Disabled",
        "lobbyBypassForPhoneUsers": "Disabled",
        "leaders": ["sip:trainer@contoso.com"],
        "expirationTime": written(datetime(2029, 5, 26, 10, 30, tzinfo=UTC)),
    }
    assert made.ref == REF
    assert made.downgrades == ()


async def test_200_is_taken_for_201(server, lync):
    server.answers[f"POST {MEETINGS}"] = httpx.Response(200, json=CREATED)
    assert (await lync().create(spec(), "m")).ref == REF


def test_both_forms_of_a_date_are_read_and_one_is_written():
    at = datetime(2013, 2, 7, 1, 17, 18, tzinfo=UTC)
    assert written(at) == "/Date(1360199838000)/"
    assert json.loads(r'"\/Date(1360199838000)\/"') == written(at)
    for text in ("/Date(1360199838000)/", "/Date(1360199838000+0000)/", "2013-02-07T01:17:18.000Z"):
        assert instant(text) == at
    assert instant("/Date(99999999999999999999)/") is None
    assert instant("soon") is None


@pytest.mark.parametrize(
    ("ends_in", "expires_in"),
    [
        (timedelta(days=1), timedelta(days=15)),
        (timedelta(days=-400), timedelta(hours=8)),
        (timedelta(days=3640), timedelta(days=3647)),
        (timedelta(days=9000), timedelta(days=3647)),
    ],
)
def test_a_meeting_lives_until_after_its_class_and_within_what_the_server_takes(ends_in, expires_in):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    at, notes = meetings.expiry(spec(ends_at=now + ends_in), 14, now)
    assert at == now + expires_in
    assert bool(notes) is (ends_in > timedelta(days=3647))


async def test_a_long_title_is_cut_by_character_and_reported(server, lync):
    made = await lync().create(spec(title="火" * 300), "m")
    (sent,) = server.sent(f"POST {MEETINGS}")
    assert sent["subject"] == "火" * 250
    assert len(made.downgrades) == 1


async def test_what_xml_cannot_carry_does_not_break_the_request(server, lync):
    await lync().create(spec(title="a\x00b\ud800c\n d", description="\x07<b>&"), "m")
    (sent,) = server.sent(f"POST {MEETINGS}")
    assert sent["subject"] == "abc d"
    assert sent["description"].endswith("\n<b>&")


async def test_a_value_that_is_not_eligible_gives_way_to_the_default_and_is_reported(server, lync):
    server.answers[f"GET {APP}/onlineMeetings/eligibleValues"] = httpx.Response(
        200, json={**ELIGIBLE, "accessLevels": ["SameEnterprise", "Locked"]}
    )
    made = await lync().create(spec(), "m")
    (sent,) = server.sent(f"POST {MEETINGS}")
    assert sent["accessLevel"] == "SameEnterprise"
    assert made.downgrades == (
        "Wanted Everyone for “who enters without waiting”, the server allows SameEnterprise.",
    )


async def test_a_leader_outside_the_organisation_is_left_out_and_reported(server, lync):
    def only_ours(request):
        sent = json.loads(request.content)
        if any("partner" in leader for leader in sent["leaders"]):
            return complaint(
                400, "BadRequest", "ParameterValidationFailure", parameters=[{"name": "leaders"}]
            )
        return httpx.Response(201, json=CREATED)

    server.answers[f"POST {MEETINGS}"] = only_ours
    people = (Person("trainer@contoso.com"), Person("guest@partner.example"))
    made = await lync().create(spec(presenters=people), "m")
    assert server.sent(f"POST {MEETINGS}")[-1]["leaders"] == ["sip:trainer@contoso.com"]
    assert len(made.downgrades) == 1
    assert "guest@partner.example" in made.downgrades[0]


async def test_a_refusal_that_is_not_about_leaders_is_not_repeated(server, lync):
    wrong = {"parameters": [{"name": "subject", "reason": "too long"}]}
    server.answers[f"POST {MEETINGS}"] = complaint(400, "BadRequest", "ParameterValidationFailure", **wrong)
    with pytest.raises(ProviderRejected):
        await lync().create(spec(), "m")
    assert len(server.sent(f"POST {MEETINGS}")) == 1


async def test_the_account_itself_is_never_sent_as_a_leader_nor_anybody_twice(server, lync):
    people = (Person("SVC-LMS@contoso.com"), Person("trainer@contoso.com"), Person("Trainer@Contoso.com"))
    await lync().create(spec(presenters=people), "m")
    assert server.sent(f"POST {MEETINGS}")[0]["leaders"] == ["sip:trainer@contoso.com"]


async def test_b22_an_update_sends_back_the_whole_resource_with_the_odd_property(server, lync):
    extra = {**CREATED, "somethingNew": {"kept": True}}
    server.answers[f"GET {ONE}"] = httpx.Response(200, json=extra, headers={"ETag": '"3109609770"'})
    moved = await lync().update(REF, spec(title="Moved"), "m")
    (sent,) = server.sent(f"PUT {ONE}")
    (asked,) = [r for r in server.asked if r.method == "PUT"]
    assert asked.headers["if-match"] == '"3109609770"'
    assert sent[ODD] == "please pass this in a PUT request"
    assert sent["attendees"] == CREATED["attendees"]
    assert sent["somethingNew"] == {"kept": True}
    assert sent["subject"] == "Moved"
    assert moved.ref == REF


async def test_an_etag_without_header_is_taken_from_the_body_and_quoted(server, lync):
    server.answers[f"GET {ONE}"] = httpx.Response(200, json=CREATED)
    await lync().update(REF, spec(), "m")
    (asked,) = [r for r in server.asked if r.method == "PUT"]
    assert asked.headers["if-match"] == '"3109609770"'


async def test_a_stale_etag_is_read_again_and_written_again_three_times_at_most(server, lync):
    stale = complaint(412, "PreconditionFailed")
    server.answers[f"PUT {ONE}"] = [stale, stale, httpx.Response(200, json=CREATED)]
    assert (await lync().update(REF, spec(), "m")).ref == REF
    server.answers[f"PUT {ONE}"] = stale
    with pytest.raises(ProviderUnavailable):
        await lync().update(REF, spec(), "m")
    assert len(server.sent(f"PUT {ONE}")) == 6


async def test_an_update_that_changes_nothing_writes_nothing(server, lync):
    provider = lync()
    await provider.create(spec(), "m")
    same = {**CREATED, **server.sent(f"POST {MEETINGS}")[0]}
    server.answers[f"GET {ONE}"] = httpx.Response(200, json=same)
    assert (await provider.update(REF, spec(), "m")).ref == REF
    assert server.sent(f"PUT {ONE}") == []


async def test_a12_a_meeting_that_vanishes_while_it_is_updated_is_gone(server, lync):
    server.answers[f"PUT {ONE}"] = complaint(404, "NotFound")
    with pytest.raises(MeetingGone):
        await lync().update(REF, spec(), "m")


async def test_the_assigned_meeting_is_never_touched(server, lync):
    assigned = MeetingRef(ASSIGNED["onlineMeetingUri"])
    server.answers[f"GET {MEETINGS}"] = httpx.Response(200, json=server.listing(CREATED, ASSIGNED))
    provider = lync()
    await provider.cancel(assigned)
    with pytest.raises(MeetingGone):
        await provider.update(assigned, spec(), "m")
    assert server.lines("PUT", "DELETE") == []


async def test_an_empty_list_may_leave_its_parts_out_but_something_else_is_no_empty_list(server, lync):
    server.answers[f"GET {MEETINGS}"] = httpx.Response(200, json={"rel": "myOnlineMeetings"})
    assert await lync().find("m", REF) is None
    for other in (httpx.Response(200, text="<html>"), httpx.Response(200, json={}), httpx.Response(204)):
        server.answers[f"GET {MEETINGS}"] = other
        with pytest.raises(ProviderUnavailable):
            await lync().find("m", REF)


async def test_find_prefers_the_marker_and_takes_the_address_else(server, lync):
    marked = {**CREATED, "onlineMeetingUri": "sip:other", "description": "[vilt:m] Class"}
    server.answers[f"GET {MEETINGS}"] = httpx.Response(200, json=server.listing(CREATED, marked))
    assert (await lync().find("m", REF)).ref.provider_id == "sip:other"
    assert (await lync().find("unknown", REF)).ref == REF
    assert await lync().find("unknown", None) is None


async def test_a_list_of_mere_links_is_read_one_by_one(server, lync):
    bare = {"rel": "myOnlineMeeting", "_links": CREATED["_links"]}
    server.answers[f"GET {MEETINGS}"] = httpx.Response(200, json=server.listing(bare))
    assert (await lync().find("x", REF)).ref == REF


async def test_a14_a_meeting_without_its_link_yet_is_read_once_more(server, lync):
    unfinished = {name: value for name, value in CREATED.items() if name != "joinUrl"}
    server.answers[f"POST {MEETINGS}"] = httpx.Response(201, json=unfinished)
    assert (await lync().create(spec(), "m")).ref == REF


async def test_b8_a_meeting_that_was_made_but_cannot_be_read_is_looked_for_before_a_second_one(server, lync):
    unfinished = {name: value for name, value in CREATED.items() if name != "joinUrl"}
    server.answers[f"POST {MEETINGS}"] = httpx.Response(201, json=unfinished)
    lost = complaint(404, "NotFound", "ApplicationNotFound")
    for answer in (httpx.Response(503), httpx.Response(200, json=unfinished), lost, httpx.Response(404)):
        server.answers[f"GET {ONE}"] = answer
        with pytest.raises(OutcomeUnknown):
            await lync().create(spec(), "m")
    assert len(server.sent(f"POST {MEETINGS}")) == 4, "one each"


async def test_too_many_meetings_is_for_the_administrator(server, lync):
    server.answers[f"POST {MEETINGS}"] = complaint(409, "Conflict", "TooManyOnlineMeetings")
    with pytest.raises(AccountBroken):
        await lync().create(spec(), "m")


async def test_a_join_link_that_is_no_web_address_is_not_handed_on(server, lync):
    wrong = {**CREATED, "joinUrl": "javascript:alert(1)"}
    server.answers[f"POST {MEETINGS}"] = httpx.Response(201, json=wrong)
    server.answers[f"GET {ONE}"] = httpx.Response(200, json=wrong)
    with pytest.raises(OutcomeUnknown):
        await lync().create(spec(), "m")


async def test_the_web_client_is_asked_for_when_the_form_says_so(server, lync):
    person = Person("chris@elsewhere.example")
    assert await lync().join_link(REF, person, Role.LEARNER) == CREATED["joinUrl"]
    forced = await lync(web_client=True).join_link(REF, person, Role.LEARNER)
    assert forced == f"{CREATED['joinUrl']}?sl=1"
    assert server.lines() == [], "a click asks the server nothing"


async def test_a_link_that_was_not_kept_is_found_at_the_click(server, lync):
    link = await lync().join_link(MeetingRef(URI), Person("chris@elsewhere.example"), Role.LEARNER)
    assert link == CREATED["joinUrl"]
