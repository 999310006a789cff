"""Anthropic: a paged list; a pricing page in Markdown that names models only by their display names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ratecard_cli.simulated.asking import KEY, MOST_PER_PAGE, Refused, Request
from ratecard_cli.simulated.catalogue import Catalogue, Model, Rates
from ratecard_cli.simulated.frames import framed, priced

_COLUMNS: Final = ("input", "cache_write_5m", "cache_write_1h", "cached_input", "output")
_BATCH_COLUMNS: Final = ("input", "output")


def models(catalogue: Catalogue, request: Request) -> dict[str, Any]:
    """Answer `GET /v1/models`: a page after the model `after_id`."""
    if request.headers.get("x-api-key") != KEY or "anthropic-version" not in request.headers:
        error = {"type": "authentication_error", "message": "invalid x-api-key"}
        raise Refused(401, {"type": "error", "error": error})
    start = _place_after(catalogue, request.query.get("after_id"))
    page = catalogue.models[start : start + MOST_PER_PAGE]
    return {
        "data": [_model(model) for model in page],
        "has_more": start + len(page) < len(catalogue.models),
        "first_id": page[0].id if page else None,
        "last_id": page[-1].id if page else None,
    }


def _place_after(catalogue: Catalogue, model_id: str | None) -> int:
    ids = [model.id for model in catalogue.models]
    if model_id is None:
        return 0
    if model_id not in ids:
        error = {"type": "invalid_request_error", "message": "after_id: no such model"}
        raise Refused(400, {"type": "error", "error": error})
    return ids.index(model_id) + 1


def _model(model: Model) -> dict[str, Any]:
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.name,
        "created_at": model.created_at.isoformat().replace("+00:00", "Z"),
        "max_input_tokens": model.context_window,
        "max_tokens": model.max_output_tokens,
        "capabilities": {name: {"supported": name in model.capabilities} for name in ("image_input", "thinking")},
    }


def pricing(catalogue: Catalogue) -> str:
    """Return a page in Markdown that names models only by their display names."""
    return framed(
        "anthropic.md",
        standard=_markdown_rows(catalogue.models, "standard", _COLUMNS),
        batch=_markdown_rows(catalogue.models, "batch", _BATCH_COLUMNS),
    )


def _markdown_rows(models: Iterable[Model], tier: str, columns: tuple[str, ...]) -> str:
    rows = [[model.name, *_per_mtok(getattr(model, tier), columns)] for model in priced(models, tier)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _per_mtok(rates: Rates, columns: tuple[str, ...]) -> list[str]:
    return [f"${rates[column]} / MTok" if column in rates else "-" for column in columns]
