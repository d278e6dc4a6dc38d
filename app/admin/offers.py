"""A provider's card in words that a buyer understands: what it can do, and what it cannot."""

from collections.abc import Iterator

from app.services.integrations import Offer

_CAN_ATTEND = {
    "hosted": "Sees to the second who is in the class.",
    "pull": "Reports after the class who was there.",
    "push": "Reports who comes and goes while the class runs.",
    "live": "Watches during the class who is there.",
}
_CAN_KNOW = {
    "planted_id": "Everybody is recognised by the identity that the LMS gave.",
    "verified_email": "People are recognised by an e-mail address that was verified.",
}
_CANNOT_KNOW = {
    "claimed_email": "People are recognised by the address that they enter with; nobody verifies it.",
    "name_only": "People are recognised by the name that they type, and by nothing else.",
}


def can(offer: Offer) -> list[str]:
    """What speaks for it."""
    return list(_can(offer))


def cannot(offer: Offer) -> list[str]:
    """What to know before."""
    return list(_cannot(offer))


def _can(offer: Offer) -> Iterator[str]:
    card = offer.card
    if card.hosted:
        yield "Works at once: the class takes place in this service, no account is needed."
    if card.idempotency != "none":
        yield "A class that is sent twice becomes one meeting, even where an answer got lost."
    if card.moves_in_place:
        yield "A class can be moved to another hour, and everybody's link stays the same."
    if card.join_link_per_person:
        yield "Everybody gets a link of their own."
    if card.checks_people:
        yield "Instructors are looked up in its directory, so a mistyped address is noticed at once."
    if card.attendance in _CAN_ATTEND:
        yield _CAN_ATTEND[card.attendance]
    if card.identity in _CAN_KNOW:
        yield _CAN_KNOW[card.identity]


def _cannot(offer: Offer) -> Iterator[str]:
    card = offer.card
    if card.idempotency == "none":
        yield "Where an answer got lost, a second, empty meeting may stay behind at the provider."
    if not card.moves_in_place:
        yield "A class that is moved becomes a new meeting."
    if not card.keeps_schedule and not card.hosted:
        yield "It keeps no hours: the meeting can be entered outside the class too, through its own address."
    if card.attendance == "none":
        yield "It does not tell by itself who was there."
    if card.identity in _CANNOT_KNOW:
        yield _CANNOT_KNOW[card.identity]
    yield from card.limits
