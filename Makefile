# One word each. `make help` lists them.
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
PY := .venv/bin/python
# Bytecode is made once at set-up: a start without it takes three times as long.
export UV_COMPILE_BYTECODE = 1

.PHONY: tune pictures dispatch help setup demo test check lock bench campaigns chaos clean browser

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

setup: .venv/.made nlu_data/.venv/.made ## both environments and the model
	@.venv/bin/fanzha train

demo: .venv/.made nlu_data/.venv/.made ## a citizen chat; a scripted day without a terminal
	@.venv/bin/fanzha demo

test: check setup browser ## every check and every test
	@FANZHA_HOME=var .venv/bin/fanzha train >/dev/null # where the tests look, whatever .env says
	@$(PY) -m pytest -n 2 --dist loadfile

browser: ## Debian's Chromium and Chinese fonts, where apt may install them
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
	  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "installing Chromium" \
	  && apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive \
	  apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; } \
	  || echo "no Chromium and no way to install it: the browser tests will fail, by name"

tune: nlu_data/.venv/.made ## tune the encoder on the texts as they are now: a quarter of an hour
	@PYTHONPATH=. TF_CPP_MIN_LOG_LEVEL=3 nlu_data/.venv/bin/python -W ignore nlu_data/tune.py nlu_data/texts nlu_data/tuned.npz

pictures: .venv/.made browser ## docs/pictures anew, from a made-up evening
	@$(PY) -m tests.e2e.console.pictures docs/pictures

check: .venv/.made ## formatting, lint, types, architecture
	@.venv/bin/ruff format --check -q .
	@.venv/bin/ruff check -q .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache

dispatch: .venv/.made ## 10,000 steps and 200 rounds of fifty claims: about twelve minutes
	@DISPATCH_STEPS=10000 CLAIM_ROUNDS=200 $(PY) -m pytest -o timeout=3600 tests/integration/cases/test_machine.py tests/integration/cases/test_claims.py

bench: .venv/.made ## measure delivery, with Rasa if its model is there
	@$(PY) -m benchmarks.run

campaigns: .venv/.made ## a million recipients and 40,000 warnings, queued and accounted for
	@$(PY) -m benchmarks.campaigns

chaos: .venv/.made ## kill, cut and flood for some minutes
	@CHAOS_LONG=1 $(PY) -m pytest -s tests/chaos

lock: $(UV) ## lock both environments anew, with hashes and no host names
	$(UV) pip compile -q --universal --generate-hashes --no-header --extra dev pyproject.toml -o requirements.lock
	$(UV) --directory nlu_data pip compile -q --universal --generate-hashes --no-header pyproject.toml -o requirements.lock

.tools/bin/uv:
	@echo "fetching uv"
	@python3 -m venv .tools && .tools/bin/pip install -q --disable-pip-version-check uv

.venv/.made: requirements.lock pyproject.toml | $(UV)
	@echo "setting up fanzha's environment"
	@test -x $(PY) || $(UV) venv -q --python 3.11 .venv
	@$(UV) pip sync -q --python .venv requirements.lock
	@$(UV) pip install -q --python .venv --no-deps --no-build-isolation -e .
	@$(PY) -m compileall -q bot actions
	@touch $@

nlu_data/.venv/.made: nlu_data/requirements.lock | $(UV)
	@echo "setting up Rasa's environment"
	@test -x nlu_data/.venv/bin/python || $(UV) venv -q --python 3.11 nlu_data/.venv
	@$(UV) pip sync -q --python nlu_data/.venv nlu_data/requirements.lock
	@touch $@

clean: ## remove what setup made
	rm -rf .venv nlu_data/.venv .tools var
