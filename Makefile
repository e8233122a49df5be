# Two commands on a fresh machine with Python 3.11 or newer and make:
#   make demo    the whole main job on the embedded clip
#   make test    the tests, none of which needs a GPU
# Another interpreter: make demo PYTHON=python3.12

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
EXTRAS := onnx,openvino,quantize,compress,serve,data,mapping,fleet,dev
# Seconds after which the suite is stopped, and how many processes share it.
TEST_LIMIT := 2400
TEST_WORKERS := 2
# One thread a process: two test processes on two cores do not fight for them. Bytecode is kept, so the next run collects faster.
TEST_ENV := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=
# Each process takes half of the tests in their order and later steals from the other: what a file builds is built once.
PYTEST := $(TEST_ENV) $(BIN)/python -m pytest -n $(TEST_WORKERS) --session-timeout $(TEST_LIMIT) --dist worksteal
# What one changes most, on small inputs: no folder that starts servers, browsers, exports or whole trainings.
FAST_TESTS := $(addprefix tests/,core geometry images nn synthetic losses metrics models/base models/decoders models/encoders models/registry \
  data train/loop train/objectives engines/base evaluate/accuracy evaluate/figures evaluate/flicker video/temporal web/encode web/security \
  contracts/test_attention.py contracts/test_encoders.py)

.DEFAULT_GOAL := help
.PHONY: help install demo test test-fast test-slow check format docs site release sbom constraints clean

help: ## says what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(INSTALLED): pyproject.toml constraints.txt
	@command -v "$(PYTHON)" >/dev/null || { echo "hondo needs Python 3.11 or newer, and '$(PYTHON)' was not found; name yours: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("hondo needs Python 3.11 or newer, this is %d.%d (%s); name another: make PYTHON=python3.11" % (v[0], v[1], sys.executable))'
	"$(PYTHON)" -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e ".[$(EXTRAS)]"
	@touch $@

install: $(INSTALLED) ## makes .venv and installs the pinned dependencies

demo: $(INSTALLED) ## the whole main job on the embedded clip; pictures, video and report in demo_out
	$(BIN)/hondo demo --out demo_out

test: $(INSTALLED) ## all tests but the slow ones; none needs a GPU
	$(PYTEST)

test-fast: $(INSTALLED) ## units and contracts on small inputs, in under two minutes
	$(PYTEST) $(FAST_TESTS)

test-slow: $(INSTALLED) ## models of full size and whole campaigns
	$(PYTEST) -m slow

check: $(INSTALLED) ## format, lint, types, generated documents, then all tests, the slow ones too
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/python docs/generate.py --check
	$(MAKE) test test-slow

format: $(INSTALLED) ## formats the code and mends what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(INSTALLED) ## measures the models, fills the generated blocks of the documents from the stored reports
	$(BIN)/python docs/model_facts.py
	$(BIN)/python docs/house.py

site: $(INSTALLED) ## the documentation as a site, in site/
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[site]"
	$(BIN)/python docs/site.py
	$(BIN)/mkdocs build --strict --quiet

release: $(INSTALLED) ## the wheel and the source archive, in dist/
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[release]"
	$(BIN)/python -m build

sbom: $(INSTALLED) ## the software bill of materials of .venv, in sbom.json (CycloneDX)
	$(BIN)/python docs/bill_of_materials.py --out sbom.json

constraints: $(INSTALLED) ## pins the versions that .venv holds (after an upgrade that passed the tests)
	$(BIN)/python docs/constraints.py
	$(BIN)/python docs/constraints.py --hashes requirements.txt

clean: ## removes .venv and the caches
	rm -rf .venv .pytest_cache .ruff_cache build dist site demo_out
