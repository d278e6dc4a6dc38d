"""What trying a connection came to, as every resource shows it."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field


class Step(BaseModel):
    """One step. `detail` says what was found, or what to do."""

    name: str = Field(examples=["The account signed in"])
    ok: bool
    detail: str


class Report(BaseModel):
    """The steps in their order; the first that failed ends the list."""

    ok: bool
    steps: list[Step]
    facts: dict[str, str]
    warnings: list[str]

    @classmethod
    def of(cls, report: Mapping[str, Any]) -> "Report":
        return cls.model_validate(report)
