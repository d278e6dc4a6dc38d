"""A provider's settings as lines of a form: drawn from what it declares, filled in and read back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.admin.forms import Posted
from app.domain.errors import ConnectorError, InvalidRequest, InvalidSettings, Stale, TriedAndFailed
from app.services.forms import FormField

FIELD = "set."  # before every name, so that no setting can take the place of a field of the page itself


@dataclass(frozen=True, slots=True)
class Line:
    """One field as it stands on the page.

    `kept`: a secret is stored, and stays when nothing is typed. `now`: what somebody else stored meanwhile,
    where it is not what stands in the field.
    """

    field: FormField
    value: Any = None
    kept: bool = False
    wrong: str = ""
    now: str = ""

    @property
    def name(self) -> str:
        return FIELD + self.field.name

    @property
    def must(self) -> bool:
        return self.field.required and not self.kept

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What is sent, and how it reads."""
        return [(choice, in_words(choice)) for choice in self.field.choices]


@dataclass(frozen=True, slots=True)
class Filling:
    """What a form is filled with: what is stored, what was typed over it, and why that could not be."""

    stored: Mapping[str, Any]
    secrets_stored: Iterable[str] = ()
    typed: Mapping[str, Any] | None = None
    refusal: ConnectorError | None = None

    def lines(self, fields: Iterable[FormField]) -> list[Line]:
        return [self._line(field) for field in fields]

    def _line(self, field: FormField) -> Line:
        complaints = self.refusal.fields if isinstance(self.refusal, InvalidSettings) else {}
        wrong = complaints.get(field.name, "")
        if field.type == "secret":
            return Line(field, None, field.name in self.secrets_stored, wrong)
        stored = self.stored.get(field.name, field.default)
        value = stored if self.typed is None else self.typed.get(field.name, stored)
        moved = isinstance(self.refusal, Stale) and str(value) != str(stored)
        return Line(field, value, wrong=wrong, now=shown(field, stored) if moved else "")


def read(form: Posted, fields: Iterable[FormField]) -> dict[str, Any]:
    """What was typed into these fields; a number left empty is its default."""
    return {field.name: _value(form, field) for field in fields}


def _value(form: Posted, field: FormField) -> Any:
    name = FIELD + field.name
    if field.type == "switch":
        return form.checked(name)
    if field.type == "number":
        return form.text(name) or field.default
    return form.raw(name)


def plainly(refusal: ConnectorError, fields: Iterable[FormField]) -> ConnectorError:
    """The same refusal, naming fields by the titles that stand on the page."""
    if not isinstance(refusal, InvalidSettings):
        return refusal
    titles = {field.name: field.title for field in fields}
    said = (f"{titles.get(name, name)}: {text.rstrip('.')}." for name, text in refusal.fields.items())
    return InvalidRequest(" ".join(said))


def report_of(refusal: ConnectorError) -> dict[str, Any] | None:
    """The steps of a trial that failed, as a stored report has them."""
    if not isinstance(refusal, TriedAndFailed):
        return None
    steps = [{"name": name, "ok": ok, "detail": detail} for name, ok, detail in refusal.steps]
    return {"ok": False, "steps": steps, "facts": {}, "warnings": []}


def shown(field: FormField, value: Any) -> str:
    """A value for reading."""
    if field.type == "switch":
        return "on" if value else "off"
    return in_words(str(value)) if field.type == "choice" else str(value or "nothing")


def in_words(choice: str) -> str:
    """`live_roster` and `SameEnterprise` as words."""
    if choice.islower():
        return choice.replace("_", " ").capitalize()
    spaced = "".join(f" {c.lower()}" if c.isupper() and n else c for n, c in enumerate(choice))
    return choice if choice.isupper() else spaced
