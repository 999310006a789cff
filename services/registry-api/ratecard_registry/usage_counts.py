"""Reads counts out of a usage object and remembers which: one that nobody took is refused, so none is lost. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from ratecard_registry.cost import Quantity
from ratecard_registry.views import camel
from ratecard_shared.prices import UNITS

_MOST: Final = 10**15
_FINEST: Final = -9
_FRACTIONS: Final = frozenset({"audio_minute", "video_second", "cache_storage_hour"})
_COMPONENTS: Final = {camel(name): name for name in UNITS} | {name: name for name in UNITS}
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_COUNT: Final = re.compile(r"token|request|sources_used|seconds|minutes|characters|images")
_MODALITIES: Final = {"text": "text", "document": "text", "audio": "audio", "image": "image", "video": "video"}


class UsageError(ValueError):
    """A usage that does not say what was used. The message says why."""


def as_component(name: str) -> str:
    """Return the component of this name, in camelCase or with underscores. Raises UsageError."""
    if name not in _COMPONENTS:
        raise UsageError(f"There is no component {name[:60]!r}; there is: {', '.join(map(camel, UNITS))}.")
    return _COMPONENTS[name]


def quantity(name: str, value: Any, component: str) -> Quantity:
    """Return the value as a quantity of the component. Raises UsageError."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise UsageError(f"{name} must be a number.")
    if not 0 <= value <= _MOST:
        raise UsageError(f"{name} must be from 0 to {_MOST}.")
    if isinstance(value, int):
        return value
    if value == value.to_integral_value():
        return int(value)
    if component not in _FRACTIONS:
        raise UsageError(f"{name} must be whole: it is a count, not millions and not money.")
    if int(value.as_tuple().exponent) < _FINEST:
        raise UsageError(f"{name} has more than {-_FINEST} digits after the point.")
    return value


class Counts:
    """The counts of one object; null counts as absent."""

    def __init__(self, usage: Mapping[str, Any], *, snake: bool = False, where: str = "") -> None:
        """Take the object. `snake`: its names may be in camelCase."""
        self._usage = {_snake(name): value for name, value in usage.items()} if snake else dict(usage)
        self._where = where
        self._left = {name for name, value in self._usage.items() if value is not None}
        self._parts: list[Counts] = []
        self._found = False
        self.given = bool(self._left)

    def has(self, name: str) -> bool:
        """Tell whether the object has this member."""
        return self._usage.get(name) is not None

    def take(self, *names: str) -> int:
        """Return the count that has one of these names, 0 if none has. Two that differ are refused."""
        count: int | None = None
        for name in names:
            value = self._usage.get(name)
            if value is None:
                continue
            self._left.discard(name)
            whole = self._whole(name, value)
            if count not in {None, whole}:
                raise UsageError(f"{' and '.join(names)} should be the same count.")
            count = whole
        self._found = self._found or count is not None
        return count or 0

    def pass_over(self, *names: str) -> None:
        """Leave out counts that only divide one that was taken."""
        self._left.difference_update(names)

    def part(self, *names: str) -> Counts:
        """Return the object inside this one that has one of these names."""
        name = next((name for name in names if self.has(name)), names[0])
        inner = self._usage.get(name)
        if not isinstance(inner, Mapping | None):
            raise UsageError(f"{self._where}{name} must be an object.")
        self._left.discard(name)
        self._parts.append(Counts(inner or {}, where=f"{self._where}{name}."))
        return self._parts[-1]

    def word(self, name: str, *, usual: str) -> str | None:
        """Return the word that stands there, None if it is the usual one."""
        self._left.discard(name)
        word = self._usage.get(name)
        return word if isinstance(word, str) and word != usual else None

    def modalities(self, *names: str) -> dict[str, int]:
        """Return Google's list of counts per modality. Documents count as text."""
        name = next((name for name in names if self.has(name)), names[0])
        self._left.discard(name)
        found: dict[str, int] = {}
        listed = self._usage.get(name)
        for item in listed if isinstance(listed, list) else ():
            counts = Counts(item, snake=True, where=f"{name}.") if isinstance(item, Mapping) else None
            kind = _MODALITIES.get(str(counts.word("modality", usual="")).lower()) if counts else None
            if counts is None or kind is None:
                raise UsageError(f"{name} has a modality that is not understood.")
            found[kind] = found.get(kind, 0) + counts.take("token_count")
        return {kind: count for kind, count in found.items() if count}

    def finish(self) -> None:
        """Refuse an object of which no count was taken. Raises UsageError."""
        self.refuse_others()
        if not self._found:
            raise UsageError("The usage holds no count that this style knows.")

    def refuse_others(self) -> None:
        """Refuse what looks like a count, is not zero and was not taken. Raises UsageError."""
        for name in sorted(self._left):
            if _counts_something(name, self._usage[name]):
                raise UsageError(
                    f"{self._where}{name} is not understood, or has no price per model: take it out, price it apart."
                )
        for part in self._parts:
            part.refuse_others()

    def _whole(self, name: str, value: Any) -> int:
        if type(value) is int and 0 <= value <= _MOST:
            return value
        return int(quantity(f"{self._where}{name}", value, "input"))


def _counts_something(name: str, value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_counts_something(inner, item) for inner, item in value.items())
    return bool(value) and isinstance(value, int | Decimal) and bool(_COUNT.search(name))


@lru_cache(maxsize=1024)
def _snake(name: str) -> str:
    return _HUMP.sub("_", name).lower()
