"""What each deed asks of the provider, and what a failure of it means."""

from datetime import datetime, timedelta

import structlog

from app.domain.deeds import Deed, Outcome, Work
from app.domain.errors import (
    AccountBroken,
    ConnectorError,
    MeetingGone,
    OutcomeUnknown,
    ProviderError,
    ProviderRejected,
    ProviderUnavailable,
)
from app.domain.meeting import MeetingState
from app.providers.base import Provider, ProviderMeeting

log = structlog.get_logger()

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=1)
PARKED_AFTER = 8  # failures that the house has no word for: a bug, an answer that makes no sense


async def do(provider: Provider, work: Work) -> Outcome:
    """Ask the provider for the deed. Raises its errors."""
    match work.deed:
        case Deed.CREATE:
            return _live(await provider.create(work.spec, marker(work)))
        case Deed.FIND_OR_CREATE:
            return _live(await _find_or_create(provider, work))
        case Deed.UPDATE:
            return await _update(provider, work)
        case Deed.CANCEL:
            if work.meeting.ref is not None:
                await provider.cancel(work.meeting.ref)
        case Deed.FIND_AND_CANCEL:
            found = await provider.find(marker(work), work.meeting.ref)
            if found is not None:
                await provider.cancel(found.ref)
    return Outcome(MeetingState.CANCELLED)


async def _find_or_create(provider: Provider, work: Work) -> ProviderMeeting:
    found = await provider.find(marker(work), work.meeting.ref)
    if found is None:
        return await provider.create(work.spec, marker(work))
    return await provider.update(found.ref, work.spec, marker(work))


async def _update(provider: Provider, work: Work) -> Outcome:
    assert work.meeting.ref is not None, "a live meeting is known by its reference"
    try:
        return _live(await provider.update(work.meeting.ref, work.spec, marker(work)))
    except MeetingGone:  # one answer is no proof: look a second time before it counts as deleted
        return _live(await _find_or_create(provider, work))


def marker(work: Work) -> str:
    """What is planted in the meeting so that it can be found again."""
    return str(work.meeting.id)


def _live(meeting: ProviderMeeting) -> Outcome:
    for downgrade in meeting.downgrades:
        log.warning("meeting downgraded", detail=downgrade)
    return Outcome(MeetingState.LIVE, meeting.ref)


def failure(work: Work, error: Exception, now: datetime) -> Outcome:
    """What is known after `error`, and when to try again."""
    again_at = next_try(error, work.meeting.attempts, now)
    kind, sentence = in_words(error)
    return Outcome(_state_after(work, error), error=sentence, error_kind=kind, next_try_at=again_at)


def _state_after(work: Work, error: Exception) -> MeetingState:
    """Only a refused first CREATE is sure to have left nothing behind."""
    refused = isinstance(error, ProviderError) and not isinstance(error, OutcomeUnknown)
    if work.deed is Deed.CREATE and refused:
        return MeetingState.WANTED
    if work.deed in (Deed.UPDATE, Deed.CANCEL):
        return MeetingState.LIVE
    return MeetingState.UNCERTAIN


def next_try(error: Exception, attempts: int, now: datetime) -> datetime | None:
    """When to try again after `attempts` failures and one more; None: park it.

    What is refused for good stays refused until somebody changes something. A broken account is left alone
    for an hour at once (accounts lock). An outage is waited for as long as it takes.
    """
    if isinstance(error, ProviderRejected):
        return None
    if not isinstance(error, ConnectorError) and attempts + 1 >= PARKED_AFTER:
        return None
    if isinstance(error, AccountBroken):
        return now + LONGEST_PAUSE
    asked = error.retry_after if isinstance(error, ProviderUnavailable) else None
    doubled = FIRST_PAUSE * (1 << min(attempts, 8))
    return now + min(max(doubled, asked or timedelta(0)), LONGEST_PAUSE)


def in_words(error: Exception) -> tuple[str, str]:
    """(kind, a sentence fit for any person); what the house has no word for is named by its class alone."""
    sentence = error.message if isinstance(error, ConnectorError) else ProviderError.default
    return _fact(error), sentence


def _fact(error: Exception) -> str:
    """The name of the house's own error that it is: a vendor's finer distinctions are not kept."""
    own = (kind.__name__ for kind in type(error).__mro__ if kind.__module__ == ConnectorError.__module__)
    return next(own, type(error).__name__)
