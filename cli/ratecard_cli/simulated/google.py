"""Google: a paged list of names under `models/`; a pricing page in Markdown with one table per model and tier."""

from __future__ import annotations

from typing import Any, Final

from ratecard_cli.simulated.asking import KEY, MOST_PER_PAGE, Refused, Request
from ratecard_cli.simulated.catalogue import Catalogue, Model, Rates
from ratecard_cli.simulated.frames import framed

_KINDS: Final = ("input", "output", "cached_input")


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
    """Return a page in Markdown with one table per model and tier, price kinds as rows, several prices in a cell."""
    return framed("google.md", models="\n".join(_section(catalogue, model) for model in catalogue.models))


def _section(catalogue: Catalogue, model: Model) -> str:
    standard = _tier("Standard", free="Free of charge", **_cells(model.standard, model.long, catalogue.long_context))
    batch = _tier("Batch", free="Not available", **_cells(model.batch, {}, catalogue.long_context))
    return framed("google-model.md", id=model.id, name=model.name, tiers=f"{standard}\n{batch}")


def _tier(tier: str, **cells: str) -> str:
    return framed("google-tier.md", tier=tier, **cells)


def _cells(rates: Rates, long: Rates, long_context: int) -> dict[str, str]:
    return {kind: _cell(rates, long, kind, f"{long_context // 1000}k tokens") for kind in _KINDS}


def _cell(rates: Rates, long: Rates, kind: str, band: str) -> str:
    if kind in long:
        return f"${rates[kind]}, prompts \\<= {band} ${long[kind]}, prompts \\> {band}"
    if audio := rates.get(f"audio_{kind}"):
        return f"${rates[kind]} (text / image / video) ${audio} (audio)"
    return f"${rates[kind]}"
