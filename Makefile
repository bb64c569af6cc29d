# Everything runs from .venv, which is made on first use and remade when the lock changes.
PY := .venv/bin/python
# What makes .venv: make demo PYTHON=python3.12
PYTHON ?= python3
PORT ?= 5000
MODULE ?=
MINUTES ?= 30
.DEFAULT_GOAL := help

.PHONY: help demo serve test test-slow test-browser test-spark check check-deploy format bench soak docs vignettes mutants release lock clean

help: ## list what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.venv/run: requirements/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; \
	  v >= (3, 11) or sys.exit("cdshooks needs Python 3.11 or later, and $(PYTHON) is %d.%d. Name another: make demo PYTHON=python3.12" % v[:2])'
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: .venv/run requirements/dev.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

.venv-release/ready: requirements/release.txt
	$(PYTHON) -m venv .venv-release
	.venv-release/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/release.txt
	@touch $@

# Prometheus' tool is no Python package; where it is not installed, Debian's is unpacked beside.
.venv-release/promtool: .venv-release/ready
	@if command -v promtool >/dev/null; then ln -sf "$$(command -v promtool)" $@; else \
	  cd .venv-release && apt-get download -qq prometheus && dpkg-deb -x prometheus_*.deb debian && \
	  ln -sf debian/usr/bin/promtool promtool; fi

demo: .venv/run ## run the service on example patients, nothing to set up; PORT=5000
	@.venv/bin/cdshooks demo --port $(PORT)

serve: .venv/run ## run the service in its production form; PORT=5000
	@.venv/bin/cdshooks serve --port $(PORT)

test: .venv/dev ## run every test
	$(PY) -m pytest -n auto

test-slow: .venv/dev ## run what takes minutes: generated requests, killed processes, changed parameters
	$(PY) -m pytest -m slow -n auto -rP tests

test-browser: .venv/dev ## open the workbench in Chromium (apt-get install chromium); screenshots in build/
	@command -v chromium chromium-browser google-chrome >/dev/null || \
	  echo "No Chromium here, so these tests will be skipped. Debian, Ubuntu: apt-get install chromium"
	$(PY) -m pytest -m browser -rs tests/browser

.venv-spark/ready: requirements/spark.txt requirements/dev.txt
	$(PYTHON) -m venv .venv-spark
	.venv-spark/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	.venv-spark/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/spark.txt
	@touch $@

test-spark: .venv-spark/ready ## run a worklist and a replay on a local Apache Spark (needs Java 17 or later)
	.venv-spark/bin/python -m pytest -m spark -rs tests/population tests/replaying

vignettes: .venv/dev ## run the vignettes of the rules only
	$(PY) -m pytest tests/vignettes

check: .venv/dev ## format, lint, types, import direction, knowledge, generated docs
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache
	$(PY) -m tools.docs --check

check-deploy: .venv-release/promtool ## the files under deploy/: Compose, Kubernetes, alerts and their tests
	.venv-release/bin/check-jsonschema --builtin-schema vendor.compose-spec deploy/compose.yaml
	.venv-release/bin/kubernetes-validate --strict $(filter-out %/kustomization.yaml, $(wildcard deploy/kubernetes/*.yaml))
	.venv-release/promtool check rules deploy/prometheus/alerts.yaml
	.venv-release/promtool test rules deploy/prometheus/alerts_test.yaml

format: .venv/dev ## format and fix what can be fixed
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

docs: .venv/dev ## regenerate the documents that come from the code
	$(PY) -m tools.docs

bench: .venv/dev ## measure speed and memory; fails over budget; WRITE=1 writes docs/performance.md
	$(PY) -m bench $(if $(WRITE),--write) $(if $(CALLS),--calls $(CALLS)) $(if $(SECONDS),--seconds $(SECONDS))

soak: .venv/dev ## load for MINUTES=30 while FHIR server and database fail; WRITE=1 writes docs/soak.md
	$(PY) -m bench.soak --minutes $(MINUTES) $(if $(WRITE),--write)

mutants: .venv/dev ## mutation testing of MODULE=path (several: quote them)
	$(PY) -m tools.mutants $(MODULE) --at-least 95

release: .venv-release/ready ## wheel, source archive, bill of materials and checksums in dist/; proves the wheel
	.venv-release/bin/python -m tools.release

lock: .venv/dev ## resolve dependencies anew and write the hashed locks
	$(PY) -m pip install --quiet uv
	.venv/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements/run.txt
	.venv/bin/uv pip compile requirements/build.in --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements/build.txt
	.venv/bin/uv pip compile pyproject.toml --group dev --extra tracing --universal --python-version 3.11 --generate-hashes --no-header -q -c requirements/run.txt -o requirements/dev.txt
	.venv/bin/uv pip compile pyproject.toml --extra tracing --universal --python-version 3.11 --generate-hashes --no-header -q -c requirements/run.txt -o requirements/tracing.txt
	.venv/bin/uv pip compile pyproject.toml --extra spark --universal --python-version 3.11 --generate-hashes --no-header -q -c requirements/run.txt -o requirements/spark.txt
	.venv/bin/uv pip compile requirements/release.in --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements/release.txt

clean: ## remove .venv and every cache
	rm -rf .venv .venv-release .venv-spark .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
