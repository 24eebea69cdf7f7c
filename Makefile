# Every target sets up what it needs, in .venv (or .venv-nest, .venv-brian2, .venv-bench-*), and needs
# only Python 3.11 to 3.13 with venv, gcc and a package index. `make help` lists the targets.

PYTHON ?= python3
PYTEST_ARGS ?=
BENCH_ARGS ?=
CUDA_ARGS ?=
KINDS ?=
BENCHMARKS := cuba cobahh adex brunel microcircuit stdp plastic_brunel events recording noise step export
VERIFY_ENVS := lava nir xylo pynn spynnaker spaic iree onnx
# Lava runs on Python 3.10 only; the newest that pyenv has, or the system's.
LAVA_PYTHON ?= $(or $(lastword $(sort $(wildcard $(HOME)/.pyenv/versions/3.10.*/bin/python))),python3.10)
BENCH_ENVS := spikesim nest brian2 brainpy

BIN := .venv/bin

.PHONY: help demo docs test slow soak lint bench bench-regression bench-envs peer-nest peer-brian2-networks
.PHONY: peer-chips verify-envs
.PHONY: cuda-compile cuda-host gpu-check clean
.NOTPARALLEL:
.DEFAULT_GOAL := help

help:  ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /  \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 26
	@echo "Variables: PYTHON=python3.12 (which Python), PYTEST_ARGS='-k name' (for make test),"
	@echo "           BENCH_ARGS='--quick --json' (for make bench), KINDS='gap' (for comparisons),"
	@echo "           CUDA_ARGS='--update' (for make cuda-compile and gpu-check)"

demo: .venv/.demo  ## run a small cortical microcircuit and draw its spikes
	@touch .venv/.demo-started
	MPLBACKEND=Agg $(BIN)/python docs/examples/microcircuit.py --scale 0.1 --drive poisson --duration 2
	@pictures=$$(find "$(CURDIR)" -path '*/.venv*' -prune -o -name '*.png' -newer .venv/.demo-started -print); \
	if [ -z "$$pictures" ]; then echo "The demo ran but wrote no PNG." >&2; exit 1; fi; \
	echo "The picture is at:"; echo "$$pictures"

test: .venv/.test  ## run the tests (not those marked slow, gpu or peer)
	$(BIN)/python -m pytest -n 2 $(PYTEST_ARGS)

slow: .venv/.test .venv/.docs  ## run the long tests: microcircuit at full scale (3 GB), random networks, make docs
	$(BIN)/python -m pytest -n 2 -m slow --ignore tests/soak $(PYTEST_ARGS)

soak: .venv/.test  ## kill runs, record 100 million spikes, run 10,000 times (20 minutes)
	@report=$$(mktemp); status=0; \
	$(BIN)/python -m pytest -m slow tests/soak -rs --junitxml=$$report $(PYTEST_ARGS) || status=$$?; \
	$(BIN)/python tests/soak/summary.py $$report; rm -f $$report; exit $$status

cuda-compile: .venv/.cuda  ## compile the CUDA kernels for six GPUs, without one (3 minutes)
	$(BIN)/python tests/cuda/compile_all.py $(CUDA_ARGS)

cuda-host: .venv/.test  ## run the CUDA kernels on the CPU: random networks, and ThreadSanitizer
	$(BIN)/python -m pytest -n 2 -m "slow or not slow" -k cuda $(PYTEST_ARGS) \
	  tests/conformance/test_cuda*.py tests/conformance/test_random_networks.py

gpu-check: .venv/.cuda  ## on a machine with an NVIDIA GPU: conformance, sanitizers, speed
	$(BIN)/python tests/gpu/check.py $(CUDA_ARGS)

lint: .venv/.lint  ## check style (ruff), types (mypy) and layers (import-linter)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/.docs  ## build the documentation, with its examples run; a warning is an error
	$(BIN)/python -m sphinx -n -W --keep-going -q -b html docs docs/_build/html
	@echo "The documentation is at:"; echo "$(CURDIR)/docs/_build/html/index.html"

peer-nest: .venv-nest/.ready  ## compare with NEST 3.10
	.venv-nest/bin/python tests/peers/peer_nest.py $(KINDS)

peer-brian2-networks: .venv-brian2/.ready  ## compare with Brian2 2.9
	.venv-brian2/bin/python tests/peers/peer_brian2.py $(KINDS)

peer-chips: .venv/.test verify-envs  ## compare exports with Lava, xylosim, NEST, sPyNNaker, C, Verilog, IREE, readers of NIR
	$(BIN)/python tests/peers/peer_chips.py $(KINDS)

verify-envs:  ## make the environments of `spikesim verify`; what can't be made is skipped, and said
	@for name in $(VERIFY_ENVS); do \
	  $(MAKE) --no-print-directory .venv-$$name/.ready || echo "skipped: .venv-$$name could not be made" >&2; done

bench: bench-envs  ## measure speed against NEST, Brian2 and BrainPy (half an hour)
	@for name in $(BENCHMARKS); do \
	  .venv-bench-spikesim/bin/python benchmarks/$$name.py $(BENCH_ARGS) || exit 1; done

bench-regression: .venv-bench-spikesim/.ready  ## measure our hot paths, to compare with earlier figures
	.venv-bench-spikesim/bin/python -m pytest benchmarks/regression $(BENCH_ARGS)

