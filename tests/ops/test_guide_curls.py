"""Every curl of the integration guide is run, in the guide's order, and answers what the guide shows."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli.main import app

from .conftest import ROOT, Practice

GUIDE = (ROOT / "docs" / "integration-guide.md").read_text("utf-8")
EXAMPLE = re.compile(r"```sh\n(?P<command>curl .*?)```\n\n```json\n(?P<answer>.*?)```", re.DOTALL)
EXAMPLES = [(found["command"], json.loads(found["answer"])) for found in EXAMPLE.finditer(GUIDE)]


def shape(value: Any) -> Any:
    """What must agree between the guide and the service: keys, kinds, and words that are no examples."""
    if isinstance(value, dict):
        kept = {"status", "code", "message", "token_type", "email"}
        return {key: inner if key in kept else shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__


def test_the_guide_shows_a_token_all_seven_calls_and_an_error() -> None:
    assert len(EXAMPLES) == 9
    assert len(EXAMPLES) == GUIDE.count("```sh\ncurl ")


@pytest.mark.skipif(shutil.which("curl") is None, reason="make test installs curl")
def test_every_curl_of_the_guide_answers_what_the_guide_shows(practice: Practice, tmp_path: Path) -> None:
    made = json.loads(practice.vilt("clients", "add", "Guide", "--json"))
    environment = os.environ | {
        "VILT": practice.base_url,
        "CLIENT": made["client_id"],
        "SECRET": made["client_secret"],
    }
    for command, expected in EXAMPLES:
        done = subprocess.run(
            ["/bin/sh", "-euc", command],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        assert shape(json.loads(done.stdout)) == shape(expected), command


def test_every_vilt_command_of_the_guide_exists() -> None:
    """Each `vilt …` line is asked for its help, so a renamed command or option shows."""
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE + (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    lines = {line for block in blocks for line in block.splitlines() if line.startswith("vilt ")}
    assert len(lines) >= 6
    for line in lines:
        words = line.split()[1:]
        command = words[:2] if words[0] in ("clients", "keys") else words[:1]
        told = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
        assert told.exit_code == 0, line
        assert all(word in told.output for word in words if word.startswith("--")), line
