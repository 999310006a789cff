"""Every error of the API as problem details (RFC 9457): what happened, and what to do."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import asyncpg
import msgspec
from aiokafka.errors import KafkaError
from litestar import MediaType, Request, Response
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.params import QueryParameter
from litestar.types import ExceptionHandlersMap

from ratecard_registry.views import camel
from ratecard_shared.delivery import TRANSIENT

_LOG: Final = logging.getLogger(__name__)
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
NOTHING_IS_CALLED_SO: Final = "The request names something with a NUL character in it: nothing is called so."
COMPRESSED: Final = "The body is compressed: send it as it is, without `Content-Encoding`."
MEDIA_TYPE: Final = "application/problem+json"


class Problem(HTTPException):
    """An error that the caller is told. `more` are further members of the answer."""

    def __init__(self, status: int, detail: str, *, headers: dict[str, str] | None = None, **more: Any) -> None:
        """Say what happened and what to do."""
        super().__init__(detail=detail, status_code=status, headers=headers)
        self.more = more


class FaultView(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one parameter or field."""

    message: str
    key: str | None = None
    source: str | None = None


class ProblemView(msgspec.Struct, frozen=True, kw_only=True):
    """Problem details (RFC 9457). `detail` says what happened and what to do."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


class Invalid(ProblemView, frozen=True, kw_only=True):
    """A request that cannot be taken. `errors` name the parameters or fields, where it is about these."""

    errors: tuple[FaultView, ...] = ()


def handlers() -> ExceptionHandlersMap:
    """Return the handlers that turn every exception into problem details."""
    known = {
        HTTPException: _http,
        RequestEntityTooLarge: _too_large,
        asyncpg.CharacterNotInRepertoireError: _no_text,
        Exception: _unknown,
    }
    return {**known, **dict.fromkeys(TRANSIENT, _absent)}


def _http(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    if isinstance(error, Problem) or not error.extra:
        return _answer(error.status_code, error.detail, error.headers, getattr(error, "more", {}))
    faults = _as_asked(request, error.extra)
    return _answer(error.status_code, _in_words(faults) or error.detail, error.headers, {"errors": faults})


def _in_words(faults: Any) -> str:
    """Return what is wrong with which parameter: the framework only says that something is."""
    known = [fault for fault in faults if "message" in fault] if isinstance(faults, list) else []
    return "; ".join(
        f"`{fault['key']}`: {fault['message']}" if fault.get("key") else fault["message"] for fault in known
    )


def _as_asked(request: Request[Any, Any, Any], faults: Any) -> Any:
    """Name parameters as the caller does: the framework names them as the handler's arguments are."""
    if not isinstance(faults, list):
        return faults
    names = {
        argument: field.kwarg_definition.name or camel(argument)
        for argument, field in request.route_handler.parsed_fn_signature.parameters.items()
        if isinstance(field.kwarg_definition, QueryParameter)
    }
    return [_said(fault, names) for fault in faults]


def _said(fault: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    if fault.get("source") == "query":
        return {**fault, "key": names.get(fault["key"], fault["key"])}
    if (fault.get("source"), fault.get("key")) == ("body", "data"):
        message = fault["message"]
        return {"message": _NO_BODY if message == "'data'" else message, "source": "body"}
    return fault


_NO_BODY: Final = "The body is missing: this route takes JSON"


def _too_large(_request: Request[Any, Any, Any], _error: Exception) -> Response[bytes]:
    return _answer(413, "The body is larger than what is taken here, 10 MB on most routes: send less.", None, {})


def _no_text(_request: Request[Any, Any, Any], _error: Exception) -> Response[bytes]:
    return _answer(400, NOTHING_IS_CALLED_SO, None, {})


def route_of(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Return what a log may call this request: its route, because its path can hold a key that was put there."""
    return str(request.scope.get("path_template") or "(no route)")


def _absent(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    _LOG.error("%s %s cannot be served: %r", request.method, route_of(request), error)
    what = "Kafka" if isinstance(error, KafkaError) else "PostgreSQL"
    return _answer(503, f"{what} cannot be reached. Nothing is lost: try again.", {"Retry-After": "5"}, {})


def _unknown(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    _LOG.error("%s %s failed", request.method, route_of(request), exc_info=error)
    return _answer(500, "This is a fault of the registry's. Its log says more.", None, {})


def _answer(status: int, detail: str, headers: dict[str, str] | None, more: dict[str, Any]) -> Response[bytes]:
    return Response(problem_body(status, detail, **more), status_code=status, headers=headers, media_type=MEDIA_TYPE)


def problem_body(status: int, detail: str, **more: Any) -> bytes:
    """Return problem details as JSON."""
    problem = ProblemView(title=HTTPStatus(status).phrase, status=status, detail=detail or HTTPStatus(status).phrase)
    return _ENCODER.encode({**msgspec.structs.asdict(problem), **more})


def as_json(value: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    """Return an answer whose Decimals are exact JSON numbers: the framework's own encoder would write strings."""
    return Response(encode(value), status_code=status, headers=headers, media_type=MediaType.JSON)


_EXACT: Final = msgspec.json.Encoder(decimal_format="number")


def encode(value: Any) -> bytes:
    """Return the JSON of what the API shows."""
    return _EXACT.encode(value)
