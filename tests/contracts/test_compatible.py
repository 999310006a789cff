"""Within version 1 only optional fields are added: what was released is still there, and nothing more is required.

released_v1.json lists each Struct's fields as first released ("required" and "optional") and each enumeration's values.
A breaking change is a new topic version, not a new line there. Only a Struct that is new gets one.
"""

from __future__ import annotations

import inspect
import json
from enum import Enum
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from ratecard_shared import events, prices

RELEASED: Final[dict[str, Any]] = json.loads(Path(__file__).with_name("released_v1.json").read_bytes())
KINDS: Final = {
    name: kind
    for module in (prices, events)
    for name, kind in inspect.getmembers(module, inspect.isclass)
    if kind.__module__ == module.__name__ and issubclass(kind, msgspec.Struct | Enum) and name != "PriceState"
}
"""What is on the wire. PriceState is not: the API shows it."""


def test_what_is_new_is_listed() -> None:
    assert KINDS.keys() - RELEASED.keys() == set(), "a new Struct or enumeration: list it in released_v1.json"


@pytest.mark.parametrize("name", sorted(RELEASED))
def test_nothing_released_is_taken_back(name: str) -> None:
    assert name in KINDS, f"{name} is gone, but version 1 carries it"
    kind = KINDS[name]
    if issubclass(kind, Enum):
        assert [item.value for item in kind] == RELEASED[name], "readers of version 1 know these values and no others"
        return
    fields = {field.name: field.required for field in msgspec.structs.fields(kind)}
    required = {field for field, is_required in fields.items() if is_required}
    assert required == set(RELEASED[name]["required"]), "a field that was not required must have a default, and stay so"
    assert set(RELEASED[name]["optional"]) <= fields.keys(), "a released field is gone"
