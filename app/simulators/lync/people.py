"""The directory of the organisation: people/search and single contacts."""

from __future__ import annotations

from app.simulators.lync import accounts
from app.simulators.lync.state import Application, Person, Pool
from app.simulators.lync.wire import Answer, Call, Json, UcwaError, invalid, resource

_LONGEST_QUERY = 256
_MOST = 100


def search(pool: Pool, call: Call, app: Application) -> Answer:
    """Look in names, e-mail addresses, URIs and phone numbers; `contact` is missing when nobody fits.

    [judge] Text is found anywhere and in any case; without a limit up to 100 people come.
    """
    if not pool.options.search_allowed or pool.faults.strikes("search-forbidden", call):
        raise UcwaError(403, "", "The user does not have sufficient privileges to search.")
    query, limit = call.query.get("query") or call.query.get("mail") or "", _limit(call)
    if not query or len(query) > _LONGEST_QUERY:
        raise invalid("A parameter value is not valid.", query="Required, at most 256 characters.")
    found = [person for person in pool.people.values() if _fits(person, query.strip().lower())]
    own = app.href("people", "search")
    content: Json = {
        "moreResultsAvailable": len(found) > limit,
        "_links": {"self": {"href": f"{own}?{call.raw_query}"}},
        "rel": "search",
    }
    if found:
        content["_embedded"] = {"contact": [_contact(app, person) for person in found[:limit]]}
    return resource(content)


def contact(pool: Pool, call: Call, app: Application) -> Answer:
    """One person by address."""
    person = accounts.find(pool, call.params["person"])
    if person is None:
        raise UcwaError(404, "", "The resource does not exist.")
    return resource(_contact(app, person))


def _limit(call: Call) -> int:
    text = call.query.get("limit", str(_MOST))
    if not text.isdigit() or not 1 <= int(text) <= _MOST:
        raise invalid("A parameter value is not valid.", limit="Must be between 1 and 100.")
    return int(text)


def _fits(person: Person, wanted: str) -> bool:
    texts = (person.name, person.email, person.uri, person.phone)
    return any(wanted in text.lower() for text in texts)


def _contact(app: Application, person: Person) -> Json:
    own = app.href("people", person.address)
    content: Json = {
        "uri": person.uri,
        "sourceNetwork": "SameEnterprise",
        "department": person.department,
        "title": person.title,
        "emailAddresses": [person.email or person.address],
        "workPhoneNumber": person.phone,
        "type": "User",
        "name": person.name,
    }
    content = {name: value for name, value in content.items() if value}
    content["_links"] = {
        "self": {"href": own},
        "contactPhoto": {"href": app.href("photos", person.address)},
        "contactPresence": {"href": f"{own}/presence"},
        "contactLocation": {"href": f"{own}/location"},
        "contactNote": {"href": f"{own}/note"},
    }
    return {**content, "rel": "contact"}
