"""Google: a paged list of names under `models/`; a pricing page with one table per model and tier."""

from __future__ import annotations

from typing import Any

from ratecard_cli.simulated.asking import KEY, MOST_PER_PAGE, Refused, Request
from ratecard_cli.simulated.catalogue import Catalogue, Model, Rates
from ratecard_cli.simulated.frames import framed


def models(catalogue: Catalogue, request: Request) -> dict[str, Any]:
    """Answer `GET /v1beta/models`: a page from `pageToken` on. A bad key is 400 here."""
    if request.headers.get("x-goog-api-key") != KEY:
        raise Refused(400, {"error": _error("API key not valid.", "API_KEY_INVALID")})
    token = request.query.get("pageToken", "0")
    if not token.isdecimal():
        raise Refused(400, {"error": _error("The page token is not valid.", "INVALID_PAGE_TOKEN")})
    end = int(token) + MOST_PER_PAGE
    more = {"nextPageToken": str(end)} if end < len(catalogue.models) else {}
    return {"models": [_model(model) for model in catalogue.models[int(token) : end]], **more}


def _error(message: str, reason: str) -> dict[str, Any]:
    return {"code": 400, "message": message, "status": "INVALID_ARGUMENT", "details": [{"reason": reason}]}


def _model(model: Model) -> dict[str, Any]:
    return {
        "name": f"models/{model.id}",
        "version": "001",
        "displayName": model.name,
        "inputTokenLimit": model.context_window,
        "outputTokenLimit": model.max_output_tokens,
        "supportedGenerationMethods": ["generateContent", "countTokens", "batchGenerateContent"],
        "thinking": "thinking" in model.capabilities,
    }


def pricing(catalogue: Catalogue) -> str:
    """Return a page with one table per model and tier, price kinds as rows, several prices in a cell."""
    return framed("google.html", models="\n".join(_section(catalogue, model) for model in catalogue.models))


def _section(catalogue: Catalogue, model: Model) -> str:
    standard = _tier(catalogue, model, "Standard", free="Free of charge")
    batch = _tier(catalogue, model, "Batch", free="Not available")
    return framed("google-model.html", id=model.id, name=model.name, tiers=f"{standard}\n{batch}")


def _tier(catalogue: Catalogue, model: Model, tier: str, *, free: str) -> str:
    rates = getattr(model, tier.lower())
    long = model.long if tier == "Standard" else {}
    cells = {kind: _cell(catalogue, rates, long, kind) for kind in ("input", "output", "cached_input")}
    return framed(
        "google-tier.html",
        anchor=f"{tier.lower()}_{model.id}",
        tier=tier,
        free=free,
        input=cells["input"],
        output=cells["output"],
        cached=cells["cached_input"],
    )


def _cell(catalogue: Catalogue, rates: Rates, long: Rates, kind: str) -> str:
    if kind in long:
        band = f"{catalogue.long_context // 1000}k tokens"
        return f"${rates[kind]}, prompts <= {band}<br>${long[kind]}, prompts > {band}"
    if audio := rates.get(f"audio_{kind}"):
        return f"${rates[kind]} (text / image / video)<br>${audio} (audio)"
    return f"${rates[kind]}"
