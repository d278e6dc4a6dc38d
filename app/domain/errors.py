"""What can go wrong, named as facts. No status codes here: each door dresses these in its own way.

`message` is short and may be shown to a learner, so it holds no host name, secret or provider detail.
The technical cause rides along (`raise … from exc`) into the log and nowhere else.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta


class ConnectorError(Exception):
    """Anything this service says no with. Its text may be shown to any person."""

    default = "Something went wrong."

    def __init__(self, message: str | None = None) -> None:
        self.message = message or self.default
        super().__init__(self.message)


# --- the caller's side -------------------------------------------------------------------------


class InvalidRequest(ConnectorError):
    """The request cannot be understood; `message` names the field."""

    default = "The request could not be understood."


class InvalidSettings(InvalidRequest):
    """A provider's form with fields that cannot be so; `fields` has a sentence for each of them."""

    default = "Some of the settings cannot be so."

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = dict(fields)
        super().__init__(" ".join(f"{name}: {text}" for name, text in fields.items()) or None)


class TriedAndFailed(InvalidRequest):
    """Settings that were tried for real and do not work, for an administrator: names the step and what to do.

    `steps`: (what was tried, whether it worked, what to do) in their order; the last one failed.
    """

    default = "The connection was tried and does not work."

    def __init__(self, steps: Sequence[tuple[str, bool, str]]) -> None:
        self.steps = tuple(steps)
        failed = next((step for step in self.steps if not step[1]), None)
        super().__init__(failed and f"This step failed: {failed[0]}. {failed[2]}".strip())


class TooLarge(InvalidRequest):
    default = "The request is too large."


class UnknownCaller(ConnectorError):
    """No credentials, or credentials that are not (or no longer) good."""

    default = "The user name or password is not correct."


class Throttled(UnknownCaller):
    """Too many failed attempts; further ones are refused unread for `retry_after`."""

    default = "Too many failed attempts. Please wait a minute and try again."

    def __init__(self, retry_after: timedelta, message: str | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotAllowed(ConnectorError):
    default = "This account is not allowed to do that."


class ScopeNotHeld(NotAllowed):
    """A token was asked for with a scope that the account does not have."""

    default = "This account does not have every scope that was asked for."


class NotFound(ConnectorError):
    default = "This does not exist."


class SessionNotFound(NotFound):
    default = "This training session is not known here."


class SessionCancelled(SessionNotFound):
    default = "This training session was cancelled."


class LinkNotValid(NotFound):
    """A join link that was not made here, or was made too long ago."""

    default = "This link is not valid. Please open the class from your training portal again."


class InstructorNotFound(NotFound):
    default = "This instructor is not known."


class Conflict(ConnectorError):
    """Somebody else changed the thing first, or it is already so."""

    default = "This was changed by somebody else in the meantime."


class Stale(Conflict):
    """What the change was based on is not the present state: look again, then decide."""

    default = "Somebody else changed this in the meantime. Here is how it stands now; please try again."


class Busy(ConnectorError):
    """The same thing is being done right now and did not end within the time there was."""

    default = "The meeting is still being prepared. Please try again in a moment."


# --- the provider's side: split by what the caller can do ---------------------------------------


class ProviderError(ConnectorError):
    """A meeting provider did not do what it was asked for."""

    default = "The meeting provider could not do this."


class ProviderRejected(ProviderError):
    """Refused for good: asking again with the same content will not help. Tell the person."""

    default = "The meeting provider refused this request."


class PersonUnknown(ProviderRejected):
    """The provider's directory does not have this person."""

    default = "The meeting provider does not know this person. Please check the e-mail address."


class MeetingGone(ProviderRejected):
    """The provider no longer has this meeting."""

    default = "The meeting no longer exists at the provider."


class AccountBroken(ProviderError):
    """The connection's own account or rights are at fault: an administrator must act. Never hammer."""

    default = "The meeting provider does not accept this connection's account. Please tell the administrator."


class ProviderUnavailable(ProviderError):
    """Nothing happened there, and it may work later, at the earliest after `retry_after`."""

    default = "The meeting provider cannot be reached at the moment. Please try again later."

    def __init__(self, message: str | None = None, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class OutcomeUnknown(ProviderError):
    """The request was sent and the answer lost: it may or may not have happened. Look before repeating."""

    default = "The meeting provider did not answer in time. Please try again in a moment."
