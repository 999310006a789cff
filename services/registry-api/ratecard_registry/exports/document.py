"""What an export answers: the document, and how many models it leaves out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from ratecard_registry.exports.offers import CannotCarryError, LeftOut, Offer, offer_of
from ratecard_registry.views import ModelView
from ratecard_shared.prices import STANDARD

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A rendered export."""

    body: bytes
    left_out: Mapping[LeftOut, int]
    media_type: str = "application/json"

    @property
    def left_out_header(self) -> str:
        """What `X-Ratecard-Left-Out` says: `3; unknown-price=2, currency=1`."""
        total = sum(self.left_out.values())
        reasons = ", ".join(f"{reason}={count}" for reason, count in sorted(self.left_out.items()))
        return f"{total}; {reasons}" if total else "0"


class Carried:
    """The models of one export. A model that raises CannotCarryError is counted and left out, all of it."""

    def __init__(self) -> None:
        """Start with none."""
        self.left_out: Counter[LeftOut] = Counter()

    def each(self, models: Iterable[ModelView], carry: Callable[[Offer], Any]) -> Iterable[tuple[ModelView, Any]]:
        """Yield each model with what `carry` makes of its offer."""
        for model in models:
            try:
                made = carry(offer_of(model))
            except CannotCarryError as error:
                self.left_out[error.reason] += 1
            else:
                yield model, made

    def document(self, value: Any) -> Document:
        """Return `value` as JSON, with the counts so far."""
        return Document(body=_ENCODER.encode(value), left_out=dict(self.left_out))


def but_standard(tiers: Iterable[str]) -> list[str]:
    """Return the tiers besides the standard one, in a stable order."""
    return sorted(tier for tier in tiers if tier != STANDARD)
