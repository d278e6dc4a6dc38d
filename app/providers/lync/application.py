"""The application: a signed-in endpoint. Created once, shared, made anew when the server drops it.

Links live as long as their application: they are taken from it for each deed and never kept.
"""

from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from app.domain.errors import OutcomeUnknown, ProviderError
from app.providers.gate import SAFE
from app.providers.lync.discovery import Found
from app.providers.lync.errors import AccountTrouble, ApplicationLost, ServerTrouble, judge
from app.providers.lync.line import Line
from app.providers.lync.wire import Resource, absolute, body, complaint, embedded, href

USER_AGENT = "vILT-Connector/1.0"
T = TypeVar("T")


@dataclass(slots=True)
class Application:
    """One running application: its resource, its address, and calls that notice when it is gone."""

    url: str
    resource: Resource
    line: Line
    found: Found
    worn: bool = False
    kept: dict[str, Any] = field(default_factory=dict)  # what deeds learn of its policies; dies with it

    @property
    def me(self) -> Resource:
        return next(iter(embedded(self.resource, "me")), {})

    @property
    def organizer(self) -> str:
        """The SIP address of the account."""
        return str(self.me.get("uri", ""))

    def section(self, name: str) -> Resource:
        return next(iter(embedded(self.resource, name)), {})

    def link(self, rel: str, section: str = "onlineMeetings") -> str | None:
        """A link of a part of the application, or None where policy leaves it out."""
        found = href(self.section(section), rel) or (href(self.resource, rel) if section == "" else None)
        return absolute(self.url, found) if found else None

    def require(self, rel: str, section: str, what: str) -> str:
        """The same; raises AccountTrouble naming `what` the account may not do."""
        found = self.link(rel, section)
        if found is None:
            raise AccountTrouble(
                f"The server does not let this account {what} (no link “{rel}”). Check its policies."
            )
        return found

    def absolute(self, link: str) -> str:
        return absolute(self.url, link)

    async def call(self, method: str, url: str, **how: Any) -> httpx.Response:
        """An answer of the living application; `how` as for its line. Raises ApplicationLost when the server
        has dropped it."""
        return self.alive(await self.line.call(method, url, **how))

    def alive(self, response: httpx.Response) -> httpx.Response:
        if response.is_success:
            if response.content and not body(response):
                raise _foreign(response)
            return response
        said = complaint(response)
        if (response.status_code, said.subcode) in {
            (404, "ApplicationNotFound"),
            (410, "InactiveApplicationExpired"),
        }:
            raise ApplicationLost(f"The server has dropped the application ({said}).")
        if response.status_code in {403, 502} and not said.code:
            self.worn = True  # not UCWA's own word: what discovery said may no longer hold
        return response

    async def read(self, url: str, *, answer_bytes: int | None = None) -> Resource:
        """A resource; raises the error that its answer means."""
        response = await self.call("GET", url, answer_bytes=answer_bytes)
        if response.status_code != 200:
            raise judge(response)
        return body(response)


def _foreign(response: httpx.Response) -> ProviderError:
    """A success that UCWA did not write: something stands between, and who knows what it let through."""
    if response.request.method in SAFE:
        return ServerTrouble("Something else than MS Lync answered (a portal, a proxy?).")
    return OutcomeUnknown()
