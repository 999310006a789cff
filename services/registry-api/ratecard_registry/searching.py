"""Text search among models: all words, anywhere in the id, the name, an alias or the provider. Pure.

Case and separators do not count: `GPT 4o`, `gpt-4o` and `gpt4o` find the same.
"""

from __future__ import annotations

import unicodedata

from ratecard_registry.views import ModelView


class Words:
    """The words of a search; none are in every model."""

    def __init__(self, text: str) -> None:
        """Take what was typed."""
        self._words = [word for word in map(_folded, text.split()) if word]

    def are_in(self, model: ModelView) -> bool:
        """Tell whether the model has all of them."""
        if not self._words:
            return True
        names = (model.id, model.display_name, model.provider, *model.aliases)
        where = "\n".join(map(_folded, names))
        return all(word in where for word in self._words)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum())
