"""The Jitsi Meet form: where it is, the pair that signs tokens, and the secret that its events carry."""

import re

import httpx
from pydantic import Field, SecretStr, field_validator

from app.providers.base import ProviderSettings

_VISIBLE = re.compile(r"[\x21-\x7e]*")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?")


class JitsiSettings(ProviderSettings):
    secrets_go_to = ("address",)

    address: str = Field(
        max_length=512,
        title="Address of your Jitsi Meet",
        description="As people open it: https://meet.example.com",
    )
    app_id: str = Field(
        min_length=1,
        max_length=200,
        title="App ID",
        description="app_id of the token settings on the server (package jitsi-meet-tokens).",
    )
    app_secret: SecretStr = Field(
        min_length=16,
        max_length=512,
        title="App secret",
        description="app_secret beside it. It signs a link for each person. Stored sealed.",
    )
    event_secret: SecretStr = Field(
        min_length=16,
        max_length=512,
        title="Secret of the events",
        description="Choose one: the server's event_sync sends it as Authorization: Bearer and this secret. "
        "After activation the address to send to stands on this page. Stored sealed.",
    )
    domain: str = Field(
        default="",
        max_length=253,
        title="XMPP domain",
        description="Only where it is not the host of the address (containers often have meet.jitsi).",
    )
    minimum_minutes: int = Field(
        default=10, ge=0, le=600, title="Minutes in the meeting", description="How long a person must stay."
    )
    minimum_percent: int = Field(
        default=50, ge=1, le=100, title="Or percent of the class", description="Enough where it comes first."
    )

    @field_validator("address")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        try:
            url = httpx.URL(value if "://" in value else f"https://{value}")
        except (httpx.InvalidURL, ValueError) as exc:
            raise ValueError("This is not an address. Write one like https://meet.example.com.") from exc
        named = _HOST.fullmatch(url.netloc.decode("ascii").lower())
        if url.scheme != "https" or not named or url.userinfo:
            raise ValueError("Write the address with https://, its host, and no user name.")
        if url.query or url.fragment:
            raise ValueError("Write the address without what stands behind ? or #.")
        return str(url).rstrip("/")

    @field_validator("app_secret", "event_secret")
    @classmethod
    def _can_be_sent(cls, value: SecretStr) -> SecretStr:
        if not _VISIBLE.fullmatch(value.get_secret_value()):
            raise ValueError("Use letters, digits and signs of ASCII, without spaces.")
        return value

    @property
    def xmpp_domain(self) -> str:
        """What a token is made for: the field, or else the host of the address."""
        return (self.domain or httpx.URL(self.address).host).lower()
