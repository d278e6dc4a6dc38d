"""Each benchmark in its shortest form, so that none of them rots: it runs, refuses nobody, writes it down."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

COMMANDS = {
    "launch": ("--parts", "closed,trouble"),
    "class_start": (),
    "create": (),
    "attendance": ("--parts", "intake,webhooks,roster"),
    "grow": (),
    "footprint": (),
}
NONE_OF = ("refused", "errors", "heartbeats refused", "webhooks refused", "webhooks lost", "provider calls")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """A benchmark pins its process to one core and ends tidily when told: not so the tests after it."""
    cores, ending = os.sched_getaffinity(0), signal.getsignal(signal.SIGTERM)
    yield
    os.sched_setaffinity(0, cores)
    signal.signal(signal.SIGTERM, ending)


def run(name: str, folder: Path, *options: str) -> dict[str, object]:
    # In this process: the modules are loaded already, and on a small machine that is half of the time.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [name, "--quick", "--results", str(folder), *options])
        assert import_module(f"bench.{name}").main() == 0
    found: dict[str, object] = json.loads((folder / f"{name.replace('_', '-')}.json").read_text())
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_a_benchmark_runs_and_writes_its_figures_down(name: str, tmp_path: Path) -> None:
    found = run(name, tmp_path, "--databases", "sqlite", *COMMANDS[name])
    values = {row["name"]: row["value"] for row in found["figures"]}  # type: ignore[attr-defined]
    assert {text: values[text] for text in values if text.startswith(NONE_OF)} == {
        text: 0 for text in values if text.startswith(NONE_OF)
    }
    assert found["environment"]["cores"] >= 1  # type: ignore[index]
    assert (tmp_path / f"{name.replace('_', '-')}.svg").read_text().startswith("<svg")
