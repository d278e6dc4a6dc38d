"""Each benchmark in its shortest form, so that none of them rots: it runs, refuses nobody, writes it down."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = {
    "launch": ("--parts", "closed"),
    "class_start": (),
    "create": (),
    "attendance": ("--parts", "intake,roster"),
    "grow": (),
    "footprint": (),
}


def run(name: str, folder: Path, *options: str) -> dict[str, object]:
    command = [sys.executable, "-m", f"bench.{name}", "--quick", "--results", str(folder), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, object] = json.loads((folder / f"{name.replace('_', '-')}.json").read_text())
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_a_benchmark_runs_and_writes_its_figures_down(name: str, tmp_path: Path) -> None:
    found = run(name, tmp_path, "--databases", "sqlite", *COMMANDS[name])
    values = {row["name"]: row["value"] for row in found["figures"]}  # type: ignore[attr-defined]
    refused = [text for text in values if text.startswith(("refused", "errors", "heartbeats refused"))]
    assert all(values[text] == 0 for text in refused)
    assert found["environment"]["cores"] >= 1  # type: ignore[index]
    assert (tmp_path / f"{name.replace('_', '-')}.svg").read_text().startswith("<svg")


def test_a_launch_calls_no_provider_while_it_hangs(tmp_path: Path) -> None:
    found = run("launch", tmp_path, "--databases", "sqlite", "--parts", "trouble")
    values = {row["name"]: row["value"] for row in found["figures"]}  # type: ignore[attr-defined]
    assert values["provider calls made by launches on sqlite"] == 0
