"""Refuses a query that names what its route does not know: it would be answered as if that had not been asked.

Only good answers are kept in memory, so what is answered from there needs no second look.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import Any, Final

from litestar import Request
from litestar.params import QueryParameter

from ratecard_registry.problems import Problem

_API: Final = "/api/"
_ANY: Final = "/api/export/"
"""Tools send here what they send to the list that this stands for."""

_BELOW: Final = "only_below"
_MOST_TOLD: Final = 5
_LONGEST: Final = 60


def only_below(suffix: str, names: Collection[str]) -> dict[str, Any]:
    """For a route's `opt`: it knows these parameters only where its path ends with `suffix`."""
    return {_BELOW: (suffix, frozenset(names))}


def knows_all_it_takes(path: str) -> bool:
    """Tell whether a parameter that the route of this path does not know is refused."""
    return path.startswith(_API) and not path.startswith(_ANY)


async def refuse_unknown(request: Request[Any, Any, Any]) -> None:
    """Refuse a request whose query names a parameter that its route does not know. Raises Problem."""
    if not request.scope["query_string"] or not knows_all_it_takes(request.scope["path"]):
        return
    if request.method == "OPTIONS":  # its handler takes none, and is about those of the others
        return
    known = sorted(_known(request))
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in known]
    if unknown:
        faults = [_fault(name[:_LONGEST], known) for name in unknown[:_MOST_TOLD]]
        said = "; ".join(fault["message"] for fault in faults)
        takes = f"It takes {', '.join(known)}." if known else "It takes none."
        raise Problem(400, f"{said}. {takes}", errors=faults)


def _known(request: Request[Any, Any, Any]) -> Iterator[str]:
    suffix, below = request.route_handler.opt.get(_BELOW, ("", frozenset()))
    fits = request.scope["path"].rstrip("/").endswith(suffix)
    for argument, field in request.route_handler.parsed_fn_signature.parameters.items():
        if isinstance(field.kwarg_definition, QueryParameter):
            name = field.kwarg_definition.name or argument
            if fits or name not in below:
                yield name


def _fault(name: str, known: Collection[str]) -> dict[str, str]:
    near = get_close_matches(name, known, n=1)
    meant = f" (did you mean `{near[0]}`?)" if near else ""
    return {"message": f"`{name}` is no parameter of this route{meant}", "key": name, "source": "query"}
