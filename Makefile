# One file of commands for people and for CI. `make help` lists them.
PYTHON ?= python3
PORT   ?= 8501
VENV   := .venv
PY     := $(VENV)/bin/python

.DEFAULT_GOAL := help
.PHONY: help run test test-thorough check format bench bench-degradation bench-shapes recordings screenshot clean

help:  ## list these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

# The stamps remember which requirements the environment was made from, so a second call starts at once.
$(VENV)/app.stamp: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 4) and "resnet-viz needs Python 3.11.4 or newer; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/app.stamp
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-dev.txt
	@touch $@

run: $(VENV)/app.stamp  ## start the app on http://localhost:8501 (PORT= changes it)
	@echo "resnet-viz: http://localhost:$(PORT)"
	@$(PY) -m streamlit run app.py --server.port $(PORT) --server.headless true

test: $(VENV)/dev.stamp  ## the tests; those in a browser run when a Chromium is found
	$(PY) -m pytest -n 2 --dist loadfile

test-thorough: $(VENV)/dev.stamp  ## what takes minutes: every page in both themes and widths, every export, killed workers
	$(PY) -m pytest -n 2 --dist loadfile -m thorough

check: $(VENV)/dev.stamp  ## lint, format, types, direction of imports
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

format: $(VENV)/dev.stamp  ## rewrite the code in the project's format
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(VENV)/dev.stamp  ## speed, memory and latency, as one table with the machine
	$(PY) -m benchmarks.bench

bench-degradation: $(VENV)/dev.stamp  ## plain-56 against residual-56 on 5,000 CIFAR-10 images
	$(PY) -m benchmarks.degradation

bench-shapes: $(VENV)/dev.stamp  ## how hard the procedural set is: plain-20, plain-56, residual-56
	$(PY) -m benchmarks.degradation --data shapes

recordings: $(VENV)/dev.stamp  ## train the runs that ship with the project anew, on CIFAR-10
	$(PY) -m benchmarks.recordings

screenshot: $(VENV)/dev.stamp  ## take README's pictures
	$(PY) -m benchmarks.screenshot

clean:  ## remove the environment and all caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
