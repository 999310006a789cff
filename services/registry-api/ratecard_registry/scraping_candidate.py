"""A scraping configuration that somebody wants stored: taken whole, or refused with all that is wrong with it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ratecard_pages.settings_check import pricing_faults
from ratecard_providers.addresses import url_fault
from ratecard_providers.load import ProviderFileError, read_pricing
from ratecard_providers.pricing import Pricing

_MOST_PAGES: Final = 20
_BY_COLUMN_NUMBER: Final = (
    "`selectors`: columns by number are not taken, because a column that moves would be read as another price. "
    "Columns are found by what their headings say: name a page and strategies, as in `writeInstead`"
)


class CandidateError(Exception):
    """The configuration cannot be taken. `write_instead` is one that says the same, where that is known."""

    def __init__(self, *faults: str, write_instead: dict[str, Any] | None = None) -> None:
        """Say all that is wrong."""
        super().__init__("; ".join(faults))
        self.faults = faults
        self.write_instead = write_instead


def candidate(raw: Any, *, allow_private: bool) -> Pricing:
    """Return the configuration that JSON values say. Raises CandidateError."""
    _refuse_column_numbers(raw)
    try:
        pricing = read_pricing(raw)
    except ProviderFileError as error:
        raise CandidateError(str(error)) from error
    except ArithmeticError as error:
        raise CandidateError("a number is out of any range") from error
    if faults := faults_of(pricing, allow_private=allow_private):
        raise CandidateError(*faults)
    return pricing


def faults_of(pricing: Pricing, *, allow_private: bool) -> tuple[str, ...]:
    """Return what is wrong with a configuration that has the right form."""
    faults = [fault.replace("`pricing.", "`", 1) for fault in pricing_faults(pricing)]
    if len(pricing.pages) > _MOST_PAGES:
        faults.append(f"`pages`: {len(pricing.pages)} are too many, at most {_MOST_PAGES} are taken")
    for number, page in enumerate(pricing.pages[:_MOST_PAGES]):
        if fault := url_fault(page.url, allow_private=allow_private):
            faults.append(f"`pages[{number}].url`: {fault}")
    if rb"\u0000" in msgspec.json.encode(pricing):
        faults.append("a text has a NUL character in it")
    return tuple(dict.fromkeys(faults))


def _refuse_column_numbers(raw: Any) -> None:
    if not isinstance(raw, dict) or "pages" in raw or not raw.keys() & {"selectors", "fallbackSelectors", "url"}:
        return
    url = raw.get("url")
    page = {
        "url": url if isinstance(url, str) else "https://...",
        "strategies": ["columns", "kinds", "transposed"],
    }
    raise CandidateError(_BY_COLUMN_NUMBER, write_instead={"pages": [page]})


def as_config(pricing: Pricing) -> dict[str, Any]:
    """Return what is stored and shown: what a file would say, without what goes without saying."""
    said: dict[str, Any] = _sparse(pricing)
    return said


def _sparse(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        fields = msgspec.structs.fields(value)
        said = {field.encode_name: (getattr(value, field.name), field) for field in fields}
        return {name: _sparse(item) for name, (item, field) in said.items() if item != _default(field)}
    if isinstance(value, tuple | list):
        return [_sparse(item) for item in value]
    return value


def _default(field: Any) -> Any:
    return field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
