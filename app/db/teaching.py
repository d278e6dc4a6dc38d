"""Who teaches a class, as conditions beside a `sessions` row: a launch's rule, for a whole list."""

from sqlalchemy import ColumnElement, Exists, and_, exists, or_, select, true

from app.db.tables import instructors, session_instructors, sessions

_STILL = session_instructors.c.removed_at.is_(None)
_HERE = instructors.c.connection_id == sessions.c.connection_id


def taught(key: str) -> ColumnElement[bool]:
    """Classes in which the person of that key presents: named, and not deactivated there; or, where the LMS
    names nobody, active at the class's connection and not taken off it."""
    theirs = session_instructors.c.email_key == key
    named = select(session_instructors.c.session_id).where(theirs, _STILL).correlate(None)
    gone = select(session_instructors.c.session_id).where(theirs, ~_STILL).correlate(None)
    return or_(
        and_(sessions.c.id.in_(named), ~_registered(key, active=False)),
        and_(sessions.c.unnamed == true(), _registered(key, active=True), sessions.c.id.not_in(gone)),
    )


def taken_off(key: str) -> ColumnElement[bool]:
    """Classes in which the person was named, and is not any more."""
    gone = select(session_instructors.c.session_id).where(session_instructors.c.email_key == key, ~_STILL)
    return sessions.c.id.in_(gone.correlate(None))


def is_named(key: str) -> ColumnElement[bool]:
    """Whether the class names the person."""
    mine = and_(session_instructors.c.session_id == sessions.c.id, session_instructors.c.email_key == key)
    return exists().where(mine, _STILL).correlate(sessions)


def _registered(key: str, active: bool) -> Exists:
    known = exists().where(_HERE, instructors.c.email_key == key, instructors.c.active.is_(active))
    return known.correlate(sessions)
