"""The contract's own examples, each spoken to a real server on a port."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

from tests.contract.conftest import Service
from tests.contract.envelopes import assert_error, assert_success
from tests.contract.wire import CORRELATION_ID, Answer, Lms, basic

WRITTEN = yaml.safe_load(Path(__file__).with_name("examples.yaml").read_text("utf-8"))
EXAMPLES = WRITTEN["examples"]
TELLING = [example for example in EXAMPLES if "trouble" in example]
ACCEPTING = [example for example in EXAMPLES if "trouble" not in example] + WRITTEN["twins"]


def titled(example: Mapping[str, Any]) -> str:
    return f"{example['number']:02} {example['name']}"


def test_every_example_of_the_contract_is_here() -> None:
    assert [example["number"] for example in EXAMPLES] == list(range(1, 37))


@pytest.mark.parametrize("example", ACCEPTING, ids=titled)
def test_the_contract_holds(example: Mapping[str, Any], service: Service) -> None:
    play(example, service)


@pytest.mark.parametrize("example", TELLING, ids=titled)
def test_the_contract_holds_where_an_lms_is_told_of_trouble(
    example: Mapping[str, Any], telling_service: Service
) -> None:
    play(example, telling_service)


def play(example: Mapping[str, Any], service: Service) -> None:
    """Every step of an example, by a portal of its own, and what is so afterwards."""
    example = filled(example, {f"<{name}>": str(uuid4()) for name in ("S1", "S2", "unknown")})
    lms = service.newcomer(example.get("provider", "sandbox"), secret=example.get("secret", ""))
    service.forget()
    service.vendor.people = set(example["people"]) if "people" in example else None
    for step in example["steps"]:
        speak(service, lms, step)
    assert_aftermath(service, lms, example)
    service.forget()


def speak(service: Service, lms: Lms, step: Mapping[str, Any]) -> None:
    """One request of an example, and everything that is expected of its answer."""
    method, _, path = step["send"].partition(" ")
    service.vendor.faults[:] = [step["vendor"]] if "vendor" in step else []
    headers = dict(step.get("headers", {}))
    if "authorization" in step:
        headers["Authorization"] = authorization(lms, step["authorization"])
    body = step["body"].encode() if "body" in step else step.get("json")
    answer = lms.call(method, path, body, headers)
    assert_answer(answer, step)
    if "CorrelationId" not in headers:
        assert answer.body["correlationId"] == CORRELATION_ID
    if "launched" in step:
        assert answer.body["data"].keys() == {"joinUrl"}
        assert answer.body["data"]["joinUrl"].startswith("https://bridge.example.com/")
        record = service.launches(lms)[-1]
        assert {name: record[name] for name in step["launched"]} == step["launched"]


def assert_answer(answer: Answer, step: Mapping[str, Any]) -> None:
    kind, _, number = step["expect"].partition(" ")
    if kind == "OK":
        assert_success(answer.status, answer.body)
    else:
        assert answer.status == int(number), answer.text
        assert_error(answer.status, answer.body)
        assert answer.body["error"]["code"] == step.get("code", int(number))
        assert step.get("says", "") in answer.body["error"]["message"]
    if "data" in step:
        assert answer.body["data"] == step["data"]
    if "challenge" in step:
        assert answer.every("WWW-Authenticate")[0].startswith("Basic realm=")
    assert answer.seconds < step.get("seconds", 10)


def assert_aftermath(service: Service, lms: Lms, example: Mapping[str, Any]) -> None:
    """What is so at the vendor and in the database when an example has been spoken."""
    if "meetings" in example:
        made = service.meetings()
        assert len(made) == len(example["meetings"])
        for spec, wanted in zip(made, example["meetings"], strict=True):
            found = {
                "title": spec.title,
                "starts_at": spec.starts_at.isoformat(),
                "ends_at": spec.ends_at.isoformat(),
                "presenters": sorted(person.email for person in spec.presenters),
            }
            assert {name: found[name] for name in wanted} == wanted
    if "instructors" in example:
        assert service.instructors(lms) == example["instructors"]
    if "session" in example:
        wanted = dict(example["session"])
        row = service.session(lms, wanted.pop("id"))
        assert row is not None
        assert {k: row[k].isoformat() if k.endswith("_at") else row[k] for k in wanted} == wanted
    if "people_launched" in example:
        assert len({row["person_key"] for row in service.launches(lms)}) == example["people_launched"]


def authorization(lms: Lms, kind: str | None) -> str | None:
    match kind:
        case "wrong password":
            return basic(lms.client_id, "not it")
        case "wrong user":
            return basic("nobody", lms.client_secret)
        case _:
            return kind


def filled(value: Any, ids: Mapping[str, str]) -> Any:
    """`value` with every placeholder replaced."""
    if isinstance(value, str):
        for placeholder, text in ids.items():
            value = value.replace(placeholder, text)
        return value
    if isinstance(value, list):
        return [filled(item, ids) for item in value]
    if isinstance(value, dict):
        return {key: filled(item, ids) for key, item in value.items()}
    return value
