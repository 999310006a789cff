"""What docs/events says is what the Structs and the topic table say now."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from jsonschema import Draft202012Validator

from ratecard_shared.contracts import documents, schema, write
from ratecard_shared.topics import GROUPS, TOPICS, Topic

EVENTS = Path(__file__).parents[2] / "docs/events"
REGENERATE = "run: .venv/bin/python -m ratecard_shared.contracts docs/events"


@pytest.mark.parametrize("name", sorted(documents()))
def test_the_checked_in_document_is_the_generated_one(name: str) -> None:
    path = EVENTS / name
    assert path.exists(), f"docs/events/{name} is missing; {REGENERATE}"
    assert path.read_text(encoding="utf-8") == documents()[name], f"docs/events/{name} is out of date; {REGENERATE}"


def test_no_schema_of_a_topic_that_is_no_more() -> None:
    assert {path.stem for path in (EVENTS / "schemas").iterdir()} == {topic.name for topic in TOPICS}


def test_writing_gives_every_document(tmp_path: Path) -> None:
    write(tmp_path)
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert written == set(documents())


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_schema_is_a_schema_and_states_money_as_a_number(topic: Topic) -> None:
    written = schema(topic)
    Draft202012Validator.check_schema(written)
    assert "decimal" not in json.dumps(written)


def test_asyncapi_is_as_faststream_models_it() -> None:
    document = ApplicationSchema.model_validate(_asyncapi())
    assert set(document.channels) == {topic.name for topic in TOPICS} | {f"dlq.{group}" for group in GROUPS}


def test_every_reference_in_asyncapi_leads_somewhere() -> None:
    document = _asyncapi()
    for reference in _references(document):
        node = document
        for step in reference.removeprefix("#/").split("/"):
            assert step in node, f"{reference} leads nowhere"
            node = node[step]


def test_asyncapi_has_every_arrow_of_the_topic_table() -> None:
    arrows = {(it["action"], it["channel"]["$ref"].split("/")[-1], it["title"]) for it in _operations()}
    for topic in TOPICS:
        assert all(("send", topic.name, f"{who} sends {topic.name}") in arrows for who in topic.producers)
        assert all(("receive", topic.name, f"{who} receives {topic.name}") in arrows for who in topic.consumers)


def _asyncapi() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(documents()["asyncapi.json"])
    return document


def _operations() -> list[dict[str, Any]]:
    return list(_asyncapi()["operations"].values())


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for item in node.values():
            yield from _references(item)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)
