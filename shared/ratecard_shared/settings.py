"""Settings come from the environment, once, at start. A wrong value stops the service with one line that names it.

Each field's description says what its variable takes; a secret's value is never shown. A service's settings are groups
(what every service takes, Kafka, PostgreSQL ...) beside its own variables.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeVar, get_type_hints

import msgspec
from msgspec import Meta


class SettingsError(Exception):
    """A variable in the environment has a value that it does not take."""


def takes(what: str, *, secret: bool = False, file: bool = False, **bounds: Any) -> Meta:
    """Describe what a variable takes, for the one line that says why its value was refused."""
    return Meta(description=what, extra={"secret": secret, "file": file}, **bounds)


_ONE_LINE: Final = r"^[^\r\n]*$"
_PORT: Final = r"([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])"
_SERVER: Final = rf"[^\s:,]+:{_PORT}"

Text = Annotated[str, takes("text in one line", pattern=_ONE_LINE)]
Flag = Annotated[bool, takes("true or false")]
Secret = Annotated[str, takes("a secret in one line", secret=True, pattern=_ONE_LINE)]
ReadableFile = Annotated[str, takes("the path of a file that can be read", file=True)]
WebUrl = Annotated[str, takes("a URL such as http://collector:4318", pattern=r"^(https?://[^\s/]+.*)?$")]
Port = Annotated[int, takes("a port number from 0 to 65535", ge=0, le=65535)]
Seconds = Annotated[int, takes("a whole number of seconds", ge=0)]
Milliseconds = Annotated[int, takes("a whole number of milliseconds", ge=0)]
Url = Annotated[
    str,
    takes(
        "a URL such as postgresql://user:password@host:5432/ratecard",
        secret=True,
        pattern=r"^postgres(ql)?://[^\s/]+",
    ),
]
Servers = Annotated[str, takes("host:port, several separated by commas", pattern=rf"^{_SERVER}(,{_SERVER})*$")]


class ServiceSettings(msgspec.Struct, frozen=True, kw_only=True, rename="upper"):
    """What every service takes."""

    http_host: Text = "127.0.0.1"
    http_port: Port = 0
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], takes("DEBUG, INFO, WARNING or ERROR")] = "INFO"
    log_format: Annotated[Literal["json", "text"], takes("json or text")] = "json"
    otel_exporter_otlp_endpoint: WebUrl = ""
    ratecard_providers: Text = ""
    ratecard_provider_addresses: Text = ""
    ratecard_enabled_providers: Annotated[
        str, takes("provider ids separated by commas, or nothing for all", pattern=r"^[\w.-]*(,[\w.-]+)*$")
    ] = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename="upper"):
    """The settings of a service: its own variables beside groups of them."""

    service: ServiceSettings


class KafkaSettings(msgspec.Struct, frozen=True, kw_only=True, rename="upper"):
    """Where Kafka is and how to get in.

    `KAFKA_INSTANCE_ID` makes consumers static members of their groups: one that died has its place back at once. Each
    replica of a service needs one of its own.
    """

    kafka_bootstrap_servers: Servers = "localhost:9092"
    kafka_topic_prefix: Annotated[str, takes("letters, digits, dots and dashes", pattern=r"^[A-Za-z0-9.-]*$")] = ""
    kafka_tls: Flag = False
    kafka_tls_ca: ReadableFile = ""
    kafka_sasl_mechanism: Annotated[
        Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"],
        takes("PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, or nothing"),
    ] = ""
    kafka_sasl_username: Text = ""
    kafka_sasl_password: Secret = ""
    kafka_instance_id: Annotated[str, takes("letters, digits, dots and dashes", pattern=r"^[A-Za-z0-9.-]*$")] = ""
    kafka_replication_factor: Annotated[int, takes("a whole number from 1", ge=1)] = 1


class DatabaseSettings(msgspec.Struct, frozen=True, kw_only=True, rename="upper"):
    """Where PostgreSQL is. With TLS the server's certificate is verified, against `DATABASE_TLS_CA` if given."""

    database_url: Url = "postgresql://ratecard:ratecard@localhost:5432/ratecard"
    database_tls: Flag = False
    database_tls_ca: ReadableFile = ""
    database_pool_size: Annotated[int, takes("a whole number from 2", ge=2)] = 8
    inbox_retention_days: Annotated[int, takes("a whole number of days; 0 keeps all", ge=0)] = 30


class RedisSettings(msgspec.Struct, frozen=True, kw_only=True, rename="upper"):
    """Where Redis is: `rediss://` is TLS, verified against `REDIS_TLS_CA` if given. The password stands in the URL."""

    redis_url: Annotated[
        str, takes("a URL such as redis://:password@host:6379/0", secret=True, pattern="^(redis|rediss|unix)://")
    ] = "redis://localhost:6379/0"
    redis_tls_ca: ReadableFile = ""


S = TypeVar("S", bound=msgspec.Struct)


def load(kind: type[S], environ: Mapping[str, str]) -> S:
    """Return the settings of `kind` in `environ`; an empty variable counts as unset. Raises SettingsError.

    A field that is itself a group of settings is read from the same environment.
    """
    hints = get_type_hints(kind, include_extras=True)
    given = {}
    for field in msgspec.structs.fields(kind):
        hint = hints[field.name]
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            given[field.name] = load(hint, environ)
        elif text := environ.get(field.encode_name, "").strip():
            given[field.name] = _read(field.encode_name, text, hint)
    return kind(**given)


def _read(variable: str, text: str, hint: Any) -> Any:
    meta = next(item for item in hint.__metadata__ if isinstance(item, Meta))
    rules = meta.extra or {}
    try:
        value = msgspec.convert(text, hint, strict=False)
    except msgspec.ValidationError as error:
        raise _refused(variable, text, meta) from error
    if rules.get("file") and not os.access(text, os.R_OK):
        raise _refused(variable, text, meta)
    return value


def _refused(variable: str, text: str, meta: Meta) -> SettingsError:
    got = "a value that is not shown" if (meta.extra or {}).get("secret") else repr(text)
    return SettingsError(f"{variable} is {got}, but it takes {meta.description}")
