# `make help` lists the commands. Each first sets up what it needs, and does nothing where nothing changed.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

PYTHON3 ?= python3
VENV := .venv
S3 := .venv-s3
ARIADNE := .venv-ariadne
GO := .venv-go
BIN := $(VENV)/bin
JAR := operations/_bundled/engine.jar
CLASSES := engine/target/tested/.made
PAGE := gateway/_bundled/graphiql.html
NODE_TESTS := tests/acceptance/node
GO_TESTS := tests/acceptance/go
EXAMPLE := examples/customers
PEERS := benchmarks/peers
MERMAID := mermaid-11.17.2.tgz
MERMAID_SHA512 := 57a2b70bc101744b0f1595d228c25eea9a50384371b87011afd1af1d7e21878ee501b84c443f6a7f8a042bb2e869143150b31af34feab798073bbdda0a578106
MERMAID_JS := docs/assets/mermaid.min.js
MVN := mvn -B -q -Dstyle.color=never -f engine/pom.xml
NPM_CI := npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

ENGINE_SOURCES := engine/pom.xml $(shell find engine/src/main -type f 2>/dev/null)
WEB_SOURCES := web/package.json web/package-lock.json web/build.mjs
HAVE_NPM := $(shell command -v npm 2>/dev/null)

# How many processes run the tests: members take their time to start and to fail, and the others use it.
WORKERS ?= 4
COVERAGE ?= yes
# Bytecode is kept, whatever the machine says: tests start hundreds of processes, and each would compile everything anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help run unit test lint chaos bench bench-peers docs setup engine page wheel lock
.PHONY: unit-only test-only lint-only chaos-only bench-only bench-peers-only docs-only

help: ## what there is
	@sed -nE 's/^([a-z-]+):.* ## (.*)/make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

run: setup ## everything on this machine, at http://127.0.0.1:8000/graphql   (ARGS="--port 8080 --no-demo-data")
	exec $(BIN)/hazelgate dev $(ARGS)

unit: ## the unit tests but for the exhaustive ones: no process, no port   (ARGS="-k leash" is for pytest)
	$(call timed,$@,$(VENV)/.installed)

test: ## every test of both languages   (ARGS="-k leash" is for pytest; LOADED=1 runs busy loops beside it)
	$(call timed,$@,setup $(CLASSES) $(S3)/.installed $(ARIADNE)/.installed $(GO)/.installed $(if $(HAVE_NPM),$(NODE_TESTS)/node_modules/.installed $(EXAMPLE)/node_modules/.installed $(MERMAID_JS)))

lint: ## every check of form
	$(call timed,$@,setup)

chaos: ## every fault on a cluster under load, and a table of what came of it   (ARGS="kill-member --short")
	$(call timed,$@,setup)

bench: ## the figures, each beside what it is compared with
	$(call timed,$@,setup $(if $(HAVE_NPM),$(PEERS)/node_modules/.installed))

bench-peers: ## reads, writes and pushes beside Mercurius, Apollo Server and graphql-ws; its table and chart of docs/   (6 minutes)
	$(call timed,$@,setup $(PEERS)/node_modules/.installed)

docs: ## the documentation as a site, in site/; nothing in it is loaded from elsewhere
	$(call timed,$@,$(VENV)/.installed $(MERMAID_JS))

# What a command needs, then the command itself, then how long each took. The exit status is the command's.
# Older makes, as that of macOS, can't keep the lines of several jobs apart.
SYNC := $(if $(filter output-sync,$(.FEATURES)),--output-sync)
timed = @$(MAKE) --no-print-directory --jobs=3 $(SYNC) $(2) && set_up=$$SECONDS && status=0 && \
	{ $(MAKE) --no-print-directory $(1)-only || status=$$?; } && \
	echo "make $(1): $$((SECONDS - set_up)) s$$( ((set_up < 2)) || echo ", and $$set_up s to set it up")" && exit $$status

unit-only:
	$(BIN)/pytest tests/unit -m "not exhaustive" -n 2 --dist loadfile $(ARGS)

test-only:
	$(BIN)/python -m tests.everything --workers $(WORKERS) $(if $(LOADED),--loaded) \
		$(if $(filter-out yes,$(COVERAGE)),--no-coverage) -- $(ARGS)

lint-only:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec compose.yaml compose.postgres.yaml compose.cluster.yaml
	$(MVN) spotless:check

chaos-only:
	$(MVN) package -DskipTests
	$(BIN)/python -m tests.chaos $(ARGS)

