"""A fake vendor with a form to fill, a password to keep, and a preferences page; and actors for its tests."""

import asyncio
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import Field, SecretStr, field_validator

from app.domain.actor import Actor, Grant
from app.domain.permissions import Scope
from app.providers.base import CheckReport, CheckStep, PreferencesPage, ProviderSettings
from app.providers.http import ProviderHttp
from tests.providers.fakes import Fake, Vendor


class Level(StrEnum):
    ANY = "Any"
    KNOWN = "Known"


class FormedSettings(ProviderSettings):
    secrets_go_to = ("endpoint",)

    username: str = Field(max_length=50, title="Username")
    password: SecretStr = Field(title="Password")
    endpoint: str = Field(title="Endpoint")
    level: Level = Field(default=Level.ANY, title="Level")
    days: int = Field(default=3, ge=0, le=9)

    @field_validator("username")
    @classmethod
    def _has_a_domain(cls, value: str) -> str:
        if "@" not in value:
            raise ValueError("Write the user name with its domain.")
        return value


@dataclass
class Gate:
    """What the vendor lets in, who knocked, and how slow it is."""

    password: str = "pass:&+#%ü"
    knocks: list[tuple[str, str]] = field(default_factory=list)
    pause: float = 0.0
    closed: int = 0


class Formed(Fake):
    gate: ClassVar[Gate] = Gate()
    Settings = FormedSettings
    card = replace(
        Fake.card,
        key="formed",
        name="Formed",
        preferences=PreferencesPage(
            "formed",
            "Formed Preferences",
            Scope.LYNC_PREFERENCES_MANAGE,
            ("username", "password", "endpoint"),
        ),
    )

    def __init__(self, settings: FormedSettings, http: ProviderHttp) -> None:
        self.settings = settings

    async def check(self) -> CheckReport:
        given = self.settings.password.get_secret_value()
        self.gate.knocks.append((self.settings.endpoint, given))
        await asyncio.sleep(self.gate.pause)
        if given != self.gate.password or self.vendor.always == "down":
            steps = (
                CheckStep("Found", ok=True),
                CheckStep("Signed in", ok=False, detail="Check the password."),
            )
            return CheckReport(steps)
        return CheckReport((CheckStep("Found", ok=True), CheckStep("Signed in", ok=True)), {"Server": "s1"})

    async def aclose(self) -> None:
        self.gate.closed += 1


def formed_provider() -> type[Formed]:
    """A class of its own for each test."""
    return type("FormedOfOneTest", (Formed,), {"vendor": Vendor(), "gate": Gate()})


GOOD = {"username": "svc@x.example", "password": "pass:&+#%ü", "endpoint": "x.example"}


def actor_with(tenant_id: UUID, *scopes: Scope) -> Actor:
    """Somebody who holds just these."""
    return Actor(tenant_id, "user", "ada@example.com", tuple(Grant(scope) for scope in scopes), "192.0.2.1")
