"""`ratecard match`: which of the candidate names is the model, for a whole file of questions."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ratecard_cli.faults import UsageError
from ratecard_cli.provider_files import described
from ratecard_cli.terminal import Json, show_table, write_json
from ratecard_match import answer_pairs
from ratecard_match.pairs import Pair


def match(*, pairs: Path, as_json: Json = False) -> None:
    """Say which name on a page is which model id, and how sure that is.

    Parameters
    ----------
    pairs
        A JSON file: [{"provider": "openai", "id": "acme-large-2", "candidates": ["Acme Large 2", "Acme Small"]}].
    as_json
        Print {"answers": [{"answer", "method", "score"}]}, one for each pair, in order; no answer is null.
    """
    asked = _read(pairs)
    aliases = {name: provider.documented_names for name, provider in described().items()}
    answers = answer_pairs(asked, aliases)
    if as_json:
        write_json(answers)
        return
    rows = [
        (pair.id, found.answer or "none of them", found.method, f"{found.score:.0f}")
        for pair, found in zip(asked, answers.answers, strict=True)
    ]
    show_table("Matches", ("model", "name on the page", "method", "score"), rows, right=("score",))


def _read(path: Path) -> tuple[Pair, ...]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[Pair, ...])
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise UsageError(f"{path} is no file of pairs ({error}): see `ratecard match --help`") from error
