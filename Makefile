# Every target prepares what it needs: a machine with Python 3.11+ (with venv), make and a package index is enough.

PYTHON  ?= python3
UV      := .tools/uv/bin/uv
READY   := .venv/.ready
ROOMS   := $(wildcard pyproject.toml cli/pyproject.toml shared/*/pyproject.toml services/*/pyproject.toml)
ARGS    ?=
SECONDS ?= 60
MINUTES ?= 10
SEED    ?=
SHIPPED := --frozen --no-dev --all-packages

.DEFAULT_GOAL := help
.PHONY: help setup demo up test lint prove supply bench load soak fuzz

help: ## Say what each target does
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14

setup: $(READY) ## Make the environment: .venv/bin/ratecard and all that it and the tests need

demo: $(READY) ## Run everything here with simulated providers: no keys, no internet
	.venv/bin/ratecard demo $(ARGS)

up: $(READY) ## Run everything here with the real providers
	.venv/bin/ratecard up $(ARGS)

test: $(READY) ## Run all tests, or some: ARGS="-k word" (BACKENDS=external: on Apache Kafka; needs Java 17+, Maven)
	$(if $(filter external,$(BACKENDS)),.venv/bin/python tests/external) .venv/bin/pytest $(ARGS)

lint: $(READY) ## Check style, formatting, the arrows between rooms, and types
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/lint-imports
	.venv/bin/mypy

prove: $(READY) ## Take out each mechanism that delivery leans on, and expect red (ARGS="inbox" for some)
	.venv/bin/python tests/prove.py $(ARGS)

supply: $(READY) ## Write an SBOM and the licences, and ask osv.dev for known vulnerabilities
	mkdir -p artifacts
	$(UV) export --quiet $(SHIPPED) --preview-features sbom-export --format cyclonedx1.5 -o artifacts/sbom.cdx.json >/dev/null
	$(UV) export --quiet $(SHIPPED) --no-emit-workspace -o artifacts/requirements.txt >/dev/null
	.venv/bin/python tests/licences_page.py
	$(UV) tool run --quiet pip-audit==2.10.1 --strict --disable-pip --require-hashes --vulnerability-service osv \
	  -r artifacts/requirements.txt

bench: $(READY) ## Measure against floors, print a table, write bench.json (ARGS="api" for some; API needs wrk)
	.venv/bin/python tests/bench/run.py $(ARGS)

load: $(READY) ## Read 500 times a second for SECONDS=60 while all is synced: artifacts/load.json (Go; Java, Maven)
	.venv/bin/python tests/load/steady_load.py $(SECONDS)

soak: $(READY) ## Sync and read for MINUTES=10 while things break at random; SEED=n breaks the same (Java, Maven)
	.venv/bin/python tests/soak/soak.py $(MINUTES) $(SEED)

fuzz: $(READY) ## Fuzz the parsers with atheris, SECONDS=60 each (Linux, Python 3.11 to 3.14)
	UV_PYTHON_DOWNLOADS=never $(UV) sync --frozen --inexact --group fuzz
	.venv/bin/python tests/fuzz/parsers.py $(SECONDS)

$(UV):
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Ratecard needs Python 3.11 or later with venv: PYTHON=/path/to/python3 make setup" >&2; exit 1; }
	$(PYTHON) -m venv .tools/uv
	.tools/uv/bin/python -m pip install --quiet --disable-pip-version-check 'uv==0.13.9'

$(READY): $(UV) uv.lock $(ROOMS)
	UV_PYTHON_DOWNLOADS=never $(UV) sync --frozen --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	@touch $@
