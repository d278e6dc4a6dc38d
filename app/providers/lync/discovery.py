"""Finding the server: names are tried in order, pointers in the body followed, a few steps and no further."""

import asyncio
from dataclasses import dataclass

import httpx

from app.domain.errors import ProviderUnavailable
from app.providers.addresses import AddressRefused, NameUnknown
from app.providers.held_back import HeldBack
from app.providers.http import ProviderHttp
from app.providers.lync.config import Endpoint
from app.providers.lync.errors import AccountTrouble, ServerTrouble, why
from app.providers.lync.trust import Trust, organisation
from app.providers.lync.wire import Resource, absolute, body, href

HOPS = 5
SECONDS_PER_ADDRESS = 5.0
_MOVED = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Found:
    """The root document's answer: where this user's resource is, and which server said so."""

    user_url: str
    asked: str
    server: str = ""


class _Failed(Exception):
    """This address leads nowhere. `dead`: the host itself is out of reach, by any scheme."""

    def __init__(self, reason: str, *, dead: bool = False, answered: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.dead, self.answered = reason, dead, answered


class Discovery:
    """One endpoint's server, kept until somebody says it is no longer there."""

    def __init__(self, http: ProviderHttp, endpoint: Endpoint, trust: Trust) -> None:
        self._http, self._endpoint, self._trust = http, endpoint, trust
        self._found: Found | None = None
        self._lock = asyncio.Lock()

    def forget(self) -> None:
        """To be called at 403, 502 or repeated connection errors; nothing else restarts discovery."""
        self._found = None

    async def root(self) -> Found:
        """Raises AccountTrouble (the endpoint is wrong) or ServerTrouble (nothing answers now)."""
        async with self._lock:
            if self._found is None:
                self._found = await self._search()
            return self._found

    async def _search(self) -> Found:
        failures: list[tuple[str, _Failed]] = []
        for url in self._endpoint.candidates:
            host = httpx.URL(url).host
            if any(failed.dead and httpx.URL(tried).host == host for tried, failed in failures):
                continue
            try:
                async with asyncio.timeout(SECONDS_PER_ADDRESS):
                    return await self._follow(url)
            except _Failed as failed:
                failures.append((url, failed))
            except TimeoutError:
                failures.append((url, _Failed("it did not answer in time", dead=True)))
        raise self._summed_up(failures)

    def _summed_up(self, failures: list[tuple[str, _Failed]]) -> AccountTrouble | ServerTrouble:
        tried = "; ".join(f"{url}: {failed.reason}" for url, failed in failures)
        text = (
            f"No MS Lync server was found. {tried}. Check the API endpoint, or enter the discovery address."
        )
        if any(failed.answered for _, failed in failures):
            return AccountTrouble(text)
        return ServerTrouble(text)

    async def _follow(self, url: str) -> Found:
        asked = url
        for _ in range(HOPS):
            response = await self._ask(url)
            if response.status_code in _MOVED:
                url = self._moved(url, response)
                continue
            pointer = pointers(body(response)) if response.status_code == 200 else None
            if pointer is None:
                raise _Failed(_not_a_server(response), answered=response.status_code < 429)
            if pointer.user:
                user_url = absolute(url, pointer.user)
                self._trust.require(user_url, "The server's discovery document")
                return Found(user_url, asked, response.headers.get("x-ms-server-fqdn", ""))
            url = absolute(url, pointer.redirect)
            self._require_ours(url)
        raise _Failed(f"it was still pointing elsewhere after {HOPS} steps", answered=True)

    async def _ask(self, url: str) -> httpx.Response:
        try:
            return await self._http.send(
                "GET", url, headers={"Accept": "application/json"}, read_seconds=SECONDS_PER_ADDRESS
            )
        except HeldBack:
            raise  # nobody was asked, so nothing is known of this address
        except ProviderUnavailable as exc:
            cause = exc.__cause__
            unreachable = isinstance(cause, httpx.ConnectTimeout)
            while cause is not None and not unreachable:
                unreachable = isinstance(cause, AddressRefused | NameUnknown)
                cause = cause.__cause__
            raise _Failed(why(exc), dead=unreachable) from exc

    def _moved(self, url: str, response: httpx.Response) -> str:
        target = absolute(url, response.headers.get("location", ""))
        if organisation(_host(target)) != organisation(_host(url)):
            raise _Failed("it redirects to another domain", answered=True)
        self._require_ours(target)
        return target

    def _require_ours(self, url: str) -> None:
        if not self._trust.covers(_host(url)):
            raise _Failed(
                f"it points to {_host(url) or 'nowhere'}, outside the domain of the endpoint and of the "
                "user name (add it to “Other trusted hosts” if it is yours)",
                answered=True,
            )


@dataclass(frozen=True, slots=True)
class Pointers:
    user: str = ""
    redirect: str = ""


def pointers(root: Resource) -> Pointers | None:
    """Where a root document points, in its HAL or its older form; None if it is no such document."""
    old = {token.lower(): link for part in ("Root", "User") for token, link in _old_links(root.get(part))}
    oauth = old.get("oauth", "")
    user = href(root, "user") or (oauth if oauth.lower().endswith("/user") else "") or old.get("user", "")
    redirect = href(root, "redirect") or old.get("redirect", "")
    return Pointers(user, redirect) if user or redirect else None


def applications(user: Resource) -> str:
    """The applications link of a user document, in its HAL or its older form; empty where there is none."""
    old = {token.lower(): link for token, link in _old_links(user.get("User"))}
    found = (old.get(token) for token in ("ucwa", "external/ucwa", "internal/ucwa"))
    return href(user, "applications") or next((link for link in found if link), "")


def _old_links(part: object) -> list[tuple[str, str]]:
    links = part.get("Links") if isinstance(part, dict) else None
    entries = [entry for entry in links if isinstance(entry, dict)] if isinstance(links, list) else []
    return [(str(entry.get("token", "")), str(entry.get("href", ""))) for entry in entries]


def user_of(redirect: str) -> str:
    """A redirect found at the user link leads to the user resource; some servers leave its tail out."""
    url = httpx.URL(redirect)
    if url.path.lower().rstrip("/").endswith("/oauth/user"):
        return redirect
    return str(url.copy_with(path=url.path.rstrip("/") + "/oauth/user"))


def _host(url: str) -> str:
    try:
        return httpx.URL(url).host
    except (httpx.InvalidURL, ValueError):
        return ""


def _not_a_server(response: httpx.Response) -> str:
    if response.status_code == 200:
        return "it answers, but not like an MS Lync server (UCWA)"
    return f"it answers {response.status_code}, not like an MS Lync server (UCWA)"
