# `make lecture` opens the lecture, `make test` passes the tests; both set everything up first, once.
ifeq ($(OS),Windows_NT)
PYTHON ?= python
BIN := .venv/Scripts
else
PYTHON ?= python3
BIN := .venv/bin
endif
# PyTorch's threads spin for a moment only while they wait for one another (on Linux): kernels that share cores, as on
# a server, would else hold each other up, and threads that never spin would be too slow where a kernel is alone.
export GOMP_SPINCOUNT := 10000
# Test processes with a thread each; a file's tests stay together, so that they share what they set up. Files keep
# the order of tests/conftest.py: those with few tests are not the short ones. Tests in a browser wait for half of their
# time, for a frame or an answer: three processes keep two cores busy. The others compute all the time.
SIDE_BY_SIDE := --dist loadfile --no-loadscope-reorder --numprocesses
test check coverage: export OMP_NUM_THREADS := 1
# JupyterLab asks for this flag where one is root, as in most containers.
ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

lecture: .venv/lecture-installed
	$(BIN)/jupyter lab $(ROOT) --LabApp.default_url=/lab/tree/lecture.ipynb

exercises: .venv/lecture-installed        # your own copy of the exercises, made once and never written over
	$(BIN)/python tools/my_exercises.py $(ROOT)

test: .venv/tests-installed               # everything, side by side; browser tests need Chromium
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) 3 --durations=30

check: .venv/tests-installed              # for every day, a minute or two: no browser, no training
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) 2 --ignore tests/browser -m "not slow"

coverage: .venv/tests-installed           # which lines the tests of the modules reach; half as slow again
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) 2 --ignore tests/browser --cov --cov-report=term-missing:skip-covered

present: .venv/tests-installed            # the lecture as slides, in the browser; no kernel
	$(BIN)/python tools/present.py

html: .venv/tests-installed               # lecture.html: the lecture in one file, no kernel, no network
	$(BIN)/python tools/export_html.py

assignment: .venv/tests-installed         # build/assignment: the exercises for otter-grader (docs/exercises.md)
	$(BIN)/python tools/make_assignment.py

pictures: .venv/tests-installed           # the README's, from stand-ins; needs Chromium
	$(BIN)/python tools/make_pictures.py

clean-outputs: .venv/lecture-installed    # lecture.ipynb without its outputs, as it is committed
	$(BIN)/jupyter nbconvert --clear-output --inplace --log-level WARN lecture.ipynb

data: .venv/lecture-installed             # everything the lecture downloads, ahead of time
	$(BIN)/python -m datasets --fetch

results: .venv/lecture-installed          # train the networks in results/ again
	$(BIN)/python tools/make_results.py

benchmarks: .venv/tests-installed         # one table, each figure a ratio of two things timed in one run
	$(BIN)/python benchmarks/run_all.py

.venv/lecture-installed: requirements.txt
	$(PYTHON) tools/install.py
	echo done > $@

.venv/tests-installed: .venv/lecture-installed tests/requirements.txt
	$(PYTHON) tools/install.py --tests
	echo done > $@

.PHONY: lecture exercises test check coverage present html assignment pictures clean-outputs data results benchmarks