bench-envs: $(BENCH_ENVS:%=.venv-bench-%/.ready)  ## make what the benchmarks need
	.venv-bench-spikesim/bin/python benchmarks/cuba.py --prepare
	.venv-bench-spikesim/bin/python benchmarks/cobahh.py --prepare
	.venv-bench-spikesim/bin/python benchmarks/adex.py --prepare

clean:  ## remove the environments and everything built or cached
	rm -rf .venv .venv-nest .venv-brian2 .venv-lava .venv-nir .venv-xylo .venv-pynn .venv-spynnaker
	rm -rf .venv-spaic .venv-iree .venv-onnx
	rm -rf .venv-bench-* build dist
	rm -rf docs/_build docs/gallery docs/reference docs/examples/*.png
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- environments ------------------------------------------------------------------------------

# A stamp file says that an environment holds NEEDS; a change of pyproject.toml makes it stale.
.venv/.demo: NEEDS := -e '.[plot]'
.venv/.test: NEEDS := -e '.[test,plot,results,cli,nir,stablehlo]'
.venv/.lint: NEEDS := -e '.[dev,plot,cli]'
.venv/.docs: NEEDS := -e '.[docs]'
.venv/.cuda: NEEDS := -e '.[cuda,test]'
.venv-nest/.ready: NEEDS := 'nest-simulator==3.10.*' -e .
# Brian2 compiles its C++ with setuptools, which Python 3.12 no longer brings along.
.venv-brian2/.ready: NEEDS := 'brian2==2.9.0' 'numpy<2.4' setuptools -e .

# The environments of `spikesim verify` know nothing of spikesim: they read what it wrote.
.venv-lava/.ready: tests/peers/requirements-lava.txt
	@$(LAVA_PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' 2>/dev/null || { \
	  echo "Lava needs Python 3.10; name one: make verify-envs LAVA_PYTHON=/path/to/python3.10" >&2; exit 1; }
	@echo "Installing into $(@D); the first time takes a few minutes."
	@$(LAVA_PYTHON) -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet -r $<
	$(@D)/bin/python -m pip install --quiet --no-deps lava-dl==0.6.0  # it pins an old PyTorch
	@touch $@

.venv-nir/.ready: tests/peers/requirements-nir.txt .venv-nir/.created
	@echo "Installing into $(@D); the first time takes a few minutes."
	$(@D)/bin/python -m pip install --quiet -r $<
	$(@D)/bin/python -m pip install --quiet --no-deps sinabs==3.1.3 rockpool==3.1.0  # they pin nir and samna
	@touch $@

# xylosim is built from source: it needs g++ and the header files of Python.
.venv-xylo/.ready .venv-pynn/.ready .venv-spynnaker/.ready .venv-spaic/.ready .venv-iree/.ready: .venv-%/.ready: tests/peers/requirements-%.txt .venv-%/.created
	@echo "Installing into $(@D); the first time takes a few minutes."
	$(@D)/bin/python -m pip install --quiet -r $<
	@touch $@

# Only the one that writes ONNX as well has spikesim; onnxruntime comes with jax2onnx.
.venv-onnx/.ready: NEEDS := -e '.[onnx,stablehlo]' onnxruntime==1.32.0 hypothesis pytest

# What a peer's environment holds is in a file of its own; pins keep figures comparable.
.venv-bench-%/.ready: NEEDS = -r benchmarks/requirements/$*.txt
.venv-bench-spikesim/.ready: NEEDS = -r benchmarks/requirements/spikesim.txt -e '.[bench]'

.venv/.demo .venv/.test .venv/.lint .venv/.docs .venv/.cuda: .venv/.created
.venv-nest/.ready: .venv-nest/.created
.venv-brian2/.ready: .venv-brian2/.created
.venv-onnx/.ready: .venv-onnx/.created

.venv/.demo .venv/.test .venv/.lint .venv/.docs .venv/.cuda .venv-nest/.ready .venv-brian2/.ready .venv-onnx/.ready: pyproject.toml
	@echo "Installing into $(@D); the first time takes a few minutes."
	$(@D)/bin/python -m pip install --quiet $(NEEDS)
	@touch $@

.SECONDARY: $(BENCH_ENVS:%=.venv-bench-%/.created)
.venv-bench-spikesim/.ready: pyproject.toml CMakeLists.txt $(wildcard spikesim/native/*.cc spikesim/native/*.h)
.venv-bench-%/.ready: .venv-bench-%/.created benchmarks/requirements/%.txt
	@echo "Installing into $(@D); the first time takes a few minutes."
	$(@D)/bin/python -m pip install --quiet $(NEEDS)
	@touch $@

%/.created:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(not (3, 11) <= v < (3, 14))' || { \
	  echo "spikesim needs Python 3.11, 3.12 or 3.13, but $(PYTHON) is: $$($(PYTHON) --version 2>&1)" >&2; \
	  echo "Name another one, for example: make $(or $(MAKECMDGOALS),test) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $* || { \
	  echo "$(PYTHON) could not make a virtual environment; on Debian and Ubuntu, install python3-venv." >&2; exit 1; }
	$*/bin/python -m pip install --quiet --upgrade pip
	@touch $@
