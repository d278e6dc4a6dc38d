"""What every provider must keep: inherit `ProviderContract`, offer a `bench`, and these scenarios run.

A bench is the vendor's side of the table: it counts what the vendor has and makes things go wrong there. What
a vendor cannot do stays unoverridden, and the scenarios that need it are skipped.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import uuid4

import pytest

from app.domain.errors import (
    AccountBroken,
    MeetingGone,
    OutcomeUnknown,
    PersonUnknown,
    ProviderError,
    ProviderRejected,
    ProviderUnavailable,
)
from app.domain.meeting import MeetingRef, MeetingSpec
from app.domain.people import Person, Role
from app.providers.base import AttendanceSource, Idempotency, PresenceRow, Provider
from app.providers.pushes import Push, PushNotAuthentic, PushUnreadable

NINE = datetime(2029, 5, 12, 9, 0, tzinfo=UTC)
LEARNER = Person("learner@elsewhere.example", "Lea Learner")


@dataclass(frozen=True)
class Sent:
    """One push as it travels. `headers` in lower case."""

    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Stay:
    """Somebody was in the meeting from – to, in minutes after nine."""

    person: Person
    joined: int
    left: int


class Bench:
    """One provider at one vendor, fresh for each test."""

    provider: Provider
    instructor = Person("trainer@example.com", "Tara Trainer")
    stranger = "nobody@example.com"

    def meetings(self) -> int:
        """How many meetings the vendor has for us."""
        pytest.skip("this vendor keeps no meetings")

    def lose_answers(self, *, count: int | None = None, rate: float = 1.0) -> None:
        """Writes are carried out and their answers are lost."""
        pytest.skip("this vendor is asked nothing")

    def be_unavailable(self) -> None:
        """Every call fails for now, and nothing happens."""
        pytest.skip("this vendor is always there")

    def refuse(self) -> None:
        """Creating is refused for good."""
        pytest.skip("this vendor refuses nothing")

    def break_account(self) -> None:
        """The account may not sign in any more."""
        pytest.skip("there is no account")

    def remove(self, ref: MeetingRef) -> None:
        """Somebody deletes the meeting at the vendor."""
        pytest.skip("this vendor keeps no meetings")

    def recover(self) -> None:
        """Nothing goes wrong any more."""

    async def pushes(self, ref: MeetingRef, stays: Sequence[Stay]) -> list[Sent]:
        """Everything that the vendor sends of such a class, in its order; people come by their links."""
        pytest.skip("this vendor pushes nothing")

    def forged(self, sent: Sent) -> list[Sent]:
        """The same push as others would send it, who do not have the secret."""
        pytest.skip("this vendor pushes nothing")

    def garbled(self, sent: Sent) -> list[Sent]:
        """Pushes that are the vendor's, and make no sense."""
        pytest.skip("this vendor pushes nothing")


def a_class(**changes) -> MeetingSpec:
    wanted = MeetingSpec(
        title="Fire safety – Brandschutz 火",
        description="Bring your badge & <helmet>.",
        starts_at=datetime(2029, 5, 12, 9, 0, tzinfo=UTC),
        ends_at=datetime(2029, 5, 12, 10, 30, tzinfo=UTC),
    )
    return replace(wanted, **changes)


def a_marker() -> str:
    return uuid4().hex


