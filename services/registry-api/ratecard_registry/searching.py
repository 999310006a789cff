"""Text search among models: all words, anywhere in the id, the name, an alias or the provider. Pure.

Case and separators do not count: `GPT 4o`, `gpt-4o` and `gpt4o` find the same. Other signs are looked for as
they are, where a word has nothing else.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from ratecard_registry.views import ModelView

_SEPARATORS: Final = "-_./:,;|+()[]"


class Words:
    """The words of a search; none are in every model."""

    def __init__(self, text: str) -> None:
        """Take what was typed."""
        words = (_folded(word) or word.strip(_SEPARATORS) for word in text.split())
        self._words = [word for word in words if word]

    def are_in(self, model: ModelView) -> bool:
        """Tell whether the model has all of them."""
        if not self._words:
            return True
        names = (model.id, model.display_name, model.provider, *model.aliases)
        where = "\n".join((*map(_folded, names), *names))
        return all(word in where for word in self._words)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum())
