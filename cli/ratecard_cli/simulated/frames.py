"""Pages are put together from the frames in `pages/`: text with `$names` for what changes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from string import Template
from typing import Final

from ratecard_cli.simulated.catalogue import Model

_FRAMES: Final = Path(__file__).with_name("pages")


def framed(frame: str, /, **pieces: str) -> str:
    """Return the frame with its names replaced."""
    return Template((_FRAMES / frame).read_text(encoding="utf-8")).substitute(pieces)


def priced(models: Iterable[Model], tier: str) -> list[Model]:
    """Return the models that have prices in `tier`."""
    return [model for model in models if getattr(model, tier)]
