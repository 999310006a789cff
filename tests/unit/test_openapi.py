"""The API's description says everything: each route, each parameter, each answer and each error, with examples."""

from __future__ import annotations

from typing import Any

import pytest
from api_schema import faults, operations, strict
from openapi_document import FILE, text

from ratecard_registry.api_changes import OfKind
from ratecard_shared.events import ModelChangeKind, PriceChangeKind

OPERATIONS = list(operations())
NAMES = [f"{method} {path}" for method, path, _ in OPERATIONS]
PROBLEM = "application/problem+json"
_WITHOUT_A_BODY = {"304"}
_BYTES = {"application/octet-stream"}


def test_the_document_is_checked_in() -> None:
    """If this fails, run `python tests/openapi_document.py`, and look at what changed for whoever uses the API."""
    assert FILE.read_text(encoding="utf-8") == text()


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_a_route_is_described(method: str, path: str, operation: dict[str, Any]) -> None:
    assert len(operation["summary"].split()) > 1, "a summary is a few words: give the route one"
    assert operation["description"]
    tags = {tag["name"] for tag in strict()["tags"] if tag["description"]}
    assert set(operation["tags"]) <= tags
    for parameter in operation.get("parameters", ()):
        assert parameter.get("description"), f"{method} {path}: {parameter['name']}"
        assert "null" not in str(parameter["schema"]), "a parameter is left out, it is never null"


@pytest.mark.parametrize("operation", [operation for _, _, operation in OPERATIONS], ids=NAMES)
def test_each_answer_has_a_schema_and_an_example_that_fits(operation: dict[str, Any]) -> None:
    for status, response in operation["responses"].items():
        assert response["description"]
        for kind, content in response.get("content", {}).items():
            assert content["schema"], status
            shown = [one["value"] for one in content.get("examples", {}).values()]
            shown += [content["example"]] if "example" in content else []
            assert shown or kind in _BYTES, f"{status} has no example"
            for value in shown:
                assert faults(content["schema"], value) == []
        assert response.get("content") or status in _WITHOUT_A_BODY, status


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_each_error_is_told_as_problem_details(method: str, path: str, operation: dict[str, Any]) -> None:
    health = path.startswith("/health")
    errors = {status: one for status, one in operation["responses"].items() if status >= "400"}
    for status, response in errors.items():
        if not health:
            assert list(response["content"]) == [PROBLEM], status
    if not health:
        assert {"401", "500", "503"} <= errors.keys()
        assert operation["security"], f"{method} {path}"


def test_examples_of_requests_fit() -> None:
    bodies = [operation["requestBody"]["content"] for _, _, operation in OPERATIONS if "requestBody" in operation]
    shown = [
        (content["schema"], example["value"])
        for body in bodies
        for content in body.values()
        for example in content.get("examples", {}).values()
    ]
    assert len(shown) > 3
    for schema, value in shown:
        assert faults(schema, value) == []


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(names) == len(set(names))
    assert all(name[0].islower() and name.isalnum() for name in names)


def test_changes_can_be_asked_for_by_every_kind() -> None:
    kinds = {kind.value for kind in (*PriceChangeKind, *ModelChangeKind)}
    assert all(f"'{kind}'" in str(OfKind) for kind in kinds)
