"""The README is true: what it tells to type exists, and what it points at is there."""

import re
import subprocess

import pytest

from .conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")
MADE = set(re.findall(r"\bmake ([a-z]+)(?=[\n` ])", README))


@pytest.mark.parametrize("target", ["check", "run", "test"])
def test_every_make_command_of_the_readme_exists(target: str) -> None:
    assert target in MADE
    dry = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert dry.returncode == 0, dry.stderr


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_every_link_of_the_readme_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def test_the_ci_runs_what_the_readme_says() -> None:
    assert (ROOT / ".ci" / "run").read_text("utf-8").splitlines()[-1] == "exec make test"
