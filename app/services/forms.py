"""A provider's settings as a form: its fields, and what was typed become settings and secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from app.domain.errors import InvalidSettings
from app.providers.base import ProviderSettings

Kind = type[ProviderSettings]


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of the form. `type`: text, secret, number, choice or switch. A secret has no default."""

    name: str
    title: str
    description: str
    type: str
    required: bool
    default: Any = None
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it is stored: `settings` are plain JSON, `secrets` go into the sealed column."""

    settings: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    def as_settings(self, kind: Kind) -> ProviderSettings:
        """What the provider is opened with."""
        return kind(**self.settings, **self.secrets)


def secret_names(kind: Kind) -> frozenset[str]:
    """The fields that are stored sealed and never shown."""
    return frozenset(name for name, info in kind.model_fields.items() if _is_secret(info))


def fill(kind: Kind, typed: Mapping[str, Any], stored: Filled) -> Filled:
    """`typed` over what is stored: a field that was not typed stays, and so does a secret typed empty.

    Raises InvalidSettings: for values that cannot be, and for a stored secret that would go elsewhere now.
    """
    secret = secret_names(kind)
    given = {name: value for name, value in typed.items() if not (name in secret and value in (None, ""))}
    try:
        model = kind(**{**stored.settings, **stored.secrets, **given})
    except ValidationError as exc:
        raise InvalidSettings(_complaints(exc)) from None  # the cause repeats what was typed
    plain = model.model_dump(mode="json", exclude=set(secret))
    secrets = {name: _reveal(getattr(model, name)) for name in secret if getattr(model, name) is not None}
    _refuse_to_send_elsewhere(kind, plain, stored, frozenset(secrets) - given.keys())
    return Filled(plain, secrets)


def _refuse_to_send_elsewhere(
    kind: Kind, plain: Mapping[str, Any], stored: Filled, kept: frozenset[str]
) -> None:
    moved = [n for n in kind.secrets_go_to if n in stored.settings and plain.get(n) != stored.settings[n]]
    if moved and kept:
        titles = " and ".join(kind.model_fields[name].title or name for name in moved)
        text = f"Please type it again, because {titles} changed."
        raise InvalidSettings(dict.fromkeys(sorted(kept), text))


def _complaints(exc: ValidationError) -> dict[str, str]:
    found: dict[str, str] = {}
    for error in exc.errors(include_input=False, include_url=False, include_context=False):
        name = ascii(error["loc"][0])[1:-1] if error["loc"] else ""
        found.setdefault(name or "settings", error["msg"].removeprefix("Value error, "))
    return found


def fields(kind: Kind) -> tuple[FormField, ...]:
    """The form's fields in their order, for pages and for machines."""
    schema = kind.model_json_schema()
    kinds = schema.get("$defs", {})
    required = set(schema.get("required", ()))
    return tuple(
        _field(name, _resolved(part, kinds), name in required, _is_secret(kind.model_fields[name]))
        for name, part in schema["properties"].items()
    )


def _resolved(part: dict[str, Any], kinds: Mapping[str, Any]) -> dict[str, Any]:
    """The field's schema with what it refers to (an enum, or the one beside null) laid into it."""
    options = [*part.get("anyOf", ()), *part.get("allOf", ())]
    inner: dict[str, Any] = next((option for option in options if option.get("type") != "null"), {})
    whole = {**inner, **part}
    name = whole.get("$ref", "").rpartition("/")[2]
    return {**kinds.get(name, {}), **whole, "title": part.get("title", "")}


def _field(name: str, part: dict[str, Any], required: bool, secret: bool) -> FormField:
    types = {"integer": "number", "number": "number", "boolean": "switch"}
    choices = tuple(str(value) for value in part.get("enum", ()))
    return FormField(
        name=name,
        title=part["title"] or name.replace("_", " ").capitalize(),
        description=part.get("description", ""),
        type="secret" if secret else "choice" if choices else types.get(part.get("type", ""), "text"),
        required=required,
        default=None if secret else part.get("default"),
        choices=choices,
        minimum=part.get("minimum"),
        maximum=part.get("maximum"),
        longest=part.get("maxLength"),
    )


def _is_secret(info: FieldInfo) -> bool:
    return "SecretStr" in str(info.annotation)


def _reveal(value: SecretStr) -> str:
    return value.get_secret_value()
