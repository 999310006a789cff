"""How to ask a provider's API which models exist. A path is dotted and starts at a model, unless said otherwise.

What an API calls things differs; that they are a list of JSON objects with ids does not. Nothing here names a price.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

Url = Annotated[str, Meta(pattern=r"^https?://[^\s/]+")]
KeyFormat = Annotated[str, Meta(pattern=r"\{key\}")]
Variable = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9_]*$")]


class Paging(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to get the next page: send `parameter` with the answer's `token`, while `more` (if any) is true."""

    parameter: str
    token: str
    more: str | None = None


class Fields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a model's facts stand; the defaults are OpenAI's, and an empty path means that the API has no such fact.

    `active` is a flag whose false means deprecated. `created` is ISO or Unix seconds, `shutdown_date` an ISO date or
    time.
    """

    id: str = "id"
    display_name: str = ""
    owned_by: str = "owned_by"
    created: str = "created"
    context_window: str = ""
    max_output_tokens: str = ""
    preview: str = ""
    active: str = ""
    deprecated: str = ""
    shutdown_date: str = ""
    aliases: str = ""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the API says what a model can do: a flag, a list of words, or a tree of flags and `{supported: flag}`.

    `words` translates the API's words to Ratecard's; with `only` the others are left out, else they are kept as they
    are. A flag below another is named `outer.inner`.
    """

    at: str
    words: dict[str, str] = {}
    only: bool = False


class StatedPrices(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the API states prices, and in which unit. The other paths start at `at` ("" is the model itself).

    `rates` maps components to paths; a figure times `times` (or the component's `times_for`) is in the unit of
    `ratecard_shared.prices.UNITS`. `require` holds what must stand there for the unit to be the expected one, else
    nothing is read. A zero is a price only where `zero_is_free` and input and output are both zero. `bands` is a list
    of prices for prompts of more than `above` tokens.
    """

    at: str = ""
    rates: dict[str, str]
    times: Decimal = Decimal(1)
    times_for: dict[str, Decimal] = {}
    require: dict[str, str] = {}
    zero_is_free: bool = False
    bands: str = ""
    above: str = ""
    currency: str = "USD"


class Offers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a model's entry lists who serves it, each at a price of their own, and how one of them is asked for.

    `at` is that list, `name` who serves, and `id` the id to ask with, made of `{model}` and `{name}`. Each is a model
    of its own: it has what the entry says, and what only its own part says (`context_window`, capabilities, prices).
    """

    at: str
    name: str
    id: Annotated[str, Meta(pattern=r"^[^{}]*\{model\}[^{}]*\{name\}[^{}]*$")]
    context_window: str = ""
    capabilities: tuple[Capabilities, ...] = ()
    prices: StatedPrices | None = None


class ModelList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One list in the API: `items` is the path from the answer to its array."""

    url: Url
    items: str = "data"
    query: dict[str, str] = {}
    paging: Paging | None = None
    fields: Fields = Fields()
    strip_prefix: str = ""
    capabilities: tuple[Capabilities, ...] = ()
    prices: StatedPrices | None = None
    offers: Offers | None = None


class ListEndpoint(ModelList, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider's list endpoint. `key_variable` names the environment variable with the API key.

    `bad_key_words` are what the API answers with status 400 when the key is wrong. `also` are lists that tell more of
    the same models; a model that only they name is left out, and one that cannot be read costs only what it tells.
    """

    key_variable: Variable | None = None
    auth_header: str = "Authorization"
    auth_format: KeyFormat = "Bearer {key}"
    headers: dict[str, str] = {}
    bad_key_statuses: tuple[int, ...] = (401, 403)
    bad_key_words: tuple[str, ...] = ()
    also: tuple[ModelList, ...] = ()
