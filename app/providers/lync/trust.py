"""Which hosts may be given the password or the token: those of the organisation, and those that it names.

A discovery document can point anywhere, and over plain http anybody can write it.
"""

import ipaddress
import re
from dataclasses import dataclass

import httpx

from app.providers.lync.config import LyncSettings
from app.providers.lync.errors import AccountTrouble

# Second labels below which registries sell names (contoso.co.uk, contoso.com.au). The usual ones:
# who registers below a rarer one gets a wider trust, and can only be misled by their own DNS.
_SOLD_BELOW = re.compile(
    "co|com|net|org|gov|gob|gouv|edu|ac|mil|ltd|plc|sch|nhs|or|ne|go|id|asn|gv|k12|school|med|pro|biz|info"
)


def organisation(host: str) -> str:
    """The domain that one organisation registered: `lyncweb.contoso.co.uk` → `contoso.co.uk`."""
    labels = host.lower().rstrip(".").split(".")
    if _is_address(host) or len(labels) < 3:
        return ".".join(labels)
    keep = 3 if len(labels[-1]) == 2 and _SOLD_BELOW.fullmatch(labels[-2]) else 2
    return ".".join(labels[-keep:])


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _is_this_machine(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host.strip("[]")).is_loopback)


@dataclass(frozen=True, slots=True)
class Trust:
    """The organisation's domains (`homes`) and further hosts (`named`: exact, or `.domain`)."""

    homes: frozenset[str]
    named: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: LyncSettings) -> "Trust":
        homes = {organisation(host) for host in (settings.endpoint.host, settings.sip_domain) if host}
        return cls(frozenset(homes), settings.more_hosts)

    def covers(self, host: str) -> bool:
        host = host.lower().rstrip(".")
        if organisation(host) in self.homes or host in self.named:
            return True
        if any(name.startswith(".") and host.endswith(name) for name in self.named):
            return True
        return _is_this_machine(host) and any(_is_this_machine(home) for home in self.homes)

    def require(self, url: str, step: str) -> None:
        """Raise AccountTrouble unless a secret may go to `url`; `step` says who pointed there."""
        try:
            parsed = httpx.URL(url)
        except (httpx.InvalidURL, ValueError) as exc:
            raise AccountTrouble(f"{step} points to something that is not an address.") from exc
        if parsed.scheme != "https":
            raise AccountTrouble(
                f"{step} points to {parsed.host} without encryption (http). The password is only sent over "
                "https: publish the server's web services with a certificate."
            )
        if not self.covers(parsed.host):
            raise AccountTrouble(
                f"{step} points to {parsed.host}, which is outside the domain of the API endpoint and of "
                "the user name. If it is yours, add it to “Other trusted hosts”."
            )
