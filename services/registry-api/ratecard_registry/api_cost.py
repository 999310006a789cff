"""The route that says what usages cost. A line that cannot be read is an error of that line, not of the request."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.dto import AbstractDTO, DTOFieldDefinition
from litestar.params import JSONBody
from litestar.typing import FieldDefinition

from ratecard_registry.cost_views import CostAnswer, CostRequest, LineError, Style, UsageLine
from ratecard_registry.costing import Costs, Lines, Unread
from ratecard_registry.describing import READING, answers, refuses
from ratecard_registry.past import FIRST_DAY, LAST_DAY
from ratecard_registry.problems import Problem, as_json
from ratecard_registry.views import View
from ratecard_shared.prices import Instant

PATH: Final = "/api/cost"
MOST_LINES: Final = 10_000
MOST_BYTES: Final = 10_000_000


class _Rough(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request whose lines are not read yet."""

    usages: list[msgspec.Raw]
    usage_style: Style = "ratecard"
    known_at: Instant | None = None
    own: bool = True


class _Named(msgspec.Struct, frozen=True, kw_only=True):
    """What a line is called, whatever else is wrong with it."""

    ref: Any = None
    model: Any = None


_NAMED: Final = msgspec.json.Decoder(_Named)
_REQUEST: Final = msgspec.json.Decoder(_Rough)
_LINE: Final = msgspec.json.Decoder(UsageLine, float_hook=Decimal)


def read_lines(body: bytes) -> Lines:
    """Return the lines of a request. Raises Problem."""
    try:
        rough = _REQUEST.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, f"The request cannot be read: {error}. /docs shows what it takes.") from error
    if rough.known_at and not FIRST_DAY <= rough.known_at <= LAST_DAY:
        raise Problem(400, f"`knownAt` is from 1970 to 9999, not {rough.known_at.isoformat()}.")
    if len(rough.usages) > MOST_LINES:
        raise Problem(413, f"{len(rough.usages)} usages are too many: send at most {MOST_LINES} at once.")
    return Lines(
        usages=[_line(raw) for raw in rough.usages],
        style=rough.usage_style,
        known_at=rough.known_at,
        own=rough.own,
    )


def _line(raw: msgspec.Raw) -> UsageLine | Unread:
    try:
        line = _LINE.decode(raw)
    except ArithmeticError:
        return _unread(raw, "A number of the line is out of any range.")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return _unread(raw, f"The line cannot be read: {error}.")
    if line.when and not FIRST_DAY <= line.when <= LAST_DAY:
        return _unread(raw, f"`when` is from 1970 to 9999, not {line.when.isoformat()}.")
    return line


def _unread(raw: msgspec.Raw, why: str) -> Unread:
    error = LineError(code="invalid_line", detail=why)
    try:
        named = _NAMED.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Unread(error=error)
    return Unread(error=error, ref=_text(named.ref), model=_text(named.model))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


class _LineByLine(AbstractDTO[CostRequest]):
    """Described as a whole, read line by line."""

    def decode_bytes(self, value: bytes) -> Lines:
        """Read the request."""
        return read_lines(value)

    @classmethod
    def create_for_field_definition(cls, *_: Any, **__: Any) -> None:
        """Need no model of its own."""

    @classmethod
    def create_openapi_schema(cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any) -> Any:  # noqa: ARG003  # its interface
        """Describe the request as its type says."""
        return schema_creator.for_field_definition(field_definition)

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Generator[DTOFieldDefinition]:  # noqa: ARG003
        """Have no fields of its own."""
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:  # noqa: ARG003
        """Have no fields of its own."""
        return False


@post(
    PATH,
    operation_id="computeCosts",
    summary="Price usages",
    status_code=200,
    request_max_body_size=MOST_BYTES,
    dto=_LineByLine,
    return_dto=None,
    responses={
        200: answers(CostAnswer, "The cost of each usage, or why it has none"),
        400: refuses(
            "The request is no JSON object of this form",
            "The request cannot be read: Object missing required field `usages`. /docs shows what it takes.",
        ),
        413: refuses("There are too many usages", "10001 usages are too many: send at most 10000 at once."),
        **READING,
    },
    tags=["costs"],
)
async def cost(
    *,
    costs: NamedDependency[Costs],
    data: JSONBody[CostRequest],
) -> Response[bytes]:
    """Return what usages cost by the prices that were in force at their time, with the price rows that were used.

    A line that cannot be priced has an `error` and no `cost`: what has no known price is never counted as zero.
    """
    lines: Any = data
    return as_json(await costs.of(lines))


ROUTES: Sequence[Any] = (cost,)
