"""What a client may write into a meeting, checked property by property."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.simulators.lync import accounts, dates
from app.simulators.lync.options import ACCESS_LEVELS, ANNOUNCEMENTS, LEADER_ASSIGNMENTS, SWITCH
from app.simulators.lync.state import Meeting, Pool
from app.simulators.lync.wire import Json, UcwaError, invalid

_YEAR = 365.25 * 86400


@dataclass(frozen=True)
class Draft:
    """A meeting as a request describes it; whatever the request leaves out has its default."""

    subject: str | None
    description: str | None
    access_level: str
    leader_assignment: str
    announcement: str
    lobby_bypass: str
    phone_admission: str
    expires_at: float
    leaders: list[str] = field(default_factory=list)
    attendees: list[str] = field(default_factory=list)

    def write(self, meeting: Meeting) -> None:
        """Replace the whole of the meeting: PUT keeps nothing of what was there before."""
        for name, value in vars(self).items():
            setattr(meeting, name, value)


def read(pool: Pool, body: Json) -> Draft:
    """The draft in a request body; everything that is wrong with it is named in one answer.

    Unknown properties are ignored: the documentation's own example sends one (attendanceAnnouncementsStatus).
    """
    reader = _Reader(pool, body)
    options = pool.options
    draft = Draft(
        subject=reader.text("subject", options.max_subject),
        description=reader.text("description"),
        access_level=reader.choice(
            "accessLevel", ("None", *ACCESS_LEVELS), options.access_levels, options.default_access_level
        ),
        leader_assignment=reader.choice(
            "automaticLeaderAssignment",
            LEADER_ASSIGNMENTS,
            options.leader_assignments,
            options.default_leader_assignment,
        ),
        announcement=reader.choice(
            "entryExitAnnouncement", ANNOUNCEMENTS, options.announcements, options.default_announcement
        ),
        lobby_bypass=reader.choice(
            "lobbyBypassForPhoneUsers", SWITCH, options.lobby_bypass, options.default_lobby_bypass
        ),
        phone_admission=reader.choice(
            "phoneUserAdmission", SWITCH, SWITCH if options.dial_in else ("Disabled",), "Disabled"
        ),
        expires_at=reader.expiry(),
        leaders=reader.people("leaders"),
        attendees=reader.people("attendees"),
    )
    reader.finish()
    return draft


class _Reader:
    """Reads properties and collects what is wrong."""

    def __init__(self, pool: Pool, body: Json) -> None:
        self._pool, self._body, self._wrong = pool, body, dict[str, str]()

    def text(self, name: str, longest: int | None = None) -> str | None:
        """[judge] The limit of a subject is documented for joining (250), not for scheduling."""
        value = self._typed(name, str)
        if value is not None and longest and len(value) > longest:
            self._wrong[name] = f"The maximum length is {longest} characters."
        return value or None

    def choice(self, name: str, known: tuple[str, ...], eligible: tuple[str, ...], default: str) -> str:
        """[judge] An unknown word and a known one that is not eligible fail alike, with 400."""
        value: str = self._typed(name, str) or default
        if value not in known:
            self._wrong[name] = f"{value!r} is not one of {', '.join(known)}."
        elif value not in eligible and name in self._body:
            self._wrong[name] = f"{value!r} is not among the eligible values {', '.join(eligible)}."
        return value

    def people(self, name: str) -> list[str]:
        """A list of `sip:` URIs of the organisation."""
        value = self._typed(name, list) or []
        for each in value:
            if not isinstance(each, str) or not each.lower().startswith("sip:") or "@" not in each:
                self._wrong[name] = f"{each!r} is not a SIP URI."
            elif not accounts.of_organisation(self._pool, each):
                self._wrong[name] = f"{each!r} is not part of the organization."
        return value

    def expiry(self) -> float:
        """Left out: eight hours from now. Otherwise between one year ago and ten years ahead."""
        now = self._pool.clock.now()
        text = self._typed("expirationTime", str)
        if text is None:
            return now + self._pool.options.default_expiry
        try:
            moment = dates.read(text)
        except ValueError:
            self._wrong["expirationTime"] = f"{text!r} is not a date."
            return now
        if not now - _YEAR <= moment <= now + 10 * _YEAR:
            self._wrong["expirationTime"] = "Must be between one year before and ten years after now."
        return moment

    def finish(self) -> None:
        """Refuse if anything was wrong."""
        if self._wrong:
            raise invalid("A parameter value is not valid.", **self._wrong)

    def _typed(self, name: str, kind: type) -> Any:
        value = self._body.get(name)
        if value is not None and not isinstance(value, kind):
            raise UcwaError(400, "DeserializationFailure", f"{name} has the wrong type.")
        return value
