"""The web page's addresses. A shell holds no data, so it needs no key; what fills it is asked of the API with one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from litestar import get
from litestar.params import FromPath
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.static_files import create_static_files_router
from litestar.template.config import TemplateConfig

HERE: Final = Path(__file__).parent
TEMPLATES: Final[TemplateConfig[JinjaTemplateEngine]] = TemplateConfig(
    directory=HERE / "templates", engine=JinjaTemplateEngine
)


def _shell(name: str, **shown: str) -> Template:
    return Template(f"{name}.html", context={"page": name, **shown})


@get("/", include_in_schema=False)
async def models() -> Template:
    """Return the table of models."""
    return _shell("models")


@get("/models/{provider:str}/{model:path}", include_in_schema=False)
async def model(provider: FromPath[str], model: FromPath[str]) -> Template:
    """Return a model's page: prices, their history and evidence."""
    return _shell("model", provider=provider, model=str(model).lstrip("/"))


@get("/changes", include_in_schema=False)
async def changes() -> Template:
    """Return what changed, as it changes."""
    return _shell("changes")


@get("/costs", include_in_schema=False)
async def costs() -> Template:
    """Return what a use would cost."""
    return _shell("costs")


@get("/operate", include_in_schema=False)
async def operate() -> Template:
    """Return the administrator's page: syncs, quarantine, scraping configuration."""
    return _shell("operate")


ASSETS: Final = create_static_files_router(
    path="/assets", directories=[HERE / "assets"], cache_control=None, include_in_schema=False
)
ROUTES: Sequence[Any] = (models, model, changes, costs, operate, ASSETS)