bench-only:
	$(BIN)/python -m benchmarks $(ARGS)

bench-peers-only:
	$(BIN)/python -m benchmarks.beside_peers docs/figures/peers.json
	$(BIN)/python -m docs.generating.peers

docs-only:
	$(BIN)/python -m docs.generating.figures
	$(BIN)/python -m docs.generating.peers
	$(BIN)/python -m docs.generating.staging build/pages
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going -c docs/generating build/pages site

setup: $(VENV)/.installed engine page ## what all of these do first

# ---------------------------------------------------------------- what is built

$(VENV)/.installed: requirements/dev.txt pyproject.toml
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON3=python3.13 …")'
	$(PYTHON3) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# Members of tests start sooner with an archive of their classes.
$(CLASSES): $(JAR) $(VENV)/.installed tests/support/engine.py
	$(BIN)/python -m tests.support.engine
	touch $@

# For tests: a server that speaks S3 wants an older python-dateutil than ours, ariadne-codegen an older graphql-core.
$(S3)/.installed $(ARIADNE)/.installed: .venv-%/.installed: requirements/%.txt
	$(PYTHON3) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

# Without optimizations: that is what takes the time, and it runs for a second. Where Go or its modules can't be had,
# everything else is tested, and this test says that it is skipped.
$(GO)/.installed: requirements/go.txt $(GO_TESTS)/go.mod $(GO_TESTS)/go.sum
	$(PYTHON3) -m venv $(@D)
	{ $(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< && \
	cd $(GO_TESTS) && CGO_ENABLED=0 GOGC=off $(abspath $(@D))/bin/go build -p 2 '-gcflags=all=-N -l -dwarf=false' '-ldflags=-s -w' \
		-o $(abspath $(@D))/bin/genqlient github.com/Khan/genqlient && touch $(abspath $@); } || \
		echo "genqlient could not be built: its test will be skipped" >&2

engine: $(JAR) ## the engine's jar, when its sources are newer

$(JAR): $(ENGINE_SOURCES)
	@command -v mvn >/dev/null || { echo "the engine is built with Maven: install a JDK (17 or newer) and Maven" >&2; exit 1; }
	$(MVN) package -DskipTests
	cp engine/target/engine.jar $@.part && mv $@.part $@

ifdef HAVE_NPM
page: $(PAGE)
else
page:
	@echo "npm is not installed: /graphql will serve a GraphiQL that loads from a CDN"
endif

$(PAGE): $(WEB_SOURCES)
	cd web && $(NPM_CI) && npm run --silent build

$(addsuffix /node_modules/.installed,$(NODE_TESTS) $(EXAMPLE) $(PEERS)): %/node_modules/.installed: %/package.json %/package-lock.json
	cd $* && $(NPM_CI)
	touch $@

# One file of the package, which brings a hundred others along when it is installed.
$(MERMAID_JS): Makefile
	@command -v npm >/dev/null || { echo "the diagrams are drawn by Mermaid: install npm" >&2; exit 1; }
	mkdir -p $(@D)
	npm pack --silent $(subst -,@,$(MERMAID:.tgz=))
	echo "$(MERMAID_SHA512)  $(MERMAID)" | sha512sum --check --quiet
	tar -xzOf $(MERMAID) package/dist/mermaid.min.js > $@.part && mv $@.part $@
	rm $(MERMAID)

wheel: setup ## dist/hazelgate-….whl, with the jar and the page in it
	$(BIN)/python -m build --wheel --no-isolation

lock: $(VENV)/.installed ## requirements/*.txt anew, at the newest versions that pyproject.toml allows
	$(BIN)/python -m piptools compile --upgrade $(LOCK) --output-file requirements/base.txt pyproject.toml
	$(BIN)/python -m piptools compile --upgrade $(LOCK) --constraint requirements/base.txt --extra dev --extra docs --extra postgres --extra snapshots --output-file requirements/dev.txt pyproject.toml
	$(BIN)/python -m piptools compile --upgrade $(LOCK) --constraint requirements/dev.txt --extra postgres --extra snapshots --output-file requirements/image.txt pyproject.toml
	$(BIN)/python -m piptools compile --upgrade $(LOCK) --output-file requirements/s3.txt requirements/s3.in
	$(BIN)/python -m piptools compile --upgrade $(LOCK) --output-file requirements/ariadne.txt requirements/ariadne.in
	$(BIN)/python -m piptools compile --upgrade $(LOCK) --output-file requirements/go.txt requirements/go.in

LOCK := --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links
