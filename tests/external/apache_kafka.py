"""Apache Kafka in KRaft mode, one node, from the Maven artifacts that pom.xml names. Topics are never made by use."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ratecard_cli.laptop import kafka, ports
from ratecard_cli.laptop.processes import Spec

_POM: Final = Path(__file__).with_name("pom.xml")
_TOOLS: Final = Path(__file__).parents[2] / ".tools"
_COPY: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"

_SETTINGS: Final = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners={protocol}://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners={protocol}://{host}:{port}
controller.listener.names=CONTROLLER
log.dirs={folder}/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
"""


def fetched() -> Path:
    """Return the folder of Kafka's jars, fetched with `mvn` once per version."""
    jars = _TOOLS / f"apache-kafka-{hashlib.sha256(_POM.read_bytes()).hexdigest()[:12]}"
    if not jars.is_dir():
        fresh = jars.with_name(f"{jars.name}.{os.getpid()}")
        subprocess.run(
            [_program("mvn"), "-q", "-B", "-f", _POM, _COPY, f"-DoutputDirectory={fresh}", "-DincludeScope=runtime"],
            check=True,
        )
        fresh.rename(jars)
    return jars


_NICE = """
if [ -w /proc/self/autogroup ]; then echo "$0" > /proc/self/autogroup; fi
exec nice -n "$0" "$@"
"""
"""Where Linux shares the processor out between sessions first, niceness is the session's, too."""


def server(
    folder: Path, *, protocol: str = "PLAINTEXT", more: str = "", scram: Sequence[str] = (), niceness: int = 0
) -> tuple[str, Spec]:
    """Format a new, empty node under `folder`; return its address and its process.

    `more` are further settings, such as another `protocol` needs, and `scram` credentials that it knows from the start.
    With more `niceness` it leaves more of the processor to others.
    """
    folder.mkdir(parents=True)
    port, controller = ports.choose_all({"Kafka": None, "Kafka's controller": None}).values()
    settings = folder / "server.properties"
    filled = _SETTINGS.format(protocol=protocol, host=ports.HOST, port=port, controller=controller, folder=folder)
    settings.write_text(filled + more)
    java = [_program("java"), "-Xmx512m", "-Dorg.apache.logging.log4j.level=WARN", "-cp", f"{fetched()}/*"]
    cluster = base64.b64encode(uuid.uuid4().bytes, altchars=b"ab").decode().rstrip("=")  # one with a dash is an option
    known = [word for credential in scram for word in ("--add-scram", credential)]
    subprocess.run([*java, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", settings, *known], check=True)
    process = Spec(
        name="Apache Kafka",
        command=["sh", "-c", _NICE, str(niceness), *java, "kafka.Kafka", settings],
        log=folder / "kafka.log",
        ready=lambda: kafka.is_ready(port),
    )
    return f"{ports.HOST}:{port}", process


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise SystemExit(f"{name} is not installed: Apache Kafka needs a JDK of 17 or later and Maven")
    return found
