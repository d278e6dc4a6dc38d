"""The settings: every `VILT_*` variable, checked once at start. Read by wiring, main and cli only."""

from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

EXAMPLE_SECRETS = ("change-me", "changeme", "secret", "example", "your-secret", "insecure")


class Mode(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """One field, one environment variable: `VILT_` and the field's name in capitals."""

    model_config = SettingsConfigDict(env_prefix="VILT_", env_ignore_empty=True, extra="ignore")

    mode: Mode = Field(
        default=Mode.DEVELOPMENT,
        description="`production` refuses to start with a missing or weak secret or a plain-http public URL.",
    )
    database_url: str = Field(
        default="sqlite+aiosqlite:///data/vilt.db",
        description="`sqlite+aiosqlite:///file` or `postgresql+asyncpg://user:password@host/name`.",
    )
    database_pool: int = Field(
        default=10,
        ge=1,
        le=200,
        description="PostgreSQL connections per process, beside three that launches and pushes keep.",
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        description="Seals secrets and keys in the database. A ring: newest first, older ones after commas. "
        "Each at least 32 characters. Development makes one in the data folder.",
    )
    public_url: str = Field(
        default="http://127.0.0.1:8000",
        description="The address by which people and the LMS reach this service. "
        "`vilt serve` takes its own host and port when this is not set.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level logged."
    )
    max_body_bytes: int = Field(
        default=262_144, ge=1024, description="Larger request bodies are answered with 413."
    )
    request_budget_seconds: float = Field(
        default=8.0, gt=0, le=60, description="How long one call of the LMS may wait for the provider."
    )
    claim_lease_seconds: float = Field(
        default=30.0,
        gt=1,
        description="How long a meeting stays reserved for one worker; longer than the request budget.",
    )
    provider_trouble: Literal["accept", "tell"] = Field(
        default="accept",
        description="What the LMS hears while a provider is down or slow: `accept` answers Success, `tell` "
        "answers 500. In both cases the work goes on in the background.",
    )
    worker: Literal["inside", "apart"] = Field(
        default="inside",
        description="Where background work is done: `inside` serving processes, or `apart` by `vilt worker`.",
    )
    worker_concurrency: int = Field(
        default=10, ge=2, le=200, description="Background jobs at once in one process."
    )
    meeting_grace_days: int = Field(
        default=7,
        ge=1,
        le=3650,
        description="How long after its end a class that was never cancelled stays at the provider.",
    )
    token_lifetime_seconds: int = Field(
        default=3600, ge=60, le=86_400, description="Life of an access token."
    )
    unknown_session: Literal["lenient", "strict"] = Field(
        default="lenient",
        description="PUT and DELETE of an unknown session: create or succeed, or answer 404.",
    )
    errors_as_500: bool = Field(
        default=False,
        description="Send every contract error with HTTP 500, for an LMS that reads no other body.",
    )
    early_minutes: int = Field(
        default=15, ge=0, le=1440, description="How long before the class its door opens for learners."
    )
    early_minutes_instructor: int = Field(default=60, ge=0, le=1440, description="The same for instructors.")
    late_minutes: int = Field(
        default=30, ge=0, le=1440, description="How long after the class its door stays open."
    )
    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = Field(
        default=(), description="If set (a JSON list), only these networks may call the contract."
    )
    trusted_proxies: str = Field(
        default="127.0.0.1", description="Addresses whose X-Forwarded-For is believed, divided by commas."
    )
    allow_private_endpoints: bool = Field(
        default=False, description="Let provider endpoints be loopback or private addresses (on-premises)."
    )
    provider_ca_file: str = Field(
        default="", description="A PEM file with private CAs that providers may use."
    )
    provider_connect_seconds: float = Field(
        default=3.0, gt=0, le=30, description="How long a connection to a provider may take to come about."
    )
    provider_read_seconds: float = Field(
        default=6.0,
        gt=0,
        le=60,
        description="How long a provider may be silent when something is read there.",
    )
    provider_write_seconds: float = Field(
        default=12.0,
        gt=0,
        le=60,
        description="The same when something is made, changed or cancelled: what is given up leaves doubt.",
    )
    provider_calls_at_once: int = Field(
        default=16,
        ge=1,
        le=64,
        description="Calls under way per connection and process; fewer where the provider bears fewer.",
    )
    provider_queue: int = Field(
        default=64,
        ge=0,
        le=1000,
        description="Calls that may wait for their turn, most urgent first; more are refused at once.",
    )

    oidc_issuer: str = Field(
        default="",
        description="The company's OpenID Connect provider, as written in `iss`. Empty: passwords only.",
    )
    oidc_client_id: str = Field(default="", description="Our id there.")
    oidc_client_secret: SecretStr = Field(
        default=SecretStr(""),
        description="Our secret there; empty for a public client (PKCE is always used).",
    )
    oidc_groups_claim: str = Field(
        default="groups", description="Where the ID token names groups; `a.b` looks into an object."
    )
    oidc_roles: dict[str, str] = Field(
        default={}, description='Group there to role here: `{"vilt-admins": "system-administrator"}`.'
    )
    oidc_tenant: str = Field(default="default", description="The tenant whose people sign in there.")
    issuer_url: str = Field(
        default="",
        description="An outside issuer whose access tokens open the API, as written in `iss`.",
    )
    issuer_audience: str = Field(default="", description="What must stand in `aud` of its access tokens.")
    issuer_claim: str = Field(
        default="scope", description="The claim that is mapped; `a.b` looks into an object."
    )
    issuer_scopes: dict[str, tuple[str, ...]] = Field(
        default={}, description='Value of that claim to scopes here: `{"vilt.read": ["ilt-sessions:view"]}`.'
    )
    issuer_tenant: str = Field(default="default", description="The tenant that its access tokens reach.")

    @model_validator(mode="after")
    def _outside_is_complete(self) -> "Settings":
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_roles):
            raise ValueError("VILT_OIDC_ISSUER needs VILT_OIDC_CLIENT_ID and VILT_OIDC_ROLES")
        if self.issuer_url and not (self.issuer_audience and self.issuer_scopes):
            raise ValueError("VILT_ISSUER_URL needs VILT_ISSUER_AUDIENCE and VILT_ISSUER_SCOPES")
        if self.issuer_url and self.issuer_audience == self.oidc_client_id:
            raise ValueError("VILT_ISSUER_AUDIENCE must not be VILT_OIDC_CLIENT_ID: ID tokens open no API")
        for url in (self.oidc_issuer, self.issuer_url):
            plain = self.allow_private_endpoints and self.mode is not Mode.PRODUCTION
            if url and not url.startswith(("https://", "http://") if plain else "https://"):
                raise ValueError("VILT_OIDC_ISSUER and VILT_ISSUER_URL begin with https://")
        return self

    @model_validator(mode="after")
    def _lease_outlives_budget(self) -> "Settings":
        if self.claim_lease_seconds <= self.request_budget_seconds:
            raise ValueError("VILT_CLAIM_LEASE_SECONDS must be longer than VILT_REQUEST_BUDGET_SECONDS")
        return self

    @model_validator(mode="after")
    def _production_is_safe(self) -> "Settings":
        if self.mode is not Mode.PRODUCTION:
            return self
        ring = [text.strip() for text in self.secret_key.get_secret_value().split(",")]
        if not all(ring):
            raise ValueError("VILT_SECRET_KEY is missing: production needs one (openssl rand -base64 32)")
        if any(len(text) < 32 or any(bad in text.lower() for bad in EXAMPLE_SECRETS) for text in ring):
            raise ValueError("VILT_SECRET_KEY is an example or too short: use openssl rand -base64 32")
        if urlsplit(self.public_url).scheme != "https":
            raise ValueError("VILT_PUBLIC_URL must begin with https:// in production")
        return self

    @property
    def budget(self) -> timedelta:
        return timedelta(seconds=self.request_budget_seconds)
