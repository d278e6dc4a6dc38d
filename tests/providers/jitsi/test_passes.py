"""A link lets one person into one room, in one role, for one class; and shows nobody's address."""

import base64
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.domain.meeting import MeetingRef
from app.domain.people import Person, Role
from app.providers.http import ProviderHttp
from app.providers.jitsi import PROVIDER
from tests.providers.contract import LEARNER, a_class
from tests.providers.jitsi.bench import prosody, settings
from tests.providers.jitsi.prosody import NotLetIn

TRAINER = Person("trainer@example.com", "Tara Trainer")


@pytest.fixture
def jitsi():
    return PROVIDER(settings(), ProviderHttp())


def soon(**changes):
    now = datetime.now(UTC)
    return a_class(starts_at=now, ends_at=now + timedelta(hours=1), **changes)


async def room(jitsi) -> MeetingRef:
    return (await jitsi.create(soon(), str(uuid4()))).ref


async def test_the_server_lets_the_holder_in_and_knows_who_leads(jitsi):
    ref, server, now = await room(jitsi), prosody(), int(datetime.now(UTC).timestamp())
    learner = server.join(await jitsi.join_link(ref, LEARNER, Role.LEARNER), now).user
    trainer = server.join(await jitsi.join_link(ref, TRAINER, Role.INSTRUCTOR), now).user
    assert (learner["moderator"], learner["affiliation"]) == (False, "member")
    assert (trainer["moderator"], trainer["affiliation"]) == (True, "owner")
    assert trainer["name"] == "Tara Trainer"


async def test_b17_a_learners_link_moderates_nowhere_even_when_the_learner_leads_elsewhere(jitsi):
    link = await jitsi.join_link(await room(jitsi), TRAINER, Role.LEARNER)
    user = prosody().claims(link.partition("jwt=")[2])["context"]["user"]
    assert (user["moderator"], user["affiliation"]) == (False, "member")


async def test_a_pass_opens_no_other_room_and_not_after_the_class(jitsi):
    first, second = await room(jitsi), await room(jitsi)
    link = await jitsi.join_link(first, LEARNER, Role.LEARNER)
    now = datetime.now(UTC)
    with pytest.raises(NotLetIn, match="something else"):
        prosody().join(link.replace(first.provider_id, second.provider_id), int(now.timestamp()))
    with pytest.raises(NotLetIn, match="not now"):
        prosody().join(link, int((now + timedelta(hours=2, minutes=1)).timestamp()))


async def test_a_class_that_is_moved_has_the_same_room_and_its_passes_end_with_it(jitsi):
    marker, later = str(uuid4()), soon().ends_at + timedelta(hours=5)
    made = await jitsi.create(soon(), marker)
    moved = await jitsi.update(made.ref, a_class(starts_at=later, ends_at=later), marker)
    assert moved.ref.provider_id == made.ref.provider_id
    link = await jitsi.join_link(moved.ref, LEARNER, Role.LEARNER)
    claims = prosody().claims(link.partition("jwt=")[2])
    assert claims["exp"] == int((later + timedelta(hours=1)).timestamp())


async def test_a_pass_bound_to_a_class_that_is_over_still_works_where_the_door_lets_somebody_in(jitsi):
    ended = datetime.now(UTC) - timedelta(days=1)
    ref = (await jitsi.create(a_class(starts_at=ended, ends_at=ended), str(uuid4()))).ref
    link = await jitsi.join_link(ref, LEARNER, Role.LEARNER)
    assert prosody().join(link, int(datetime.now(UTC).timestamp()))


async def test_b25_neither_link_nor_events_show_an_address(jitsi):
    link = await jitsi.join_link(await room(jitsi), LEARNER, Role.LEARNER)
    claims = link.partition("jwt=")[2].split(".")[1]
    assert b"@" not in base64.urlsafe_b64decode(claims + "==")
    server = prosody()
    server.join(link, int(datetime.now(UTC).timestamp()))
    assert all(b"@elsewhere" not in event.body for event in server.events)


async def test_the_same_person_has_the_same_id_in_a_room_and_another_one_elsewhere(jitsi):
    first, second = await room(jitsi), await room(jitsi)

    async def planted(ref):
        link = await jitsi.join_link(ref, LEARNER, Role.LEARNER)
        return prosody().claims(link.partition("jwt=")[2])["context"]["user"]["id"]

    assert await planted(first) == await planted(first) != await planted(second)
