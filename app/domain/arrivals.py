"""What the audit trail calls the comings and goings of people, and what they were refused."""

from enum import StrEnum


class Arrival(StrEnum):
    """An action of the audit trail. Each begins with the word by which all of its kind are found."""

    LOGIN_OPENED = "login.opened"
    LOGIN_REFUSED = "login.refused"
    LOGIN_THROTTLED = "login.throttled"  # refused as well, and held back from then on
    LOGIN_CLOSED = "login.closed"
    PASSWORD_SET = "password.set"  # noqa: S105 (by a one-time link)
    PASSWORD_CHANGED = "password.changed"  # noqa: S105
    PASSWORD_REFUSED = "password.refused"  # noqa: S105
    DEED_REFUSED = "deed.refused"  # by a page or the API, to somebody who is signed in
