"""The admin's routes to keys: make one, list them, revoke one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from ratecard_registry.access import Caller
from ratecard_registry.describing import ADMINISTERING, answers, refuses, takes_no
from ratecard_registry.key_desk import KeyDesk
from ratecard_registry.key_views import CreatedKey, KeysView, KeyView, NewKey
from ratecard_registry.problems import Invalid, as_json


@post(
    "/api/admin/keys",
    operation_id="createKey",
    summary="Make a key",
    responses={
        201: answers(CreatedKey, "The key, shown this once"),
        400: refuses("No such key can be made", "`name`: Expected `str`, got `int`", kind=Invalid),
        **ADMINISTERING,
    },
    tags=["admin"],
)
async def create_key(
    key_desk: NamedDependency[KeyDesk], caller: NamedDependency[Caller], data: JSONBody[NewKey]
) -> Response[bytes]:
    """Make a key. The answer is the only place where it is ever shown."""
    return as_json(await key_desk.create(data, caller), status=201, headers={"Cache-Control": "no-store"})


@get(
    "/api/admin/keys",
    operation_id="listKeys",
    summary="List keys",
    responses={200: answers(KeysView, "All keys, without the keys themselves"), **ADMINISTERING},
    tags=["admin"],
)
async def list_keys(key_desk: NamedDependency[KeyDesk]) -> Response[bytes]:
    """Return all keys, those that have ended too, the newest first."""
    return as_json(await key_desk.listed())


@post(
    "/api/admin/keys/{key_id:int}/revoke",
    operation_id="revokeKey",
    summary="Revoke a key",
    status_code=200,
    responses={
        200: answers(KeyView, "The key as it is now"),
        400: takes_no("`x` is no parameter of this route. It takes none."),
        404: refuses("There is no such key", "There is no key 7."),
        **ADMINISTERING,
    },
    tags=["admin"],
)
async def revoke_key(
    key_desk: NamedDependency[KeyDesk],
    caller: NamedDependency[Caller],
    key_id: Annotated[int, PathParameter(description="The key's `id`")],
) -> Response[bytes]:
    """Revoke a key: within about a second no replica takes it any more."""
    return as_json(await key_desk.revoke(key_id, caller))


ROUTES: Sequence[Any] = (create_key, list_keys, revoke_key)
