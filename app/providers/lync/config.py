"""The MS Lync form: three fields an administrator knows, and a few that have good defaults."""

import re
from dataclasses import dataclass
from enum import StrEnum

import httpx
from pydantic import ConfigDict, Field, SecretStr, field_validator

from app.providers.base import ProviderSettings

_USER_AT_DOMAIN = re.compile(r"[^\s@\\/]+@([^\s@\\/.]+\.)*[^\s@\\/.]+")
_DOMAIN_USER = re.compile(r"[^\s@\\/]+\\[^\s@\\/]+")
_DISCOVER = ("lyncdiscoverinternal", "lyncdiscover")


class AccessLevel(StrEnum):
    """Who comes straight in; everyone else waits in the lobby. The words are the server's."""

    EVERYONE = "Everyone"
    SAME_ENTERPRISE = "SameEnterprise"
    INVITED = "Invited"
    LOCKED = "Locked"


class Attendance(StrEnum):
    OPENED = "opened"
    LIVE_ROSTER = "live_roster"
    CDR_IMPORT = "cdr_import"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The API endpoint, understood: where to ask, in order, and the host that the administrator named."""

    candidates: tuple[str, ...]
    host: str


class LyncSettings(ProviderSettings):
    secrets_go_to = ("api_endpoint", "trusted_hosts")

    model_config = ConfigDict(str_strip_whitespace=False)  # spaces may belong to a password

    username: str = Field(
        max_length=256,
        title="MS Lync Username",
        description="A dedicated account, as user@domain or DOMAIN\\user. It becomes the organizer of every "
        "meeting, and its name shows in the web client's address.",
    )
    password: SecretStr = Field(
        min_length=1, max_length=256, title="Password", description="Stored sealed, and never shown again."
    )
    api_endpoint: str = Field(
        max_length=2048,
        title="API Endpoint",
        description="Your SIP domain (contoso.com), a lyncdiscover address, or that of the discovery root.",
    )
    access_level: AccessLevel = Field(
        default=AccessLevel.EVERYONE,
        title="Who enters without waiting",
        description="Learners from outside your organisation enter only with Everyone; else they wait in the "
        "lobby until a presenter admits them.",
    )
    phone_users_skip_lobby: bool = Field(
        default=False, title="Phone users skip the lobby", description="Callers cannot be told apart by name."
    )
    web_client: bool = Field(
        default=False,
        title="Open in the web client",
        description="Send people to the web client even where a desktop client is installed.",
    )
    grace_days: int = Field(
        default=14,
        ge=0,
        le=365,
        title="Days a meeting outlives its class",
        description="After that the server may delete it.",
    )
    attendance: Attendance = Field(
        default=Attendance.OPENED,
        title="Attendance",
        description="Opened: who opened the link. Live roster: the account joins the class and notes who is "
        "there. Cdr import: joins and leaves from the monitoring database are brought as a file, on the "
        "roster of the class.",
    )
    trusted_hosts: str = Field(
        default="",
        max_length=2048,
        title="Other trusted hosts",
        description="Hosts outside the endpoint's domain that may be given the password, divided by spaces. "
        "A leading dot (.contoso.local) means a whole domain.",
    )

    @field_validator("username", "api_endpoint", "trusted_hosts")
    @classmethod
    def _no_outer_spaces(cls, value: str) -> str:
        return value.strip()

    @field_validator("username")
    @classmethod
    def _names_its_domain(cls, value: str) -> str:
        if not (_USER_AT_DOMAIN.fullmatch(value) or _DOMAIN_USER.fullmatch(value)):
            raise ValueError("Write the user name with its domain: user@domain or DOMAIN\\user.")
        return value

    @field_validator("api_endpoint")
    @classmethod
    def _is_an_endpoint(cls, value: str) -> str:
        understand(value)
        return value

    @property
    def endpoint(self) -> Endpoint:
        return understand(self.api_endpoint)

    @property
    def sip_domain(self) -> str:
        """The domain of the user name; empty for DOMAIN\\user, which names no SIP domain."""
        return self.username.rpartition("@")[2].lower() if "@" in self.username else ""

    @property
    def more_hosts(self) -> tuple[str, ...]:
        return tuple(self.trusted_hosts.replace(",", " ").lower().split())


def understand(text: str) -> Endpoint:
    """What the administrator typed, as addresses to try. Raises ValueError with a sentence for the form."""
    scheme = text.partition("://")[0].lower() if "://" in text else ""
    if scheme not in {"", "http", "https"}:
        raise ValueError("The API endpoint must begin with https:// or be a domain name.")
    url = _parsed(text if scheme else f"https://{text}")
    host, named_only = url.host, url.path in {"", "/"} and not url.query
    is_name = "." in host and not re.fullmatch(r"[\d.]+|.*:.*", host) and url.port is None
    if host.split(".")[0] in _DISCOVER or not named_only or not is_name:
        return Endpoint(_both_schemes(url) if named_only else (str(url),), host)
    names = tuple(f"{scheme}://{name}.{host}/" for name in _DISCOVER for scheme in ("https", "http"))
    return Endpoint((str(url), *names) if scheme else names, host)


def _parsed(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as exc:
        raise ValueError("The API endpoint is not an address. Write a domain like contoso.com.") from exc
    if not url.host or re.search(r"[\s%<>\"'\\]", url.host):
        raise ValueError("The API endpoint names no host. Write a domain like contoso.com.")
    if url.userinfo:
        raise ValueError("The API endpoint must not contain a user name or password.")
    return url.copy_with(fragment=None)


def _both_schemes(url: httpx.URL) -> tuple[str, ...]:
    if url.port is not None:
        return (str(url),)
    return tuple(str(url.copy_with(scheme=scheme)) for scheme in ("https", "http"))
