"""`openapi/vilt-contract.yaml` says what the code does, and every example in it is lived."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from fastapi.openapi.utils import get_openapi

from app.contract import ROUTES
from app.domain.permissions import CONTRACT_SCOPES
from tests.contract.conftest import Service
from tests.contract.envelopes import assert_envelope
from tests.contract.wire import CORRELATION_ID, Lms, basic

DOCUMENT = yaml.safe_load((Path(__file__).parents[2] / "openapi" / "vilt-contract.yaml").read_text("utf-8"))
VERBS = ("get", "post", "put", "delete")
S1 = "3f1c2f0e-2a7b-4f0e-8f39-0c1d5f6e7a81"
CANCELLED = "9d6f3f5a-0000-4000-8000-000000000002"
DANA, ZOE = "ZGFuYS5sZWVAZXhhbXBsZS5jb20=", "em/Dq0BleGFtcGxlLmNvbQ=="


def resolved(node: Any) -> Any:
    """`node` with its reference followed."""
    if isinstance(node, Mapping) and "$ref" in node:
        target: Any = DOCUMENT
        for word in node["$ref"].removeprefix("#/").split("/"):
            target = target[word]
        return resolved(target)
    return node


def operations(document: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Every operation by verb and path, with the parameters' names taken out of the path."""
    return {
        (verb, re.sub(r"\{.*?\}", "{}", path)): item[verb]
        for path, item in document["paths"].items()
        for verb in VERBS
        if verb in item
    }


def scopes(operation: Mapping[str, Any]) -> list[str]:
    return [scope for entry in operation.get("security", []) for scope in entry.get("oauth2", [])]


def fields(operation: Mapping[str, Any], keyword: str) -> set[str]:
    """Names under `keyword` of the request's schema, those of `allOf` included."""
    found: set[str] = set()
    queue = [
        operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    ]
    while queue:
        schema = resolved(queue.pop())
        found |= set(schema.get(keyword, ()))
        queue += schema.get("allOf", [])
    return found


KEPT = operations(DOCUMENT)
GENERATED = operations(get_openapi(title="t", version="1", routes=list(ROUTES)))


def test_document_and_code_have_the_same_operations() -> None:
    assert KEPT.keys() == GENERATED.keys()
    assert len(KEPT) == 8


@pytest.mark.parametrize("key", KEPT, ids=" ".join)
def test_document_and_code_agree_on_an_operation(key: tuple[str, str]) -> None:
    kept, generated = KEPT[key], GENERATED[key]
    assert kept["operationId"] == generated["operationId"]
    assert scopes(kept) == scopes(generated)
    for keyword in ("required", "properties"):
        assert fields(kept, keyword) == fields(generated, keyword)
    assert set(kept["responses"]) <= set(generated["responses"])


def test_every_scope_of_the_contract_stands_in_the_document() -> None:
    listed = DOCUMENT["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]["scopes"]
    assert set(listed) == {scope.value for scope in CONTRACT_SCOPES}
    assert [scopes(operation) for operation in KEPT.values()].count([]) == 1  # health


def test_the_document_is_sound() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid(schema), name
    for reference in re.findall(r"'\$ref': '(.*?)'", str(DOCUMENT)):
        assert resolved({"$ref": reference}), reference


def validator(schema: Mapping[str, Any]) -> Any:
    return jsonschema_rs.Draft202012Validator({**schema, "components": DOCUMENT["components"]})


def answers() -> Iterator[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]]:
    """Every example of an answer: its name, the HTTP status it stands under, itself and its schema."""
    seen: set[str] = set()
    for operation in KEPT.values():
        for status, answer in operation["responses"].items():
            content = resolved(answer)["content"]["application/json"]
            for name, example in content["examples"].items():
                if name not in seen:
                    seen.add(name)
                    yield name, status, example, content["schema"]


def requests() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Every example of a request: its operation, verb and path, and its body."""
    for (verb, path), operation in KEPT.items():
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for example in content.get("examples", {}).values():
            yield operation["operationId"], f"{verb.upper()} {path.replace('{}', S1)}", example["value"]


@pytest.fixture
def service(telling_service: Service) -> Service:
    """The document's examples show what an LMS hears of a provider's trouble, where it hears of it."""
    return telling_service


@pytest.fixture
def portal(service: Service) -> Lms:
    """A portal where the world is as the examples have it."""
    service.forget()
    lms = service.newcomer("fake")
    session = next(body for name, _, body in requests() if name == "CreateSession")
    for external_id in (S1, CANCELLED):
        assert lms.call("POST", "/session", {**session, "SessionId": external_id}).status == 200
    for address in (DANA, ZOE):
        assert lms.call("GET", f"/session/{S1}/user/{address}/url").status == 200
    assert lms.call("DELETE", f"/session/{CANCELLED}").status == 200
    return lms


def test_every_example_of_a_request_succeeds(portal: Lms) -> None:
    told = list(requests())
    assert len(told) == 6
    for name, send, body in told:
        verb, _, path = send.partition(" ")
        answer = portal.call(verb, path, body)
        assert answer.status == 200, (name, answer.text)


@pytest.mark.parametrize(
    ("name", "status", "example", "schema"), list(answers()), ids=[a[0] for a in answers()]
)
def test_every_example_of_an_answer_is_given(
    name: str,
    status: str,
    example: Mapping[str, Any],
    schema: Mapping[str, Any],
    service: Service,
    portal: Lms,
) -> None:
    ask = example["x-request"]
    service.vendor.faults[:] = [ask["vendor"]] if "vendor" in ask else []
    service.vendor.people = set(ask["directory"]) if "directory" in ask else None
    verb, _, path = ask["send"].partition(" ")
    body = b" " * ask["bytes"] if "bytes" in ask else ask.get("json")
    answer = portal.call(verb, path, body, authorization(service, portal, ask.get("authorization")))
    assert answer.status == int(status), answer.text
    assert_envelope(answer.status, answer.body)
    check = validator(schema)
    check.validate(answer.body)
    check.validate(example["value"])
    assert steady(answer.body) == steady(example["value"]), name


def authorization(service: Service, portal: Lms, kind: str | None) -> dict[str, str | None]:
    if kind == "wrong password":
        return {"Authorization": basic(portal.client_id, "not it")}
    if kind == "lacks the scope":
        return {"Authorization": service.newcomer(scopes=["vilt-session:create"]).authorization}
    return {}


def steady(body: Any) -> Any:
    """An envelope without what differs from call to call."""
    text = re.sub(r"/join/[^\"]+", "/join/", json.dumps({**body, "timestamp": ""}))
    assert json.loads(text)["correlationId"] == CORRELATION_ID
    return json.loads(text)
