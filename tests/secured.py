"""Real servers that are locked: Apache Kafka (SASL over TLS), PostgreSQL (TLS alone), Redis (TLS and a password)."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import pytest
import trustme
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from ratecard_cli.laptop import ports
from ratecard_cli.laptop.processes import Spec, running

sys.path.insert(0, str(Path(__file__).with_name("external")))
import apache_kafka
import debian

USER: Final = "ratecard"
PASSWORD: Final = "p4ssw0rd"
MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_START_SECONDS: Final = 60
_PROGRAMS: Final = ("java", "mvn", "redis-server")
_PLAIN: Final = "org.apache.kafka.common.security.plain.PlainLoginModule required"
_SCRAM: Final = "org.apache.kafka.common.security.scram.ScramLoginModule required;"

KAFKA: Final = f"""\
listener.security.protocol.map=CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL
inter.broker.listener.name=SASL_SSL
sasl.enabled.mechanisms={",".join(MECHANISMS)}
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config={_PLAIN} username="broker" password="{PASSWORD}" \
user_broker="{PASSWORD}" user_{USER}="{PASSWORD}";
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config={_SCRAM}
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={_SCRAM}
ssl.keystore.type=PEM
ssl.truststore.type=PEM
ssl.keystore.location={{certificate}}
ssl.truststore.location={{authority}}
"""


class Secured(msgspec.Struct, frozen=True, kw_only=True):
    """Where the servers are, and what a client says to get in."""

    owner_url: str
    postgres_port: int
    authority: Path
    environment: dict[str, str]


class _Certificate(msgspec.Struct, frozen=True, kw_only=True):
    both: Path
    key: Path
    chain: Path
    authority: Path


@contextmanager
def secured(folder: Path) -> Iterator[Secured]:
    """Run the three while the block lasts, with their data and certificates under `folder`."""
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    if missing or debian.postgres_programs() is None:
        pytest.skip(f"{', '.join(missing) or 'postgresql'} is not installed: apt-get install it, or a JDK of 17+")
    certificate = _issued(folder)
    owner_url, postgres = _postgres(folder / "postgres", certificate)
    kafka_at, kafka = _kafka(folder / "kafka", certificate)
    redis_url, redis = _redis(folder / "redis", certificate)
    with running([kafka, postgres, redis], within_seconds=_START_SECONDS):
        authority = str(certificate.authority)
        yield Secured(
            owner_url=owner_url,
            postgres_port=int(owner_url.rsplit(":", 1)[1].split("/")[0]),
            authority=certificate.authority,
            environment={
                "DATABASE_URL": owner_url,
                "DATABASE_TLS": "true",
                "DATABASE_TLS_CA": authority,
                "KAFKA_BOOTSTRAP_SERVERS": kafka_at,
                "KAFKA_TLS": "true",
                "KAFKA_TLS_CA": authority,
                "KAFKA_SASL_MECHANISM": MECHANISMS[0],
                "KAFKA_SASL_USERNAME": USER,
                "KAFKA_SASL_PASSWORD": PASSWORD,
                "REDIS_URL": redis_url,
                "REDIS_TLS_CA": authority,
            },
        )


def _issued(folder: Path) -> _Certificate:
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", ports.HOST)
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    # Kafka reads no other form of a key than this one.
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain = b"".join(part.bytes() for part in issued.cert_chain_pems)
    paths = _Certificate(
        both=folder / "both.pem", key=folder / "key.pem", chain=folder / "chain.pem", authority=folder / "authority.pem"
    )
    paths.both.write_bytes(private + chain)
    paths.key.write_bytes(private)
    paths.chain.write_bytes(chain)
    authority.cert_pem.write_to_path(str(paths.authority))
    return paths


def _postgres(home: Path, certificate: _Certificate) -> tuple[str, Spec]:
    url, server = debian.postgres(home)
    (home / "data/pg_hba.conf").write_text("hostssl all all all scram-sha-256\n")
    own = [Path(shutil.copy(path, home / path.name)) for path in (certificate.key, certificate.chain)]
    for path in own:
        path.chmod(0o600)
        os.chown(path, home.stat().st_uid, home.stat().st_gid)
    options = ("-c", "ssl=on", "-c", f"ssl_key_file={own[0]}", "-c", f"ssl_cert_file={own[1]}")
    return url, msgspec.structs.replace(server, command=[*server.command, *options])


def _kafka(folder: Path, certificate: _Certificate) -> tuple[str, Spec]:
    settings = KAFKA.format(certificate=certificate.both, authority=certificate.authority)
    scram = [f"{mechanism}=[name={USER},password={PASSWORD}]" for mechanism in MECHANISMS[1:]]
    address, server = apache_kafka.server(folder, protocol="SASL_SSL", more=settings, scram=scram)
    port = int(address.rpartition(":")[2])
    return address, msgspec.structs.replace(server, ready=lambda: _speaks_tls(port, certificate.authority))


def _redis(folder: Path, certificate: _Certificate) -> tuple[str, Spec]:
    _, server = debian.redis(folder)
    port = ports.choose(None, "Redis")
    files = ("--tls-cert-file", certificate.chain, "--tls-key-file", certificate.key)
    options = ("--port", "0", "--tls-port", str(port), "--tls-auth-clients", "no", "--requirepass", PASSWORD)
    trusted = ("--tls-ca-cert-file", certificate.authority)
    return f"rediss://:{PASSWORD}@localhost:{port}/0", msgspec.structs.replace(
        server,
        command=[*server.command, *options, *files, *trusted],
        ready=lambda: _speaks_tls(port, certificate.authority),
    )


def _speaks_tls(port: int, authority: Path) -> bool:
    context = ssl.create_default_context(cafile=str(authority))
    try:
        with (
            socket.create_connection((ports.HOST, port), timeout=1) as plain,
            context.wrap_socket(plain, server_hostname="localhost"),
        ):
            return True
    except OSError:
        return False
