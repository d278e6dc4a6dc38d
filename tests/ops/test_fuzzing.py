"""Schemathesis, not written here, speaks the contract's document to a real server and finds nothing.

All phases: examples, edge cases of every schema, random data (good and bad), sequences of calls. The seed is
fixed, so a finding today is a finding tomorrow; another seed is worth a try now and then.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import Settings
from tests.conftest import SECRET, Server, serving

CONTRACT = Path(__file__).parents[2] / "openapi" / "vilt-contract.yaml"
RULES = Path(__file__).with_name("schemathesis.toml")
SEED, EXAMPLES = "20190408", "25"


@pytest.fixture
def target(sqlite_url: str) -> Iterator[Server]:
    with serving(Settings(database_url=sqlite_url, secret_key=SECRET)) as running:
        yield running


@pytest.mark.timeout(180)
def test_a_stranger_with_the_document_finds_nothing(target: Server, tmp_path: Path) -> None:
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent)) or "schemathesis"
    outcome = subprocess.run(
        [program, "--config-file", str(RULES), "run", str(CONTRACT), "--url", target.base_url,
         "--auth", ":".join(target.auth), "--seed", SEED, "--max-examples", EXAMPLES,
         "--phases", "examples,coverage,fuzzing,stateful",
         "--generation-database", "none", "--request-timeout", "10", "--no-color"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
