"""What event_sync tells is understood as it is meant, and no further."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest

from app.domain.people import Person, Role
from app.providers.jitsi import PROVIDER
from tests.providers.contract import LEARNER, a_class
from tests.providers.jitsi.bench import CONFIG_JS, event, prosody, settings, web
from tests.providers.jitsi.prosody import Event, Prosody

AT = 1_900_000_000


@pytest.fixture
def jitsi():
    return PROVIDER(settings(), web(httpx.Response(200, text=CONFIG_JS)))


def read(jitsi, told: Event):
    return jitsi.read_push(prosody().headers(), told.body)


async def entered(jitsi, server: Prosody, person: Person = LEARNER):
    """Somebody in a room of ours: the room's name, and the occupant."""
    ref = (await jitsi.create(a_class(), str(uuid4()))).ref
    link = await jitsi.join_link(ref, person, Role.LEARNER)
    user = server.claims(link.partition("jwt=")[2])["context"]["user"]
    return ref.provider_id, server._enter(ref.provider_id, user, AT)


async def test_a_breakout_room_is_the_same_class(jitsi):
    server = prosody()
    room, who = await entered(jitsi, server)
    server.move(room, who, "breakout-1", AT + 600)
    server.destroy(room, AT + 1200)
    rows = [pushed.row for told in server.events for pushed in read(jitsi, told).rows]
    assert len({row.instance for row in rows}) == 2
    assert {row.email for row in rows} == {LEARNER.email}
    assert max(row.left_at for row in rows if row.left_at) == datetime.fromtimestamp(AT + 1200, UTC)


async def test_b1_a_guest_with_somebodys_name_is_nobody(jitsi):
    server = prosody()
    room, _ = await entered(jitsi, server)
    server._enter(room, {"name": LEARNER.name, "email": LEARNER.email, "id": "made-up"}, AT)
    push = read(jitsi, server.events[-1])
    assert (push.rows, push.nobody) == ((), 1)


async def test_an_id_of_another_room_names_nobody_here(jitsi):
    server = prosody()
    _, who = await entered(jitsi, server)
    elsewhere, _ = await entered(jitsi, server)
    server._enter(elsewhere, who.user, AT)
    assert read(jitsi, server.events[-1]).nobody == 1


async def test_other_rooms_and_events_of_tomorrow_are_left_out(jitsi):
    server = prosody()
    server.guest("catchup", AT)
    server.guest("vilt-catchup", AT)
    room, _ = await entered(jitsi, server)
    tomorrow = event("muc-hand-raised", room)
    told = [*server.events[:4], tomorrow]
    assert [(push.rows, push.others) for push in (read(jitsi, one) for one in told)] == [((), 1)] * 5


async def test_a_room_of_a_tenant_is_still_ours(jitsi):
    server = prosody()
    room, _ = await entered(jitsi, server)
    told = json.loads(server.events[-1].body) | {"room_name": f"[school]{room}"}
    assert len(jitsi.read_push(server.headers(), json.dumps(told).encode()).rows) == 1


async def test_an_empty_list_of_occupants_comes_as_an_object(jitsi):
    room, _ = await entered(jitsi, prosody())
    empty = event("muc-room-destroyed", room, destroyed_at=AT, all_occupants=[])
    assert b"{}" in empty.body
    assert read(jitsi, empty).nonsense == 0


async def test_one_line_that_cannot_be_spoils_no_other(jitsi):
    server = prosody()
    room, who = await entered(jitsi, server)
    server.leave(room, who, AT + 60)
    told = [who.told(), {**who.told(), "joined_at": "?"}, 7]
    push = read(jitsi, event("muc-room-destroyed", room, destroyed_at=AT + 90, all_occupants=told))
    assert (len(push.rows), push.nonsense) == (1, 2)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (httpx.Response(404), "404"),
        (httpx.Response(200, text="<html>Welcome</html>"), "not that of Jitsi Meet"),
        (httpx.ConnectError("refused"), "No secure connection"),
        (httpx.ReadTimeout("slow"), "did not answer in time"),
    ],
)
async def test_b16_a_check_that_fails_says_what_to_do(answer, told):
    report = await PROVIDER(settings(), web(answer)).check()
    assert not report.ok
    assert told in report.steps[-1].detail


async def test_a_check_warns_of_guests_and_of_another_domain():
    config = "var config = { hosts: {\n domain: 'meet.jitsi',\n anonymousdomain: 'guest.meet.jitsi' } };"
    report = await PROVIDER(settings(), web(httpx.Response(200, text=config))).check()
    assert report.ok
    assert any("meet.jitsi" in one for one in report.warnings)
    assert any("guests" in one for one in report.warnings)


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "http://meet.example.com"},
        {"address": "https://me@meet.example.com"},
        {"address": "https://meet.example.com/?x"},
        {"address": "https://"},
        {"event_secret": "too short"},
        {"event_secret": "with a space in the middle"},
        {"app_secret": "ümlauts-are-none-of-ascii"},
    ],
)
def test_a_form_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        settings(**wrong)


@pytest.mark.parametrize(
    "typed", ["meet.example.com", "https://meet.example.com/", "HTTPS://Meet.Example.com"]
)
def test_an_address_is_taken_as_people_type_it(typed):
    assert settings(address=typed).address == "https://meet.example.com"
    assert settings(address=typed).xmpp_domain == "meet.example.com"
    assert settings(address=typed, domain="meet.jitsi").xmpp_domain == "meet.jitsi"
