"""OpenAI: a list on one page; a pricing page of tabs, whose tables show few models and hold all in their properties."""

from __future__ import annotations

import html
import json
from decimal import Decimal
from typing import Any, Final

from ratecard_cli.simulated.asking import KEY, Refused, Request, named
from ratecard_cli.simulated.catalogue import Catalogue, Model, Rates
from ratecard_cli.simulated.frames import framed, priced

_RENDERED: Final = 2
_COLUMNS: Final = ("input", "cached_input", "cache_write", "output")


def models(catalogue: Catalogue, request: Request) -> dict[str, Any]:
    """Answer `GET /v1/models`: everything on one page."""
    if request.headers.get("authorization") != f"Bearer {KEY}":
        error = {"message": "Incorrect API key provided.", "type": "invalid_request_error", "code": "invalid_api_key"}
        raise Refused(401, {"error": error})
    return {"object": "list", "data": [_model(model) for model in catalogue.models]}


def _model(model: Model) -> dict[str, Any]:
    shutdown = model.shutdown_date.isoformat() if model.shutdown_date else None
    return {**named(model), "owned_by": "system", "shutdown_date": shutdown}


def pricing(catalogue: Catalogue) -> str:
    """Return a page of tabs, each a table with a two-row heading and all models in its component's properties."""
    tiers = {tier: _table(catalogue, tier) for tier in ("standard", "batch")}
    return framed("openai.html", **tiers, long_context=str(catalogue.long_context // 1000))


def _table(catalogue: Catalogue, tier: str) -> str:
    with_prices = priced(catalogue.models, tier)
    rows = [[_astro(model.id), *_figures(getattr(model, tier))] for model in with_prices]
    props = {"tier": _astro(tier), "rows": [1, [[1, row] for row in rows]]}
    shown = "\n".join(_row(model, tier) for model in with_prices[:_RENDERED])
    return framed("openai-table.html", tier=tier, props=html.escape(json.dumps(props)), rows=shown)


def _astro(value: Any) -> list[Any]:
    return [0, value]


def _figures(rates: Rates) -> list[list[Any]]:
    # A model without cache writes has no cell for them: rows of one table differ in width.
    columns = [column for column in _COLUMNS if column in rates or column != "cache_write"]
    return [_astro(_number(rates[column]) if column in rates else None) for column in columns]


def _number(figure: str) -> int | float:
    number = Decimal(figure)
    return int(number) if number == number.to_integral_value() else float(number)


def _row(model: Model, tier: str) -> str:
    long = model.long if tier == "standard" else {}
    figures = [rates.get(column) for rates in (getattr(model, tier), long) for column in _COLUMNS]
    cells = [model.id, *(f"${figure}" if figure else "-" for figure in figures)]
    return "<tr>" + "".join(f"<td><span>{cell}</span></td>" for cell in cells) + "</tr>"
