"""What the framework cannot say of the API by itself, added to its OpenAPI document. Pure.

It knows a route, not that one handler answers below two paths; and which fields it may leave out of an answer, not that
it never does.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from ratecard_registry.api_changes import STREAM
from ratecard_registry.parameters import knows_all_it_takes
from ratecard_registry.problems import COMPRESSED

Json = Any
_MODEL: Final = "/api/models/{name}"
_ONE: Final = "/api/models/{id}"
_HISTORY: Final = "/api/models/{id}/pricing-history"
OF_HISTORY: Final = frozenset({"startDate", "endDate", "limit", "cursor"})
"""The parameters that a model does not have, and its history does."""

_REF: Final = "#/components/schemas/"
_JSON: Final = "application/json"
_PROBLEM: Final = "application/problem+json"
_STREAM: Final = "text/event-stream"


def completed(document: dict[str, Json], examples: Mapping[str, Json]) -> dict[str, Json]:
    """Return the document with all that there is to say.

    `examples` of answers are named by operation and status, `listModels.200`. Of requests there are several, by
    name: `computeCosts.request`.
    """
    whole = copy.deepcopy(document)
    whole["paths"] = _history_apart(whole["paths"])
    _tell_unknown_parameters(whole["paths"])
    _tell_what_the_front_does(whole["paths"])
    for operation in _operations(whole):
        for parameter in operation.get("parameters", ()):
            parameter["schema"] = _without_null(parameter["schema"])
        _tell_statuses(operation["responses"])
        _show_examples(operation, examples)
        _show_requests(operation, examples)
    _add_the_stream(whole["paths"])
    for schema in whole["components"]["schemas"].values():
        for field in schema.get("properties", {}).values():
            _drop_the_ellipsis(field)
    _require_what_always_comes(whole)
    return whole


def _operations(document: dict[str, Json]) -> Iterator[dict[str, Json]]:
    for methods in document["paths"].values():
        yield from methods.values()


def _history_apart(paths: dict[str, Json]) -> dict[str, Json]:
    """Describe the one handler of models and histories as the two routes that it is for its callers."""
    both = paths.pop(_MODEL)["get"]
    model, history = copy.deepcopy(both), copy.deepcopy(both)
    for one in (model, history):
        named = next(parameter for parameter in one["parameters"] if parameter["in"] == "path")
        named.update(name="id", description=_ID, schema={"type": "string"}, example="swift-1")
    model["parameters"] = [one for one in model["parameters"] if one["name"] not in OF_HISTORY]
    model["description"], history["description"] = both["description"].split(_BETWEEN)
    history.update(operationId="getPricingHistory", summary="Get what a model used to cost")
    kinds = both["responses"]["200"]["content"][_JSON]["schema"]["oneOf"]
    says = ("The model", "A page of its prices, the oldest first")
    for one, kind, description in zip((model, history), kinds, says, strict=True):
        one["responses"]["200"] = {"description": description, "content": {_JSON: {"schema": kind}}}
    return {**paths, _ONE: {"get": model}, _HISTORY: {"get": history}}


_ID: Final = "The bare id, or `provider/id`; slashes in it may be written as they are"
_BETWEEN: Final = "\n\nBelow `/pricing-history`: "


def _add_the_stream(paths: dict[str, Json]) -> None:
    """`/api/changes` answers with the same stream as its neighbour, if it is asked for."""
    stream = paths[STREAM]["get"]["responses"]["200"]["content"][_STREAM]
    paths["/api/changes"]["get"]["responses"]["200"]["content"][_STREAM] = copy.deepcopy(stream)


def _tell_unknown_parameters(paths: dict[str, Json]) -> None:
    """No handler says what is refused before it is asked."""
    for path, methods in paths.items():
        for operation in methods.values() if knows_all_it_takes(path) else ():
            wrong = operation["responses"].setdefault("400", {})
            other = wrong.get("description")
            wrong["description"] = f"{other}; or a parameter is unknown" if other else "A parameter is unknown"
            content = wrong.setdefault("content", {}).setdefault(_PROBLEM, {"schema": _PLAIN_PROBLEM, "examples": {}})
            if content["schema"] == _PLAIN_PROBLEM:
                content["schema"] = {"$ref": f"{_REF}Invalid"}
            content["examples"]["unknownParameter"] = {"value": _UNKNOWN_PARAMETER}


def _tell_what_the_front_does(paths: dict[str, Json]) -> None:
    """The front adds them to what handlers answer, says that nothing has changed, and refuses what is compressed."""
    for path, methods in paths.items():
        for method, operation in methods.items() if path.startswith("/api/") else ():
            responses = operation["responses"]
            if "requestBody" in operation:
                content = {"schema": _PLAIN_PROBLEM, "examples": {"compressed": {"value": {"detail": COMPRESSED}}}}
                responses["415"] = {"description": "The body is compressed", "content": {_PROBLEM: content}}
            for status in responses.keys() & _LATER:
                _add_headers(responses[status], "Retry-After")
            if method == "get" and path != STREAM:
                responses["304"] = {"description": "What `If-None-Match` names is still right"}
                for status in ("200", "304"):
                    _add_headers(responses[status], "ETag", "Cache-Control")
            if path.startswith("/api/export/"):
                _add_headers(responses["200"], "X-Ratecard-Left-Out")


def _add_headers(response: dict[str, Json], *names: str) -> None:
    said = response.setdefault("headers", {})
    said |= {name: {"schema": {"type": "string"}, "description": _HEADERS[name]} for name in names}


_LATER: Final = {"429", "503"}
_HEADERS: Final = {
    "X-Ratecard-Left-Out": "How many models are not carried, and why: `3; currency=1, unknown-price=2`",
    "Retry-After": "Seconds after which to ask again",
    "ETag": "Names this answer: send it as `If-None-Match`",
    "Cache-Control": "Who may keep the answer, and for how long",
}
_PLAIN_PROBLEM: Final = {"$ref": f"{_REF}ProblemView"}
_FAULT: Final = "`provder` is no parameter of this route (did you mean `provider`?)"
_UNKNOWN_PARAMETER: Final = {
    "detail": f"{_FAULT}. It takes limit, provider.",
    "errors": [{"message": _FAULT, "key": "provder", "source": "query"}],
}


def _without_null(schema: Json) -> Json:
    """A parameter is left out rather than null."""
    if isinstance(schema.get("type"), list):
        (kind,) = (kind for kind in schema["type"] if kind != "null")
        return {**schema, "type": kind, "enum": [value for value in schema["enum"] if value is not None]}
    kinds = [kind for kind in schema.get("oneOf", ()) if kind.get("type") != "null"]
    return (
        {**kinds[0], **{key: value for key, value in schema.items() if key != "oneOf"}} if len(kinds) == 1 else schema
    )


def _drop_the_ellipsis(field: dict[str, Json]) -> None:
    """The framework takes the dots of a bounded `tuple[T, ...]` for a second type of its items: anything."""
    items = field.get("items", {})
    if {} in items.get("oneOf", ()):
        (field["items"],) = (kind for kind in items["oneOf"] if kind)


def _show_examples(operation: dict[str, Json], examples: Mapping[str, Json]) -> None:
    for status, response in operation["responses"].items():
        for content in response.get("content", {}).values():
            if (value := examples.get(f"{operation['operationId']}.{status}")) is not None:
                content["example"] = value


def _show_requests(operation: dict[str, Json], examples: Mapping[str, Json]) -> None:
    """Show the examples of a request by their names. A body that may be null may be left out."""
    body = operation.get("requestBody", {"content": {}})
    for content in body["content"].values():
        body["required"] = not any(kind.get("type") == "null" for kind in content["schema"].get("oneOf", ()))
        content["schema"] = _without_null(content["schema"])
        if (shown := examples.get(f"{operation['operationId']}.request")) is not None:
            content["examples"] = {name: {"value": value} for name, value in shown.items()}


def _tell_statuses(responses: dict[str, Json]) -> None:
    """Put the status, which a refusal knows only from its place, into its example."""
    for status, response in responses.items():
        for example in response.get("content", {}).get(_PROBLEM, {}).get("examples", {}).values():
            phrase = HTTPStatus(int(status)).phrase
            example["value"] = {"type": "about:blank", "title": phrase, "status": int(status), **example["value"]}


def _require_what_always_comes(document: dict[str, Json]) -> None:
    """Answers hold every field, also those with a default."""
    schemas = document["components"]["schemas"]
    for name in _named_by_answers(document):
        schema = schemas[name]
        if "properties" in schema:
            schema["required"] = sorted(schema["properties"])


def _named_by_answers(document: dict[str, Json]) -> set[str]:
    good = [
        content
        for operation in _operations(document)
        for status, response in operation["responses"].items()
        for content in response.get("content", {}).values()
        if status.startswith("2")
    ]
    found: set[str] = set()
    waiting = set(_references(good))
    while waiting:
        found |= waiting
        waiting = {name for one in waiting for name in _references(document["components"]["schemas"][one])} - found
    return found


def _references(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].removeprefix(_REF)
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
