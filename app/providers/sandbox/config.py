"""The practice room's form: nothing to sign in to, only how attendance is decided."""

from pydantic import Field

from app.providers.base import ProviderSettings


class SandboxSettings(ProviderSettings):
    minimum_minutes: int = Field(
        default=0,
        ge=0,
        le=600,
        title="Minutes in the room",
        description="How long a person must have been there.",
    )
    minimum_percent: int = Field(
        default=50,
        ge=1,
        le=100,
        title="Or percent of the class",
        description="Enough where it is reached first.",
    )
