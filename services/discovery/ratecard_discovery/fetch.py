"""Asks a provider's API for its whole model list: the right key in the right header, every page, retried politely.

What goes wrong ends in a DiscoveryError that says what to do. It never holds the key: providers echo it in their
answers, whole or in part.
"""

from __future__ import annotations

import logging
from typing import Final

import msgspec
from yarl import URL

from ratecard_discovery.faults import DiscoveryError, check_key, fault, is_bad_key
from ratecard_discovery.parse import BadListError, ListPart, parse_list, together
from ratecard_providers.endpoint import ListEndpoint, ModelList
from ratecard_shared.events import DiscoveredModel
from ratecard_shared.http import Answer, Client, RequestError
from ratecard_shared.retry import Patience, is_transient, persistently
from ratecard_shared.tracing import ROWS, traced

_LOG: Final = logging.getLogger(__name__)
_MOST_PAGES: Final = 100
_OK: Final = 200


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """Asks one provider. `timeout` is in seconds per request."""

    endpoint: ListEndpoint
    key: str | None
    client: Client
    patience: Patience
    timeout: float

    async def models(self) -> tuple[DiscoveredModel, ...]:
        """Return every model that the provider lists. Raises DiscoveryError."""
        if self.key is not None:
            check_key(self.key, self.endpoint)
        models = await self._list(self.endpoint)
        ids = {model.id for model in models}
        for extra in self.endpoint.also:
            more = await self._list_if_possible(extra)
            models = together([*models, *(model for model in more if model.id in ids)])
        return models

    async def _list_if_possible(self, spec: ModelList) -> tuple[DiscoveredModel, ...]:
        try:
            return await self._list(spec)
        except DiscoveryError as error:
            _LOG.warning("Models are listed without what %s would tell: %s", spec.url, error)
            return ()

    async def _list(self, spec: ModelList) -> tuple[DiscoveredModel, ...]:
        models: list[DiscoveredModel] = []
        tokens: set[str] = set()
        url = URL(spec.url).update_query(spec.query)
        for _ in range(_MOST_PAGES):
            part = await self._part(spec, url)
            models.extend(part.models)
            if part.next_token is None or spec.paging is None:
                return together(models)
            if part.next_token in tokens:
                break
            tokens.add(part.next_token)
            url = url.update_query({spec.paging.parameter: part.next_token})
        raise DiscoveryError(f"the pages of {spec.url} do not end: check `models.paging` in the provider file")

    async def _part(self, spec: ModelList, url: URL) -> ListPart:
        answer = await self._answer(str(url))
        if answer.status != _OK:
            raise DiscoveryError(fault(answer, self.endpoint, self.key))
        try:
            with traced("parse") as span:
                found = parse_list(answer.body, spec, url=str(url), fetched_at=self.patience.now())
                span.set_attribute(ROWS, len(found.models))
                return found
        except BadListError as error:
            raise DiscoveryError(f"{url.host} answered something else than a model list: {error}") from error

    async def _answer(self, url: str) -> Answer:
        try:
            return await persistently(lambda: self._once(url), self.patience, transient=self._is_transient)
        except RequestError as error:
            raise DiscoveryError(f"{error}; the next sync tries again") from error

    async def _once(self, url: str) -> Answer:
        seconds = min(self.timeout, self.patience.seconds_left)
        if seconds <= 0:
            raise RequestError("the deadline of the sync has passed", again=False)
        return await self.client.get(url, headers=self._headers(), seconds=seconds)

    def _is_transient(self, answer: Answer) -> bool:
        return is_transient(answer) and not is_bad_key(answer, self.endpoint)

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json", **self.endpoint.headers}
        if self.key is not None:
            headers[self.endpoint.auth_header] = self.endpoint.auth_format.replace("{key}", self.key)
        return headers
