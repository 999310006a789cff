"""The AsyncAPI 3.0 document of the whole system, from the topic table: who sends what where, keyed by what.

FastStream's own export fails on msgspec Structs and would show one service at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_args

from ratecard_shared.topics import GROUPS, TOPICS, Topic, dead_letters

_TEXT: Final = {"type": "string"}
_BINDING_VERSION: Final = "0.5.0"
_DEAD_LETTER: Final = {
    "name": "DeadLetter",
    "title": "DeadLetter",
    "summary": "A record as it came, its value untouched; the headers say where from and why.",
    "headers": {
        "type": "object",
        "properties": {f"dlq-{part}": _TEXT for part in ("topic", "partition", "offset", "error", "at")},
        "required": ["dlq-topic", "dlq-partition", "dlq-offset", "dlq-error", "dlq-at"],
    },
    "payload": {"description": "Any bytes: what could not be read may not even be JSON."},
}
_REPLAYED: Final = {
    "name": "DeadLettersReplayed",
    "title": "DeadLettersReplayed",
    "summary": "No letter: it says which letters before it were put back onto their topics, by their offsets.",
    "headers": {
        "type": "object",
        "properties": {"dlq-replayed": _TEXT, "dlq-at": _TEXT},
        "required": ["dlq-replayed", "dlq-at"],
    },
    "payload": {"type": "null"},
}
_DEAD: Final = ["DeadLetter", "DeadLettersReplayed"]
_TRACE: Final = {
    "traceparent": _TEXT | {"description": "W3C trace context."},
    "tracestate": _TEXT | {"description": "W3C trace context."},
}


def document(schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document; `schemas` has every Struct of the topics by its name."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Ratecard events",
            "version": "1",
            "description": "Topic names have KAFKA_TOPIC_PREFIX before them where one is set.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": _channels(),
        "operations": _operations(),
        "components": {"messages": _messages(), "schemas": dict(schemas)},
    }


def kinds(topic: Topic) -> tuple[type, ...]:
    """Return the Structs that the topic carries."""
    return get_args(topic.carries) or (topic.carries,)


def _channels() -> dict[str, Any]:
    said = {topic.name: _channel(topic.name, topic.says, _carried(topic), topic.partitions) for topic in TOPICS}
    dead = {
        dead_letters(group): _channel(dead_letters(group), f"What the group {group} could not handle.", _DEAD)
        for group in GROUPS
    }
    return said | dead


def _channel(name: str, says: str, messages: list[str], partitions: int | None = None) -> dict[str, Any]:
    kafka = {"topic": name, "bindingVersion": _BINDING_VERSION} | ({"partitions": partitions} if partitions else {})
    return {
        "address": name,
        "description": says,
        "messages": {message: _ref("components/messages", message) for message in messages},
        "bindings": {"kafka": kafka},
    }


def _operations() -> dict[str, Any]:
    sent = {
        f"{_slug(who)}.sends.{topic.name}": _operation("send", who, topic.name)
        for topic in TOPICS
        for who in topic.producers
    }
    received = {
        f"{_slug(who)}.receives.{topic.name}": _operation("receive", who, topic.name)
        for topic in TOPICS
        for who in topic.consumers
    }
    dead = {
        f"{group}.sends.{dead_letters(group)}": _operation("send", f"consumer group {group}", dead_letters(group))
        for group in GROUPS
    }
    return sent | received | dead


def _operation(action: str, who: str, channel: str) -> dict[str, Any]:
    return {"action": action, "title": f"{who} {action}s {channel}", "channel": _ref("channels", channel)}


def _messages() -> dict[str, Any]:
    said = {kind.__name__: _message(topic, kind) for topic in TOPICS for kind in kinds(topic)}
    return said | {"DeadLetter": _DEAD_LETTER, "DeadLettersReplayed": _REPLAYED}


def _message(topic: Topic, kind: type) -> dict[str, Any]:
    key = _TEXT | {"description": topic.key}
    return {
        "name": kind.__name__,
        "title": kind.__name__,
        "headers": {"type": "object", "properties": _TRACE},
        "payload": _ref("components/schemas", kind.__name__),
        "bindings": {"kafka": {"key": key, "bindingVersion": _BINDING_VERSION}},
    }


def _carried(topic: Topic) -> list[str]:
    return [kind.__name__ for kind in kinds(topic)]


def _ref(place: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/{place}/{name}"}


def _slug(who: str) -> str:
    return who.replace(" ", "-")
