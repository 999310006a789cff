"""xAI: one list that names models, others that price them; a pricing page whose script holds the prices as integers."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final

from ratecard_cli.simulated.asking import KEY, Refused, Request, named
from ratecard_cli.simulated.catalogue import Catalogue, Model, Rates
from ratecard_cli.simulated.frames import framed

_CENTS_PER_100_MILLION: Final = 10_000
"""In a dollar per million tokens. Lists and page count in cents per 100 million tokens."""


def models(catalogue: Catalogue, request: Request) -> dict[str, Any]:
    """Answer `GET /v1/models`. A bad key is 400 here, and the error is a string."""
    _let_in(request)
    return {"object": "list", "data": [{**named(model), "owned_by": "xai"} for model in catalogue.models]}


def language_models(catalogue: Catalogue, request: Request) -> dict[str, Any]:
    """Answer `GET /v1/language-models`: the same models with their prices, in cents per 100 million tokens."""
    _let_in(request)
    return {"models": [_language_model(model) for model in catalogue.models]}


def image_models(_catalogue: Catalogue, request: Request) -> dict[str, Any]:
    """Answer `GET /v1/image-generation-models`: there are none."""
    _let_in(request)
    return {"models": []}


def _let_in(request: Request) -> None:
    if request.headers.get("authorization") != f"Bearer {KEY}":
        raise Refused(400, {"code": "invalid-argument", "error": "Incorrect API key provided."})


def _language_model(model: Model) -> dict[str, Any]:
    return {
        **named(model),
        "owned_by": "xai",
        "aliases": list(model.aliases),
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "prompt_text_token_price": _in_cents(model.standard["input"]),
        "cached_prompt_text_token_price": _in_cents(model.standard["cached_input"]),
        "completion_text_token_price": _in_cents(model.standard["output"]),
    }


def _in_cents(dollars_per_million: str) -> int:
    """Return a price in xAI's unit, US cents per 100 million tokens."""
    return int(Decimal(dollars_per_million) * _CENTS_PER_100_MILLION)


def pricing(catalogue: Catalogue) -> str:
    """Return a page whose prices are integers in the escaped JSON of its script, once per cluster."""
    clusters = [
        {"languageModels": [_model(catalogue, model, cluster) for model in catalogue.models], "clusterName": cluster}
        for cluster in ("us-east-1", "eu-west-1")
    ]
    state = {"data": {"clusterConfigs": clusters}, "status": "success"}
    flight = "1a:" + json.dumps(["$", "$L25", None, {"state": {"queries": [{"state": state}]}}]) + "\n"
    return framed("xai.html", flight=json.dumps(flight).replace("<", "\\u003c"))


def _model(catalogue: Catalogue, model: Model, cluster: str) -> dict[str, Any]:
    return {
        "inputModalities": ["TEXT"],
        "outputModalities": ["TEXT"],
        "aliases": list(model.aliases),
        "name": model.id,
        "version": "1.0",
        "promptTextTokenPrice": _price(model.standard, "input"),
        "cachedPromptTokenPrice": _price(model.standard, "cached_input"),
        "completionTextTokenPrice": _price(model.standard, "output"),
        "cluster": cluster,
        "maxPromptLength": model.context_window,
        "features": {"functionCalling": True, "structuredOutputs": True, "reasoning": False},
        **_long_context(catalogue, model),
    }


def _long_context(catalogue: Catalogue, model: Model) -> dict[str, Any]:
    threshold = {"longContextThreshold": str(catalogue.long_context)} if model.long else {}
    return {
        "promptTextTokenPriceLongContext": _price(model.long, "input"),
        "cachedPromptTokenPriceLongContext": _price(model.long, "cached_input"),
        "completionTokenPriceLongContext": _price(model.long, "output"),
        **threshold,
    }


def _price(rates: Rates, component: str) -> str | int:
    return str(_in_cents(rates[component])) if component in rates else 0
