"""What a provider pushes about presence, understood; and why a push is not taken."""

from dataclasses import dataclass

from app.providers.presence import PresenceRow


class PushRefused(Exception):
    """A push that is not taken. Its text is for the log and holds nothing of what was sent."""


class PushNotAuthentic(PushRefused):
    """It does not prove that the provider sent it: a secret or a signature is missing, or wrong."""


class PushStale(PushRefused):
    """It was signed so long ago that somebody else may be repeating it."""


class PushUnreadable(PushRefused):
    """The provider sent it, and it makes no sense."""


@dataclass(frozen=True, slots=True)
class PushedRow:
    """Somebody's presence in the meeting in which `marker` was planted."""

    marker: str
    row: PresenceRow


@dataclass(frozen=True, slots=True)
class Push:
    """One push. `others`: how many facts are about what is not ours; `nobody`: how many name no person;
    `nonsense`: how many cannot be. `reply`: what the provider wants to hear at once (a challenge, say)."""

    rows: tuple[PushedRow, ...] = ()
    others: int = 0
    nobody: int = 0
    nonsense: int = 0
    reply: bytes | None = None
