"""What a model takes, gives and can do, as catalogues of models say it; what nobody has said is not claimed."""

from __future__ import annotations

from typing import Final

from ratecard_registry.views import ModelView

_INPUT: Final = {"vision": "image", "image_input": "image", "audio_input": "audio", "video_input": "video"}
_OUTPUT: Final = {"image_output": "image", "audio_output": "audio", "video_output": "video"}


def can(model: ModelView, what: str) -> bool:
    """Tell whether the model's API, or what it is classified as, says that it can do this."""
    said = {one.type: one.supported for one in model.capabilities}
    return said.get(what, what in model.classification)


def taken(model: ModelView) -> list[str]:
    """Return what the model takes."""
    return ["text", *(kind for what, kind in _INPUT.items() if can(model, what))]


def given(model: ModelView) -> list[str]:
    """Return what the model gives."""
    return ["text", *(kind for what, kind in _OUTPUT.items() if can(model, what))]
