"""The directory: who a person is to MS Lync. A server that forbids the search is believed, not fought."""

from dataclasses import dataclass, field

import httpx

from app.domain.errors import PersonUnknown, ProviderUnavailable
from app.domain.people import Person, person_key
from app.providers.lync.application import Application
from app.providers.lync.errors import ApplicationLost, judge
from app.providers.lync.wire import Resource, body, embedded, hrefs

RESULTS = 20
_LOOKED_INTO = 5
_REMEMBERED = 5000


@dataclass(frozen=True, slots=True)
class Leader:
    """A presenter as the server names one. `sure`: the directory confirmed it."""

    sip: str
    email: str
    sure: bool


@dataclass(slots=True)
class Directory:
    """E-mail addresses and the SIP addresses found for them."""

    _sip: dict[str, str] = field(default_factory=dict)

    def email_of(self, sip: str) -> str:
        """The e-mail known for a SIP address, else the address itself: mostly they are the same."""
        key = person_key(bare(sip))
        return next(
            (email for email, known in self._sip.items() if person_key(bare(known)) == key), bare(sip)
        )

    async def find(self, application: Application, email: str) -> str | None:
        """The SIP address. None where the server does not tell. Raises PersonUnknown, ProviderUnavailable."""
        key = person_key(email)
        if key in self._sip:
            return self._sip[key]
        found = await _search(application, email.strip())
        if found:
            if len(self._sip) >= _REMEMBERED:
                self._sip.clear()
            self._sip[key] = found
        return found

    async def leader(self, application: Application, person: Person) -> Leader:
        """This person as a leader; where the directory is of no help the e-mail serves as SIP address."""
        try:
            found = await self.find(application, person.email)
        except ApplicationLost:
            raise
        except (PersonUnknown, ProviderUnavailable):
            found = None
        return Leader(found or f"sip:{person.email.strip()}", person.email, sure=found is not None)


def bare(sip: str) -> str:
    """`sip:chris@contoso.com` → `chris@contoso.com`; parameters behind a semicolon go too."""
    text = sip.strip().partition(";")[0]
    return text[4:] if text[:4].lower() == "sip:" else text


async def _search(application: Application, email: str) -> str | None:
    link = application.link("search", "people")
    if link is None or len(email) > 256 or application.kept.get("search") == "forbidden":
        return None
    url = httpx.URL(link).copy_merge_params({"query": email, "limit": str(RESULTS)})
    response = await application.call("GET", str(url))
    if response.status_code in {429} or response.status_code >= 500:
        raise judge(response)
    if response.status_code != 200:
        application.kept["search"] = "forbidden"
        return None
    return await _pick(application, body(response), person_key(email))


async def _pick(application: Application, results: Resource, key: str) -> str | None:
    """The one contact that has exactly this address. A name that looks alike is no match."""
    contacts: list[Resource] = list(embedded(results, "contact"))
    listed = hrefs(results, "contact") if not contacts else []
    contacts += [await application.read(application.absolute(link)) for link in listed[:_LOOKED_INTO]]
    for contact in contacts:
        if key in _addresses(contact):
            return str(contact.get("uri"))
    unclear = any("emailAddresses" not in contact for contact in contacts)
    if unclear or len(listed) > _LOOKED_INTO or results.get("moreResultsAvailable") is True:
        return None
    raise PersonUnknown


def _addresses(contact: Resource) -> set[str]:
    uri, mails = contact.get("uri"), contact.get("emailAddresses")
    if not isinstance(uri, str) or not uri.lower().startswith("sip:"):
        return set()
    known = [mail for mail in mails if isinstance(mail, str)] if isinstance(mails, list) else []
    return {person_key(text) for text in (bare(uri), *known)}
