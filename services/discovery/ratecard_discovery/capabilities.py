"""What an API says that a model can do: flags, lists of words, and trees of both, in Ratecard's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ratecard_discovery.paths import found
from ratecard_providers.endpoint import Capabilities
from ratecard_shared.events import Capability


def read_capabilities(item: Any, specs: Sequence[Capabilities]) -> tuple[Capability, ...]:
    """Return each capability once, in the order of their names; what is said twice is supported if it is once."""
    said: dict[str, bool] = {}
    for spec in specs:
        for word, supported in _words(found(item, spec.at), spec.at.rpartition(".")[2]):
            kind = spec.words.get(word, "" if spec.only else word)
            if kind:
                said[kind] = said.get(kind, False) or supported
    return tuple(Capability(type=kind, supported=said[kind]) for kind in sorted(said))


def _words(value: Any, name: str) -> Iterator[tuple[str, bool]]:
    if isinstance(value, bool):
        yield name, value
    elif isinstance(value, list):
        yield from ((word, True) for word in value if isinstance(word, str))
    elif isinstance(value, dict):
        yield from _branch(value, "")


def _branch(tree: dict[str, Any], prefix: str) -> Iterator[tuple[str, bool]]:
    for key, value in tree.items():
        if isinstance(value, bool):
            yield (prefix.removesuffix(".") if key == "supported" and prefix else prefix + key), value
        elif isinstance(value, dict):
            yield from _branch(value, f"{prefix}{key}.")
