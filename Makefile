# `make help` lists what there is. Two are all that a newcomer needs:
#   make demo    the whole product, with data, on http://127.0.0.1:8000/
#   make test    the tests

VENV := .venv
BIN  := $(VENV)/bin
# Texts in other languages: written in .po, read by the product from .mo.
MESSAGES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/django.po))
PORT ?= 8000
HOST ?= 127.0.0.1

# Which Python makes the environment: `make PYTHON=python3.12 demo` chooses another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)

# The demonstration's terminal shows warnings only; LOG_LEVEL=INFO make demo shows more.
QUIET := LOG_LEVEL="$${LOG_LEVEL:-WARNING}"

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev messages demo test check lock clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r name text; do printf '  make %-10s %s\n' "$$name" "$$text"; done

setup: $(VENV)/.installed-base .env ## Make .venv and .env (part of demo and test)
	@$(MAKE) --silent messages

setup-dev: $(VENV)/.installed-dev .env
	@$(MAKE) --silent messages

messages: $(MESSAGES)

# Without a mail server of its own the demonstration keeps its e-mails in a folder.
MAIL := $(if $(EMAIL_URL),,$(shell grep -qs '^EMAIL_URL=' .env || echo 'EMAIL_URL=file:///var/mail'))

demo: setup ## Load the plan and the demonstration data, start the product on PORT
	@echo 'Loading the plan and the demonstration (the first time takes a minute or two) ...'
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(QUIET) $(BIN)/python manage.py load_plan
	@$(QUIET) $(BIN)/python manage.py load_mtr
	@$(QUIET) WEB_WORKERS=1 EMBEDDED_WORKER=true $(BIN)/python manage.py load_demo --accounts
	@$(QUIET) HOST='$(HOST)' PORT='$(PORT)' $(MAIL) $(BIN)/python manage.py send_digests >/dev/null
	@echo
	@$(BIN)/python manage.py demo_accounts
	@printf '\nHabitat Tracker: http://%s:%s/   (Ctrl-C ends it)\n\n' '$(HOST)' '$(PORT)'
	@HOST='$(HOST)' PORT='$(PORT)' WEB_WORKERS=1 EMBEDDED_WORKER=true \
		$(QUIET) $(MAIL) PYTHONUNBUFFERED=1 \
		$(BIN)/gunicorn --config gunicorn.conf.py habitat_tracker.wsgi

test: setup-dev ## Run the tests (ARGS="..." is passed on to pytest)
	$(BIN)/python -m pytest -q -n auto --dist worksteal $(ARGS)

check: setup-dev ## Lint, types, import contract, migrations, Django's own checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING

lock: ## Renew requirements/*.txt (needs uv)
	for name in base s3 dev; do \
		uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 \
			requirements/$$name.in --output-file requirements/$$name.txt || exit 1; \
	done

clean: ## Remove the environment and the tools' caches (data in var/ and .env stay)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment. A stamp file tells which lock was installed, so that a second run is quick.

$(VENV)/.created:
	@if [ -z '$(PYTHON)' ]; then \
		echo 'Python 3.11 or newer is needed and was not found (looked for python3, python3.11 to python3.14).' >&2; \
		echo 'Install it, or name it: make PYTHON=/path/to/python3 ...' >&2; exit 1; fi
	@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed; $(PYTHON) is $$('$(PYTHON)' --version 2>&1)." >&2; exit 1; }
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python '$(PYTHON)' $(VENV); \
	else \
		'$(PYTHON)' -c 'import ensurepip, venv' 2>/dev/null || { \
			echo "$(PYTHON) cannot make a virtual environment: install its venv module (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }; \
		'$(PYTHON)' -m venv $(VENV); \
	fi
	@touch $@

$(VENV)/.installed-%: requirements/%.txt $(VENV)/.created
	@echo 'Installing $< into $(VENV) ...'
	@if command -v uv >/dev/null 2>&1; then \
		uv pip install --quiet --python $(BIN)/python --require-hashes --requirement $<; \
	else \
		$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<; \
	fi
	@touch $@

# Needs no gettext of the system. Made by setup and setup-dev, when the environment is there.
%.mo: %.po
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

.env: | $(VENV)/.created
	@umask 077 && '$(BIN)/python' -c 'import pathlib, secrets; print(pathlib.Path(".env.example").read_text().replace("SECRET_KEY=\n", f"SECRET_KEY={secrets.token_urlsafe(50)}\n", 1), end="")' > .env.new && mv .env.new .env
	@echo 'Made .env with a new SECRET_KEY.'
