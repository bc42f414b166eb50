# make demo    a clip from two prompts, with the built-in model, into demo/
# make test    the test suite
# make lint    ruff and mypy
# make man     the manual pages, docs/man, from the commands
# make docs    the documentation as web pages, into docs/_build/html; a broken link fails
#
# All of them work in .venv, made from the pinned versions with Python 3.11 or newer.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || command -v python)
VENV := .venv
BIN := $(VENV)/bin
CLIP := demo/clip.mp4

.PHONY: demo test lint man docs clean

demo: $(VENV)/runs
	$(BIN)/framesmooth generate \
	    "a red sailboat sailing to the right on the sea at sunset, oil painting" \
	    "a red sailboat sailing to the right on the sea at night, oil painting" \
	    --num-frames 48 --seed 7 --overwrite -o $(CLIP)

test: $(VENV)/develops
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2

lint: $(VENV)/develops
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

man: $(VENV)/develops
	$(BIN)/python scripts/man_pages.py

docs: $(VENV)/develops
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html
	@echo docs/_build/html/index.html

clean:
	rm -rf $(VENV) build docs/_build *.egg-info

$(VENV)/bin/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "framesmooth needs Python 3.11 or newer, found " + sys.version.split()[0])'
	"$(PYTHON)" -m venv $(VENV)

$(VENV)/runs: constraints.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -c constraints.txt -e .
	@touch $@

$(VENV)/develops: constraints.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/runs
