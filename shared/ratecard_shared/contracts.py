"""The written contracts: a JSON Schema per topic, one AsyncAPI document and a table, all from `topics.TOPICS`.

`python -m ratecard_shared.contracts docs/events` writes them. Nothing in them is written by hand, so they cannot say
anything else than the Structs that the services decode.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from ratecard_shared import asyncapi
from ratecard_shared.topics import TOPICS, Topic

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_README: Final = """\
# Events

One row per topic; the source is `topics.py` and `events.py` in `shared/ratecard_shared/`. A record that a consumer
group cannot handle goes, untouched, to `dlq.<group>`. Within a version only optional fields are added, so readers
ignore fields that they do not know. Money is an exact JSON number; times carry their zone and are UTC.

| topic | key | what it says | from | to |
|---|---|---|---|---|
{rows}

- `schemas/<topic>.json` is its JSON Schema; `asyncapi.json` says the same as one AsyncAPI 3.0 document. They and this
  page are written by `python -m ratecard_shared.contracts docs/events`.
- [consumer.py](../consumer/consumer.py) keeps a copy of the prices from `pricing.changed`. It drops repeats and late
  events by `revision`, which it compares **per price**: all prices of a model share its revisions, so a late event of
  another tier is still news. A test runs it on a real broker.
- `examples/<topic>/` is written by hand and append-only. A new example gets its line by
  `sha256sum <topic>/<name>.json >> SHA256SUMS` in `examples/`; one that was ever there is not edited again.
"""


def documents() -> dict[str, str]:
    """Return every generated document by its path below `docs/events`."""
    schemas = {f"schemas/{topic.name}.json": _json(schema(topic)) for topic in TOPICS}
    readme = _README.format(rows="\n".join(map(_row, TOPICS)))
    return {"README.md": readme, "asyncapi.json": _json(_asyncapi()), **schemas}


def schema(topic: Topic) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the topic's records."""
    (root,), components = msgspec.json.schema_components([topic.carries])
    head = {"$schema": _DIALECT, "title": topic.name, "description": topic.says}
    return head | root | {"$defs": _on_the_wire(components)}


def write(folder: Path) -> None:
    """Write the generated documents below `folder`."""
    for name, text in documents().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _asyncapi() -> dict[str, Any]:
    carried = [topic.carries for topic in TOPICS]
    _, components = msgspec.json.schema_components(carried, ref_template="#/components/schemas/{name}")
    return asyncapi.document(_on_the_wire(components))


def _on_the_wire(components: Mapping[str, Any]) -> dict[str, Any]:
    """Return msgspec's schemas with money as the number that it is on the wire."""
    return {name: _patched(component) for name, component in components.items()}


def _patched(node: Any) -> Any:
    if isinstance(node, list):
        return [_patched(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("format") == "decimal":
        return {"type": "number"}
    tidy = {"description": inspect.cleandoc(node["description"])} if isinstance(node.get("description"), str) else {}
    return {key: _patched(item) for key, item in node.items()} | tidy


def _row(topic: Topic) -> str:
    cells = (f"`{topic.name}`", topic.key, topic.says, ", ".join(topic.producers), ", ".join(topic.consumers))
    return f"| {' | '.join(cells)} |"


def _json(document: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


if __name__ == "__main__":
    write(Path(sys.argv[1]))
