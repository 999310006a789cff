"""Reads provider files. A file that is wrong is one error that names the file, the key and what the key takes.

`RATECARD_PROVIDERS` names an extra folder whose files override (same `id`) or add. `RATECARD_PROVIDER_ADDRESSES` is a
JSON object of origins, `{"https://api.openai.com": "http://127.0.0.1:9000/openai"}`: every URL of a provider file that
starts with the first is asked at the second, so that simulated providers need no files of their own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar, get_args, get_type_hints

import msgspec

from ratecard_providers.pricing import Pricing
from ratecard_providers.spec import Provider
from ratecard_shared.settings import ServiceSettings, SettingsError

SHIPPED: Final = Path(__file__).parent

Described = TypeVar("Described", Provider, Pricing)
_Origin = Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s/]+")]


class ProviderFileError(SettingsError):
    """A provider file, or the table of their addresses, cannot be used as it is."""


def described_providers(settings: ServiceSettings) -> dict[str, Provider]:
    """Return the providers by id as a service's settings say: with the extra folder, at the given addresses."""
    extra = Path(settings.ratecard_providers) if settings.ratecard_providers else None
    addresses = read_addresses(settings.ratecard_provider_addresses)
    known = load_providers(extra)
    enabled = settings.ratecard_enabled_providers.split(",") if settings.ratecard_enabled_providers else list(known)
    if unknown := sorted(set(enabled) - set(known)):
        raise ProviderFileError(
            f"RATECARD_ENABLED_PROVIDERS names {', '.join(unknown)}, but it takes some of {', '.join(known)}"
        )
    return {name: with_addresses(known[name], addresses) for name in known if name in enabled}


def load_providers(extra_folder: Path | None = None) -> dict[str, Provider]:
    """Return the shipped providers by id, overridden and added to by the files in `extra_folder`."""
    providers = _read_folder(SHIPPED)
    if extra_folder is not None:
        if not extra_folder.is_dir():
            raise ProviderFileError(
                f"RATECARD_PROVIDERS is {str(extra_folder)!r}, but it takes a folder of .toml files"
            )
        providers.update(_read_folder(extra_folder))
    return dict(sorted(providers.items()))


def _read_folder(folder: Path) -> dict[str, Provider]:
    # The package's own pyproject.toml lies beside the shipped files.
    paths = [path for path in sorted(folder.glob("*.toml")) if path.name != "pyproject.toml"]
    providers: dict[str, Provider] = {}
    for path in paths:
        provider = load_provider(path)
        if provider.id in providers:
            raise ProviderFileError(f"{path}: `id`: another file in the folder is {provider.id!r} already")
        providers[provider.id] = provider
    return providers


def load_provider(path: Path) -> Provider:
    """Return the provider that `path` describes."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        return msgspec.convert(raw, Provider)
    except msgspec.ValidationError as error:
        raise ProviderFileError(f"{path}: {_explained(str(error), Provider)}") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProviderFileError(f"{path}: not a readable TOML file: {error}") from error


def read_pricing(raw: Any) -> Pricing:
    """Return what JSON of the same form as a file's `pricing` says. Raises ProviderFileError."""
    try:
        return msgspec.convert(raw, Pricing)
    except msgspec.ValidationError as error:
        raise ProviderFileError(_explained(str(error), Pricing)) from error


def _explained(message: str, root: Any) -> str:
    what, _, where = message.partition(" - at `$")
    path = where.rstrip("`").lstrip(".")
    if "unknown field" in what:
        what = f"{what}; it takes {', '.join(_fields_at(path, root))}"
    return f"`{path}`: {what}" if path else what


def _fields_at(path: str, root: Any) -> tuple[str, ...]:
    kind = root
    for step in path.split(".") if path else ():
        kind = _struct_in(get_type_hints(kind)[step.partition("[")[0]])
    return tuple(sorted(kind.__struct_fields__))


def _struct_in(hint: Any) -> Any:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint
    return next(filter(None, map(_struct_in, get_args(hint))), None)


def read_addresses(text: str) -> dict[str, str]:
    """Return the table in `RATECARD_PROVIDER_ADDRESSES`; nothing is an empty one."""
    try:
        return msgspec.json.decode(text, type=dict[_Origin, _Origin]) if text.strip() else {}
    except msgspec.MsgspecError as error:
        raise ProviderFileError(
            'RATECARD_PROVIDER_ADDRESSES takes a JSON object such as {"https://api.openai.com": '
            f'"http://127.0.0.1:9000/openai"}}: {error}'
        ) from error


def with_addresses(described: Described, addresses: Mapping[str, str]) -> Described:
    """Return a provider, or its pricing part, with the origin of each of its URLs replaced as `addresses` says."""
    raw = msgspec.to_builtins(described, builtin_types=(Decimal,))
    return msgspec.convert(_moved(raw, addresses), type(described))


def _moved(value: Any, addresses: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: _address(item, addresses) if key == "url" else _moved(item, addresses) for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_moved(item, addresses) for item in value]
    return value


def _address(url: str, addresses: Mapping[str, str]) -> str:
    for origin, target in addresses.items():
        rest = url.removeprefix(origin.rstrip("/"))
        if rest != url and (not rest or rest[0] in "/?"):
            return target.rstrip("/") + rest
    return url
