"""The operator's table of settings says what the code says."""

from pathlib import Path

from pydantic import SecretStr

from app.settings import Settings

GUIDE = Path(__file__).parents[2] / "docs" / "integration-guide.md"


def rows() -> list[str]:
    """The table as it must be: one row for each setting, in the order of the code."""
    return [
        f"| `VILT_{name.upper()}` | {_shown(field.default)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]


def _shown(default: object) -> str:
    plain = default.get_secret_value() if isinstance(default, SecretStr) else default
    if plain in ("", ()):
        return "none"
    return f"`{str(plain).lower() if isinstance(plain, bool) else plain}`"


def test_every_setting_stands_in_the_guide_with_its_default_and_meaning() -> None:
    _, _, rest = GUIDE.read_text("utf-8").partition("<!-- settings:")
    table, _, _ = rest.partition("<!-- end of settings -->")
    found = [line for line in table.splitlines() if line.startswith("| `")]
    assert found == rows(), "the rows must be:\n" + "\n".join(rows())


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())
