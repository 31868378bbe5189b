# make run       starts everything with a demonstration region; Ctrl-C stops it
# make test      runs every test
#
# Both need Python 3.11 or newer and nothing else: what they use is installed in .venv, from the lock files.

PYTHON  ?= python3
WORKERS ?= 2
BIN     := .venv/bin
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes
PYTEST := $(BIN)/python -m pytest --quiet -n $(WORKERS)

.PHONY: help
help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

.PHONY: run
run: ports .venv/.demo catalogues
	@trap : INT; $(BIN)/python manage.py demonstrate || test $$? -eq 130

# Before anything is installed: a port that is taken is no reason to wait for that.
.PHONY: ports
ports:
	@$(PYTHON) console/management/ports.py

# --- Tests ------------------------------------------------------------------------------------------------------

.PHONY: test
test: test-sqlite test-postgresql test-interop test-browser

# One after the other, whatever -j says: they share the machine's cores already.
.NOTPARALLEL:

UNIT := -m "not browser and not interop"

.PHONY: test-sqlite
test-sqlite: .venv/.dev catalogues
	@echo "Tests on SQLite"
	@$(PYTEST) --database=sqlite $(UNIT)

# They ask for no database, so both runs would be the same. tests/folders.py says no to one that does.
WITHOUT_DATABASE := tests/architecture tests/policy

.PHONY: test-postgresql
test-postgresql: .venv/.dev catalogues
	@echo "Tests on PostgreSQL, but for $(WITHOUT_DATABASE): they use no database, and run with those on SQLite"
	@$(PYTEST) --database=postgresql $(UNIT) $(addprefix --ignore=,$(WITHOUT_DATABASE))

.PHONY: test-interop
test-interop: .venv/.dev catalogues
	@echo "Tests with off-the-shelf client software"
	@$(BIN)/python -m tests.node
	@$(BIN)/python -m tests.browser.chromium > /dev/null
	@echo "Installing client software, each in an environment of its own"
	@$(BIN)/python -m tests.software
	@$(PYTEST) --database=postgresql -m interop tests/oauth/interop

.PHONY: test-browser
test-browser: .venv/.dev catalogues
	@echo "Tests in Chromium"
	@$(BIN)/python -m tests.node
	@$(BIN)/python -m tests.browser.chromium > /dev/null
	@$(PYTEST) --database=sqlite -m browser tests/browser

# make coverage  runs the tests of `make test-sqlite` and says what they never reach, branches too
.PHONY: coverage
coverage: .venv/.dev catalogues
	@$(PYTEST) --database=sqlite $(UNIT) --cov --cov-report=term

# make bench     measures the server under load; PEER=1 measures oidc-provider beside it
.PHONY: bench
bench: .venv/.dev catalogues
	@bench/run $(if $(PEER),--peer)

# --- Work on the code -------------------------------------------------------------------------------------------

# make lint      checks style, types, the floors, templates, JavaScript and CSS
.PHONY: lint
lint: .venv/.dev
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/python -m tests.template_layout --check
	@$(BIN)/python -m tests.static_layout --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# make format    lays the code out and fixes what can be fixed without thought
.PHONY: format
format: .venv/.dev
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format
	@$(BIN)/python -m tests.template_layout
	@$(BIN)/python -m tests.static_layout

# make messages  collects the texts to translate; needs GNU gettext
.PHONY: messages
messages: .venv/.dev
	@command -v xgettext > /dev/null || { echo "Install GNU gettext first: it finds the texts." >&2; exit 1; }
	@$(BIN)/python manage.py makemessages --locale sv --no-obsolete --add-location file \
	    --extension html,txt,py --ignore tests --ignore examples --ignore bench --ignore var

# make lock      writes the lock files anew from pyproject.toml; UPGRADE=1 takes newer releases
COMPILE  := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
            $(if $(UPGRADE),--upgrade)
LOCK     := $(COMPILE) pyproject.toml
SOFTWARE := $(wildcard tests/oauth/interop/software/*.in)
.PHONY: lock
lock: .venv/.dev
	@$(LOCK) --all-extras --output-file requirements-dev.lock
	@$(LOCK) --constraints requirements-dev.lock --extra demo --output-file requirements-demo.lock
	@$(LOCK) --constraints requirements-dev.lock --output-file requirements.lock
	@$(foreach wanted,$(SOFTWARE),$(COMPILE) $(wanted) --output-file $(wanted:.in=.lock) &&) true

# make clean     removes everything that was made here, but not var/, which holds the data
.PHONY: clean
clean:
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache test-results .coverage \
	    tests/oauth/interop/node_modules tests/static_layout/node_modules bench/peer/node_modules
	@find console -name '*.mo' -delete

# --- What the others need ---------------------------------------------------------------------------------------

.PHONY: catalogues
catalogues: $(patsubst %.po,%.mo,$(wildcard console/locale/*/LC_MESSAGES/*.po))

%.mo: %.po | .venv/.demo
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
	@test -e $@ || { echo "$< was not compiled: is its header still marked fuzzy?" >&2; exit 1; }

.venv/.demo: requirements-demo.lock | $(BIN)/python
	@echo "Installing what the server needs in .venv"
	@$(PIP) --requirement requirements-demo.lock
	@touch $@

.venv/.dev: requirements-dev.lock | $(BIN)/python
	@echo "Installing what the tests need in .venv"
	@$(PIP) --requirement requirements-dev.lock
	@touch $@ .venv/.demo

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3 …" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { \
	    test "$$(id -u)" = 0 && command -v apt-get > /dev/null && echo "Installing python3-venv" && \
	    apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes python3-venv > /dev/null; } || { \
	    echo "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }
