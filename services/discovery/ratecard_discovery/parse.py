"""A model list as its provider's API answers it, in Ratecard's words. Every model in the answer comes out, or none.

An entry without an id means that the answer is not what the provider file says, and a list that silently lacks models
would deprecate them: so it is refused. A fact of an unexpected type is left out, and the model stays.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec.structs import asdict, replace

from ratecard_discovery.capabilities import read_capabilities
from ratecard_discovery.offers import offered
from ratecard_discovery.paths import found, raw_at, raw_items, value_of
from ratecard_discovery.stated import stated_prices
from ratecard_discovery.values import text_of, token_count
from ratecard_providers.endpoint import Fields, ModelList
from ratecard_shared.events import DiscoveredModel
from ratecard_shared.prices import Evidence

_PREVIEW: Final = frozenset({"preview", "experimental", "exp", "beta", "alpha"})
_MILLISECONDS_FROM: Final = 100_000_000_000


class BadListError(ValueError):
    """An answer that is not the list that the provider file says."""


class ListPart(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a list: its models, and the token of the next page if there is one."""

    models: tuple[DiscoveredModel, ...]
    next_token: str | None = None


def parse_list(body: bytes, spec: ModelList, *, url: str, fetched_at: datetime) -> ListPart:
    """Return the models in `body`, which `url` answered. Raises BadListError."""
    evidence = Evidence(
        url=url, fetched_at=fetched_at, sha256=hashlib.sha256(body).hexdigest(), strategy="api", text=""
    )
    try:
        answer = value_of(body)
        items = raw_items(raw_at(body, spec.items))
        models = [model for raw in items for model in _models(raw, spec, evidence)]
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, RecursionError) as error:
        raise BadListError(f"the answer has no list of models at `{spec.items}`: {error}") from error
    return ListPart(models=together(models), next_token=_next_token(answer, spec))


def together(models: Sequence[DiscoveredModel]) -> tuple[DiscoveredModel, ...]:
    """Return each model once, in the order in which they came: the first of an id counts, others fill its gaps."""
    by_id: dict[str, DiscoveredModel] = {}
    for model in models:
        by_id[model.id] = _filled(by_id[model.id], model) if model.id in by_id else model
    return tuple(by_id.values())


def _filled(model: DiscoveredModel, more: DiscoveredModel) -> DiscoveredModel:
    facts = {name: value for name, value in asdict(more).items() if not getattr(model, name)}
    return replace(model, **facts)


def _next_token(answer: Any, spec: ModelList) -> str | None:
    paging = spec.paging
    if paging is None or (paging.more and found(answer, paging.more) is not True):
        return None
    token = text_of(found(answer, paging.token))
    if token is None and paging.more:
        raise BadListError(f"the answer says that there is more (`{paging.more}`), but not where (`{paging.token}`)")
    return token


def _models(raw: bytes, spec: ModelList, evidence: Evidence) -> list[DiscoveredModel]:
    model = _model(raw, spec, evidence)
    return [model, *(offered(model, raw, spec.offers, evidence) if spec.offers else ())]


def _model(raw: bytes, spec: ModelList, evidence: Evidence) -> DiscoveredModel:
    item = value_of(raw)
    name = text_of(found(item, spec.fields.id))
    model_id = name.removeprefix(spec.strip_prefix) if name else None
    if not model_id:
        raise BadListError(f"an entry has no id at `{spec.fields.id}`: {raw[:120].decode(errors='replace')}")
    prices = stated_prices(item, raw, spec.prices, name=model_id, evidence=evidence) if spec.prices else ()
    facts = _facts(item, spec.fields)
    return DiscoveredModel(
        id=model_id,
        capabilities=read_capabilities(item, spec.capabilities),
        prices=prices,
        preview=_is_preview(model_id, facts["display_name"], _at(item, spec.fields.preview)),
        **facts,
    )


def _facts(item: Any, fields: Fields) -> dict[str, Any]:
    aliases = _at(item, fields.aliases)
    return {
        "display_name": text_of(_at(item, fields.display_name)),
        "owned_by": text_of(_at(item, fields.owned_by)),
        "created": _moment(_at(item, fields.created)),
        "context_window": token_count(_at(item, fields.context_window)),
        "max_output_tokens": token_count(_at(item, fields.max_output_tokens)),
        "deprecated": _at(item, fields.deprecated) is True or _at(item, fields.active) is False,
        "shutdown_date": _day(_at(item, fields.shutdown_date)),
        "aliases": tuple(alias for alias in aliases if text_of(alias)) if isinstance(aliases, list) else (),
    }


def _at(item: Any, path: str) -> Any:
    return found(item, path) if path else None


def _is_preview(*said: Any) -> bool:
    if any(word is True for word in said):
        return True
    return any(_PREVIEW.intersection(re.split(r"[^a-z0-9]+", word.lower())) for word in said if isinstance(word, str))


def _moment(value: Any) -> datetime | None:
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        if isinstance(value, int | Decimal) and value > 0:
            return datetime.fromtimestamp(float(value) / (1000 if value >= _MILLISECONDS_FROM else 1), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _day(value: Any) -> date | None:
    moment = _moment(value)
    return moment.date() if moment else None
