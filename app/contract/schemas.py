"""Fields to drafts: what a request means, in the words of the domain. Pure but for warnings in the log.

Over-long text is not refused, since the limits of contract A4 are the LMS's promise: it is cut at the caps
below, which keep rows and pages sane.
"""

from typing import Any
from urllib.parse import unquote_to_bytes

import structlog
from starlette.requests import Request

from app.contract.addresses import email, instructor_emails
from app.contract.plaintext import has_controls, one_line, plain_text
from app.contract.reading import Fields, read, sound
from app.contract.times import moment, offset
from app.domain.errors import InvalidRequest
from app.domain.people import InstructorChange, InstructorDraft
from app.domain.session import SessionDraft, session_key

log = structlog.get_logger()

MOST_TITLE = 1_000
MOST_DESCRIPTION = 10_000
MOST_NAME = 200
MOST_LABEL = 100
MOST_SESSION_ID = 200


async def fields_of(request: Request) -> Fields:
    """The fields of a request's body. Raises InvalidRequest, TooLarge."""
    return read(await request.body(), request.headers.get("content-type", ""))


def instructor_draft(fields: Fields) -> InstructorDraft:
    """AddInstructorRequest."""
    return InstructorDraft(email(fields, "Email"), _name(fields, "FirstName"), _name(fields, "LastName"))


def instructor_change(fields: Fields) -> InstructorChange:
    """UpdateInstructorRequest; IsActive missing or null means: unchanged."""
    return InstructorChange(
        old_email=email(fields, "OldEmail"),
        record=InstructorDraft(
            email(fields, "NewEmail"),
            _name(fields, "FirstName"),
            _name(fields, "LastName"),
            fields.flag("IsActive"),
        ),
    )


def session_draft(fields: Fields, path_id: str | None = None) -> SessionDraft:
    """SessionRequest. `path_id`, where there is one, wins over the id in the body."""
    starts_at, ends_at = moment(fields, "DateBegin"), moment(fields, "DateEnd")
    if ends_at <= starts_at:
        raise InvalidRequest("DateEnd must be later than DateBegin.")
    zone = _offset_given(fields.raw("TimeZone"))
    return SessionDraft(
        external_id=_body_id(fields) if path_id is None else _path_id(fields, path_id),
        title=_required_line(fields, "Title", MOST_TITLE),
        description=plain_text(fields.optional_text("Description"))[:MOST_DESCRIPTION].rstrip(),
        starts_at=starts_at,
        ends_at=ends_at,
        creator_email=email(fields, "CreatorEmail"),
        time_zone=_label(zone),
        utc_offset=_understood(zone),
        instructors=instructor_emails(fields),
        lo_id=_learning_object(fields),
    )


def session_id(segment: str) -> str:
    """The SessionId in a path, still percent-encoded. Raises InvalidRequest."""
    raw = unquote_to_bytes(segment)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return _session_id(text)


def _session_id(text: str) -> str:
    if len(sound(text, "SessionId")) > MOST_SESSION_ID:
        raise InvalidRequest(f"SessionId is longer than {MOST_SESSION_ID} characters.")
    if has_controls(text):
        raise InvalidRequest("SessionId holds a control character.")
    if not session_key(text).strip(" {}"):
        raise InvalidRequest("SessionId is missing.")
    return text.strip()


def _body_id(fields: Fields) -> str:
    return _session_id(fields.text("SessionId"))


def _path_id(fields: Fields, path_id: str) -> str:
    told = fields.optional_text("SessionId")
    if told and session_key(_session_id(told)) != session_key(path_id):
        log.warning("SessionId differs between path and body; the path is used")
    return path_id


def _name(fields: Fields, name: str) -> str:
    return _required_line(fields, name, MOST_NAME)


def _required_line(fields: Fields, name: str, most: int) -> str:
    line = one_line(fields.text(name))[:most].rstrip()
    if not line:
        raise InvalidRequest(f"{name} is missing.")
    return line


def _learning_object(fields: Fields) -> str | None:
    value = fields.raw("LoId")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return one_line(sound(value, "LoId"))[:MOST_SESSION_ID] or None if value is not None else None


def _offset_given(zone: Any) -> Any:
    """TimeZone is an object with UTCOffset, or by tolerance its bare value."""
    return zone.raw("UTCOffset") if isinstance(zone, Fields) else zone


def _label(zone: Any) -> str:
    """The raw text of an offset, kept for people; anything that is not text or a number is left out."""
    if isinstance(zone, bool) or not isinstance(zone, (str, int, float)):
        return ""
    storable = str(zone).encode(errors="replace").decode()
    return one_line(storable)[:MOST_LABEL]


def _understood(zone: Any) -> Any:
    found = offset(zone)
    if found is None and zone is not None:
        log.warning("TimeZone was not understood; dates are UTC anyway", time_zone=_label(zone))
    return found