class ProviderContract:
    """The scenarios. A subclass offers the fixture `bench`."""

    async def test_a_created_meeting_is_found_by_its_marker_alone(self, bench):
        marker = a_marker()
        made = await bench.provider.create(a_class(presenters=(bench.instructor,)), marker)
        found = await bench.provider.find(marker, None)
        assert made.ref.provider_id
        assert found is not None
        assert found.ref.provider_id == made.ref.provider_id

    async def test_two_markers_are_two_meetings(self, bench):
        first = await bench.provider.create(a_class(), a_marker())
        second = await bench.provider.create(a_class(), a_marker())
        assert first.ref.provider_id != second.ref.provider_id

    async def test_a_marker_never_planted_is_not_found(self, bench):
        if bench.provider.card.idempotency is Idempotency.CHOSEN_ID:
            pytest.skip("ids are ours: every marker names its meeting")
        await bench.provider.create(a_class(), a_marker())
        assert await bench.provider.find(a_marker(), None) is None

    async def test_b8_a_lost_answer_is_an_unknown_outcome_and_the_meeting_is_found_again(self, bench):
        await bench.provider.find(a_marker(), None)
        marker = a_marker()
        bench.lose_answers(count=1)
        with pytest.raises(OutcomeUnknown):
            await bench.provider.create(a_class(), marker)
        assert bench.meetings() == 1, "no deed repeats a write on its own"
        assert await bench.provider.find(marker, None) is not None

    async def test_b8_with_a_fifth_of_the_answers_lost_there_are_as_many_meetings_as_sessions(self, bench):
        bench.lose_answers(rate=0.2)
        markers = [a_marker() for _ in range(25)]
        refs = {marker: await self._surely_made(bench.provider, marker) for marker in markers}
        assert bench.meetings() == len({ref.provider_id for ref in refs.values()}) == 25
        moved = a_class(
            starts_at=datetime(2029, 5, 13, 9, 0, tzinfo=UTC),
            ends_at=datetime(2029, 5, 13, 10, 0, tzinfo=UTC),
        )
        for marker, ref in refs.items():
            await self._surely(lambda ref=ref, marker=marker: bench.provider.update(ref, moved, marker))
        assert bench.meetings() == 25
        for ref in random.Random(7).sample(list(refs.values()), 10):
            await self._surely(lambda ref=ref: bench.provider.cancel(ref))
        assert bench.meetings() == 15

    async def _surely_made(self, provider: Provider, marker: str) -> MeetingRef:
        """As the services do it: after an unknown outcome, look before asking again."""
        for _ in range(20):
            try:
                return (await provider.create(a_class(), marker)).ref
            except (OutcomeUnknown, ProviderUnavailable):
                found = await self._surely(lambda: provider.find(marker, None))
                if found is not None:
                    return found.ref
        raise AssertionError("never made")

    async def _surely(self, deed):
        for _ in range(20):
            try:
                return await deed()
            except (OutcomeUnknown, ProviderUnavailable):
                continue
        raise AssertionError("never done")

    async def test_b10_the_link_and_the_id_outlive_a_move_and_a_change_of_instructor(self, bench):
        marker = a_marker()
        made = await bench.provider.create(a_class(presenters=(bench.instructor,)), marker)
        before = await _room(bench, made.ref)
        later = a_class(
            starts_at=datetime(2029, 6, 1, 7, 0, tzinfo=UTC), ends_at=datetime(2029, 6, 1, 8, 0, tzinfo=UTC)
        )
        moved = await bench.provider.update(made.ref, replace(later, title="Moved"), marker)
        assert moved.ref.provider_id == made.ref.provider_id
        assert await _room(bench, moved.ref) == before

    async def test_b8_an_update_whose_answer_was_lost_may_be_repeated(self, bench):
        marker = a_marker()
        made = await bench.provider.create(a_class(), marker)
        bench.lose_answers(count=1)
        with pytest.raises(OutcomeUnknown):
            await bench.provider.update(made.ref, a_class(title="Moved"), marker)
        again = await bench.provider.update(made.ref, a_class(title="Moved"), marker)
        assert again.ref == made.ref
        assert bench.meetings() == 1

    async def test_a12_an_update_of_a_meeting_that_is_gone_says_so(self, bench):
        marker = a_marker()
        made = await bench.provider.create(a_class(), marker)
        bench.remove(made.ref)
        with pytest.raises(MeetingGone):
            await bench.provider.update(made.ref, a_class(title="Moved"), marker)

    async def test_b7_an_error_of_the_vendor_is_never_taken_for_a_missing_meeting(self, bench):
        marker = a_marker()
        made = await bench.provider.create(a_class(), marker)
        bench.be_unavailable()
        for deed in (
            lambda: bench.provider.find(marker, made.ref),
            lambda: bench.provider.update(made.ref, a_class(title="Moved"), marker),
            lambda: bench.provider.cancel(made.ref),
        ):
            with pytest.raises((ProviderUnavailable, OutcomeUnknown)):
                await deed()
        bench.recover()
        assert await bench.provider.find(marker, None) is not None

    async def test_a21_cancelling_twice_is_a_success(self, bench):
        marker = a_marker()
        made = await bench.provider.create(a_class(), marker)
        await bench.provider.cancel(made.ref)
        await bench.provider.cancel(made.ref)
        if bench.provider.card.idempotency is not Idempotency.CHOSEN_ID:
            assert await bench.provider.find(marker, made.ref) is None
            assert bench.meetings() == 0

    async def test_b9_cancel_removes_this_meeting_and_no_other(self, bench):
        kept, gone = a_marker(), a_marker()
        await bench.provider.create(a_class(), kept)
        made = await bench.provider.create(a_class(), gone)
        await bench.provider.cancel(made.ref)
        assert await bench.provider.find(kept, None) is not None
        assert bench.meetings() == 1

    async def test_an_unavailable_vendor_makes_nothing_and_is_asked_again_with_success(self, bench):
        bench.be_unavailable()
        with pytest.raises(ProviderUnavailable):
            await bench.provider.create(a_class(), marker := a_marker())
        bench.recover()
        await bench.provider.create(a_class(), marker)
        assert bench.meetings() == 1

    async def test_a_refusal_is_told_apart_from_an_outage(self, bench):
        bench.refuse()
        with pytest.raises((ProviderRejected, AccountBroken)) as caught:
            await bench.provider.create(a_class(), a_marker())
        assert not isinstance(caught.value, ProviderUnavailable | OutcomeUnknown)

    async def test_a13_an_unknown_instructor_is_named_as_such(self, bench):
        if not bench.provider.card.checks_people:
            pytest.skip("this provider has no directory")
        with pytest.raises(PersonUnknown):
            await bench.provider.find_person(bench.stranger)

    async def test_b19_a_known_instructor_is_found_in_any_spelling(self, bench):
        if not bench.provider.card.checks_people:
            pytest.skip("this provider has no directory")
        found = await bench.provider.find_person(bench.instructor.email.upper())
        assert found
        assert found == await bench.provider.find_person(bench.instructor.email)

    async def test_b17_what_is_kept_of_a_meeting_are_strings_and_a_learner_gets_no_host_link(self, bench):
        made = await bench.provider.create(a_class(presenters=(bench.instructor,)), a_marker())
        assert all(isinstance(value, str) for value in made.ref.details.values())
        link = await bench.provider.join_link(made.ref, LEARNER, Role.LEARNER)
        if bench.provider.card.hosted:
            assert link is None
        else:
            assert link is not None
            assert link.startswith("https://")
            assert await bench.provider.join_link(made.ref, bench.instructor, Role.INSTRUCTOR)

    async def test_the_check_tells_its_steps(self, bench):
        report = await bench.provider.check()
        assert report.ok
        assert all(step.name for step in report.steps)

    async def test_b16_a_broken_account_is_a_failed_step_and_no_exception(self, bench):
        bench.break_account()
        report = await bench.provider.check()
        assert not report.ok
        assert report.steps[-1].detail, "the failed step says what to do"
        assert all(step.ok for step in report.steps[:-1]), "the first failure ends the list"

    async def test_a_broken_account_is_an_error_that_an_administrator_can_act_on(self, bench):
        bench.break_account()
        with pytest.raises(AccountBroken):
            await bench.provider.create(a_class(), a_marker())

    async def test_a6_no_error_shows_anything_of_the_vendor_to_a_person(self, bench):
        bench.break_account()
        with pytest.raises(ProviderError) as caught:
            await bench.provider.create(a_class(), a_marker())
        assert "://" not in caught.value.message
        assert "@" not in caught.value.message

    async def test_signing_out_is_repeatable_and_a_later_call_signs_in_again(self, bench):
        marker = a_marker()
        await bench.provider.create(a_class(), marker)
        await bench.provider.aclose()
        await bench.provider.aclose()
        assert await bench.provider.find(marker, None) is not None

    async def test_b21_pushes_tell_of_our_people_in_our_meeting(self, bench):
        marker, made = await _made(bench)
        rows = [pushed for sent in await bench.pushes(made, CLASS) for pushed in _read(bench, sent).rows]
        assert {pushed.marker for pushed in rows} == {marker}
        assert _told([pushed.row for pushed in rows]) == EXPECTED

    async def test_b21_pushes_in_any_order_doubled_or_late_tell_the_same(self, bench):
        _, made = await _made(bench)
        sent = await bench.pushes(made, CLASS)
        shuffled = random.Random(21)
        orders = list(permutations(sent))[:24] if len(sent) < 6 else []
        orders += [shuffled.sample(sent, len(sent)) for _ in range(50)]
        for order in orders:
            doubled = [*order, *shuffled.sample(sent, len(sent) // 2)]
            assert _told([pushed.row for one in doubled for pushed in _read(bench, one).rows]) == EXPECTED

    async def test_b21_a_push_that_got_lost_is_mended_by_later_ones(self, bench):
        """Each push but the last one may get lost."""
        _, made = await _made(bench)
        *sent, last = await bench.pushes(made, CLASS)
        for lost in sent:
            rows = [p.row for one in (*sent, last) if one is not lost for p in _read(bench, one).rows]
            assert _told(rows) == EXPECTED

    async def test_a_push_without_the_secret_is_not_read(self, bench):
        _, made = await _made(bench)
        for sent in await bench.pushes(made, CLASS):
            for forged in bench.forged(sent):
                with pytest.raises(PushNotAuthentic):
                    bench.provider.read_push(forged.headers, forged.body)

    async def test_a_push_that_makes_no_sense_is_said_to_make_none_and_nothing_breaks(self, bench):
        _, made = await _made(bench)
        for sent in await bench.pushes(made, CLASS):
            for garbled in bench.garbled(sent):
                try:
                    push = bench.provider.read_push(garbled.headers, garbled.body)
                except PushUnreadable:
                    continue
                assert push.nonsense, garbled.body
                assert not push.rows

    async def test_whoever_pushes_nothing_takes_no_push(self, bench):
        if bench.provider.attendance_source is AttendanceSource.PUSH:
            pytest.skip("this one does")
        with pytest.raises(PushNotAuthentic):
            bench.provider.read_push({"authorization": "Bearer anything"}, b"{}")

    def test_the_form_names_and_explains_its_fields(self, bench):
        fields = bench.provider.Settings.model_fields.values()
        assert all(field.title and field.description for field in fields)


TWICE = Person("twice@elsewhere.example", "Two Devices")
CLASS = (
    Stay(LEARNER, 0, 20),
    Stay(TWICE, 1, 40),
    Stay(TWICE, 30, 60),  # a second device
    Stay(LEARNER, 25, 89),  # came again
)
EXPECTED = {
    LEARNER.email: [
        (NINE, NINE + timedelta(minutes=20)),
        (NINE + timedelta(minutes=25), NINE + timedelta(minutes=89)),
    ],
    TWICE.email: [
        (NINE + timedelta(minutes=1), NINE + timedelta(minutes=40)),
        (NINE + timedelta(minutes=30), NINE + timedelta(minutes=60)),
    ],
}


async def _made(bench: Bench) -> tuple[str, MeetingRef]:
    marker = a_marker()
    return marker, (await bench.provider.create(a_class(), marker)).ref


async def _room(bench: Bench, ref: MeetingRef) -> str | None:
    """The link, without what belongs to one person and one moment."""
    link = await bench.provider.join_link(ref, LEARNER, Role.LEARNER)
    return link.partition("?")[0] if link and bench.provider.card.join_link_per_person else link


def _read(bench: Bench, sent: Sent) -> Push:
    return bench.provider.read_push(sent.headers, sent.body)


def _told(rows: Sequence[PresenceRow]) -> dict[str, list[tuple[datetime, datetime | None]]]:
    """Stays by person, as the evidence keeps them: one row for each instance, only ever extended."""
    kept: dict[str, PresenceRow] = {}
    for row in rows:
        known = kept.get(row.instance, row)
        ends = [end for end in (known.left_at, row.left_at) if end]
        kept[row.instance] = replace(known, left_at=max(ends, default=None))
    people: dict[str, list[tuple[datetime, datetime | None]]] = {}
    for row in sorted(kept.values(), key=lambda one: one.joined_at):
        people.setdefault(row.email, []).append((row.joined_at, row.left_at))
    return people
