"""The files for operators agree with the code: probes, commands, numbers, and a page for every alert."""

import json
import re
from pathlib import Path

import pytest
import yaml

from app.cli.main import app as vilt
from app.main import create_app
from app.settings import Settings
from app.telemetry import meters

ROOT = Path(__file__).parents[2]
MANIFESTS = sorted((ROOT / "deploy/kubernetes").glob("*.yaml"))
RULES = yaml.safe_load((ROOT / "deploy/prometheus/rules.yaml").read_text())["groups"][0]["rules"]
DASHBOARD = json.loads((ROOT / "deploy/grafana/vilt.json").read_text())
METRIC = re.compile(r"\bvilt_[a-z_]+")


def documents() -> list[dict]:
    return [d for file in MANIFESTS for d in yaml.safe_load_all(file.read_text()) if d]


def containers() -> list[dict]:
    pods = [d["spec"]["template"]["spec"] for d in documents() if d["kind"] in ("Deployment", "Job")]
    return [container for pod in pods for container in pod["containers"]]


def test_every_command_of_a_container_exists() -> None:
    known = {command.name or command.callback.__name__ for command in vilt.registered_commands}
    assert {container["args"][0] for container in containers()} == {"serve", "worker", "migrate"}
    assert {container["args"][0] for container in containers()} <= known


def test_every_probe_asks_an_address_that_is_there() -> None:
    paths = create_app(Settings()).openapi()["paths"]
    probes = [c[kind]["httpGet"]["path"] for c in containers() for kind in c if kind.endswith("Probe")]
    assert probes
    assert set(probes) <= set(paths)


def test_every_selector_finds_its_pods() -> None:
    labels = [d["spec"]["template"]["metadata"]["labels"] for d in documents() if d["kind"] == "Deployment"]
    for document in documents():
        if document["kind"] in ("PodDisruptionBudget", "Deployment"):
            assert document["spec"]["selector"]["matchLabels"] in labels


def test_every_setting_named_is_a_setting() -> None:
    settings = next(d for d in documents() if d["kind"] == "ConfigMap")["data"]
    assert {name.removeprefix("VILT_").lower() for name in settings} <= set(Settings.model_fields)


def test_containers_run_without_rights() -> None:
    for container in containers():
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["readOnlyRootFilesystem"] is True


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_has_its_page_and_real_numbers(rule: dict) -> None:
    assert f"### {rule['alert']}\n" in (ROOT / "docs/operations.md").read_text()
    assert_known(rule["expr"])


def test_the_dashboard_shows_real_numbers() -> None:
    expressions = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    assert len(expressions) > 8
    for expression in expressions:
        assert_known(expression)


def assert_known(expression: str) -> None:
    described = meters.exposition().decode()
    families = set(re.findall(r"# TYPE (\S+)", described))
    for name in METRIC.findall(expression):
        family = name.removesuffix("_bucket")
        assert family in families, f"{name} is no number of this service"
