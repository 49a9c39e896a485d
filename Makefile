# `make demo` and `make test` need nothing but Python 3.11 or newer: everything
# else is installed into $(VENV), and again when the files that name it change.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
EVENTS ?= 25000
FACTOR ?= 10
CLIENTS ?= 200
SIZE ?= 1000000
GROWN ?= 2500000

BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
export PIP_QUIET ?= 2
export PIP_DISABLE_PIP_VERSION_CHECK ?= 1

.PHONY: help demo test chaos writers statemachine proofs live pages bench growth docs screenshots lint types build clean

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' $(MAKEFILE_LIST)

demo: $(INSTALLED) ## Run the demo shop (ARGS=--no-serve ends it when all is done)
	@exec $(BIN)/python manage.py demo $(ARGS)

test: $(INSTALLED) ## Run the tests (ARGS="-k fence -x")
	@exec $(BIN)/python -m pytest $(ARGS)

chaos: $(INSTALLED) ## Run processes and faults, check every promise (ARGS="--seed 1")
	@exec $(BIN)/python -m tests.chaos $(ARGS)

statemachine: $(INSTALLED) ## Do anything in any order, on all stores (FACTOR=10)
	@STATEMACHINE_FACTOR=$(FACTOR) $(BIN)/python -m pytest -s tests/statemachine $(ARGS)

proofs: $(INSTALLED) ## Kill and stop consumers, count the memory of a worker, in full size (ARGS="-k groups")
	@QUEUE_PROOFS=full exec $(BIN)/python -m pytest -q tests/queue_proofs \
		tests/group_proofs \
		tests/demo/test_command.py::test_all_orders_with_a_server_of_its_own_twice $(ARGS)

writers: $(INSTALLED) ## Lose and repeat no event of many writers (EVENTS=25000)
	@EVENTS_OF_PROOF=$(EVENTS) CUTS_OF_PROOF=200 exec $(BIN)/python -m pytest -s \
		$(ARGS) tests/postgresql/test_no_lost_events.py \
		tests/chaos/test_cut_connections.py

live: $(INSTALLED) ## Serve events to many clients that come and go (CLIENTS=200)
	@LIVE_CLIENTS=$(CLIENTS) LIVE_SECONDS=20 exec $(BIN)/python -m pytest -s \
		$(ARGS) tests/http/test_live.py -k every_client

pages: $(INSTALLED) ## Measure each page of the admin in long tables (SIZE=1000000 events)
	@EVENTS_OF_PAGES=$(SIZE) exec $(BIN)/python -m pytest -s -p no:logging \
		$(ARGS) tests/admin/test_page_costs.py

bench: $(INSTALLED) ## Measure beside raw psycopg (ARGS="--only append --quick")
	@$(BIN)/python -m pip install -r benchmarks/requirements.txt
	@exec $(BIN)/python -m benchmarks $(ARGS)

growth: $(INSTALLED) ## Measure among 5,000,000 events (GROWN=2500000, and as many in short streams)
	@$(BIN)/python -m pip install -r benchmarks/requirements.txt
	@exec $(BIN)/python -m benchmarks --without-peers --only events --only memory \
		--events $(GROWN) --rounds 3 $(ARGS)

docs: $(INSTALLED) ## Build the documentation into build/docs; warnings are errors
	@$(BIN)/python -m pip install -r docs/requirements.txt
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet docs build/docs

screenshots: $(INSTALLED) ## Take the pictures of the documentation, with a Chromium
	@SCREENSHOTS=docs/images exec $(BIN)/python -m pytest $(ARGS) \
		tests/browser/test_screenshots.py

lint: $(INSTALLED) ## Check style, format and import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-cache

types: $(INSTALLED) ## Check the types
	$(BIN)/mypy

build: $(INSTALLED) ## Build the distribution into dist/
	$(BIN)/python -m build

clean: ## Remove what was installed, built and cached
	rm -rf .venv* .bench build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): requirements.txt setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11" >&2; \
		exit 1; }
	@echo "Installing into $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -r requirements.txt
	@touch $@
