"""The doors of the house open one way. These are the rules that pyproject.toml cannot say."""

import re
import subprocess
import sys

import pytest

from .code import APP, ROOT, files, imports, inside, name, without_prose

PROVIDERS = sorted(p.name for p in (APP / "providers").iterdir() if (p / "__init__.py").exists())
# What all providers share lies beside their folders; the registry, which knows them all, is not for them.
SHARED = sorted(p for p in (APP / "providers").glob("*.py") if p.stem not in ("__init__", "registry"))
PROVIDER_MAY = ("app.domain", "app.telemetry", "app.crowd", *(f"app.providers.{p.stem}" for p in SHARED))


def test_imports_point_downward_only() -> None:
    linter = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
    ]
    outcome = subprocess.run(linter, cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.parametrize("file", files("domain"), ids=name)
def test_the_words_of_the_house_need_no_tool(file) -> None:  # type: ignore[no-untyped-def]
    foreign = {
        dotted
        for dotted in imports(file)
        if dotted.split(".")[0] not in sys.stdlib_module_names and not inside(dotted, "app.domain")
    }
    assert not foreign, "domain/ holds values and rules: whatever needs a tool belongs to another room"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_knows_what_all_share_and_the_words_and_no_other_provider(provider: str) -> None:
    allowed = (*PROVIDER_MAY, f"app.providers.{provider}")
    foreign = {
        (name(file), dotted)
        for file in files(f"providers/{provider}")
        for dotted in imports(file)
        if inside(dotted, "app") and not inside(dotted, *allowed)
    }
    assert not foreign, "a provider that reaches further cannot be moved, removed or tested alone"


@pytest.mark.parametrize("file", SHARED, ids=name)
def test_what_providers_share_knows_none_of_them(file) -> None:  # type: ignore[no-untyped-def]
    foreign = {d for d in imports(file) if inside(d, "app") and not inside(d, *PROVIDER_MAY)}
    assert not foreign, "what one provider alone needs belongs into its folder"


# Where python-jose may be spoken, and why: it has traps, and each of them is met in one place.
_JOSE = {
    "app/services/tokens.py": "our own access tokens, signed and verified",
    "app/providers/jitsi/passes.py": "the server prescribes its tokens; they are signed there and never read",
}


def test_python_jose_is_spoken_only_where_its_traps_are_met() -> None:
    speakers = {name(file) for file in files() if any(inside(dotted, "jose") for dotted in imports(file))}
    assert speakers == set(_JOSE), "another token? see app/services/tokens.py first"


# The default connection needs a provider without an account; a permission's words are the product's.
_MAY_NAME = {
    "sandbox": re.compile(r"DEFAULT_CONNECTION = [\s(]*\"sandbox\""),
    "lync": re.compile(
        r"LYNC_PREFERENCES_MANAGE|lync-preferences:manage|MS Lync Portal Preferences|endpoint for MS Lync"
    ),
}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_file_outside_a_providers_folder_speaks_its_name(provider: str) -> None:
    homes = (f"app/providers/{provider}/", f"app/simulators/{provider}/", "app/cli/simulate.py")
    allowed = _MAY_NAME.get(provider)
    speakers = []
    for file in files():
        code = without_prose(file)
        code = allowed.sub("", code) if allowed else code
        if not name(file).startswith(homes) and re.search(
            rf"\b{provider}\b|_{provider}|{provider}_", code, re.I
        ):
            speakers.append(name(file))
    assert not speakers, "services read the card; a name outside its folder is a second place to change"
