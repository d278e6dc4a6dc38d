"""The generated document in openapi/ is what the code says today."""

import json
from collections import Counter
from pathlib import Path

from app.main import create_app
from app.settings import Settings

KEPT = Path(__file__).parents[2] / "openapi" / "vilt-service.json"


def generated() -> dict[str, object]:
    return create_app(Settings(public_url="http://127.0.0.1:8000")).openapi()


def test_the_kept_document_is_the_generated_one() -> None:
    assert json.loads(KEPT.read_text("utf-8")) == generated(), "run: vilt openapi > openapi/vilt-service.json"


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does() -> None:
    operations = [
        operation
        for path in json.loads(KEPT.read_text("utf-8"))["paths"].values()
        for operation in path.values()
    ]
    names = Counter(operation["operationId"] for operation in operations)
    assert [name for name, count in names.items() if count > 1] == []
    assert all(operation.get("summary") for operation in operations)
