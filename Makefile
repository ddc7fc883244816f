SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# What the demo takes in: nothing given, and it generates its own.
CLICKS ?=
SALES ?=
ASSETS ?=
# 1 trains recommendations on it, too.
ML ?=
STACK ?= dev
# The commit to upgrade from.
FROM ?= main
# Whom to erase, and from which stack on AWS.
CUSTOMER ?=
OUTPUTS ?=

# Prints the tools' folders as shell assignments, making them first where they are missing.
TOOLS = eval "$$(go run ./local/setup
# Go says nothing while it compiles, which takes minutes the first time.
COMPILE = go build -v ./cmd/devstack/commands 2>&1 | awk '/^[^ :]+$$/ {if (++n % 100 == 0) print n " packages compiled"; next} {print}' >&2
# Keeps the versions that a file has, where what is asked for lets it.
PIN = build/tools/bin/uv pip compile --quiet --universal --no-annotate --generate-hashes

# What make itself runs of Python. All that it needs is in the file, extras too, which pip would not find there by itself.
MAKE_TOOLS = python3 -m venv build/tools; build/tools/bin/pip install --quiet --no-deps --require-hashes -r tools/requirements.txt

.PHONY: help demo test test-spark test-ml test-clients requirements vulnerabilities sbom build install preview upgrade erase destroy price catalog test-catalog bench lint format docs country-names clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## Run the whole platform on this machine: deploy, data in, query, destroy (CLICKS=file SALES=folder ASSETS=folder for real input, ML=1 with recommendations)
	@$(COMPILE)
	go run ./cmd/devstack demo $(if $(CLICKS),--clicks '$(CLICKS)') $(if $(SALES),--sales '$(SALES)') $(if $(ASSETS),--assets '$(ASSETS)') $(if $(ML),--ml)

test: build ## Run the tests that need no running platform: Go, the jobs' plain Python, the emulator's state machines, alarms and refusals, the policies' linter
	go test ./...
	cd local/provider; go test ./prune ./target
	$(TOOLS) python)"; "$$PYTHON" -m pytest -q $(addprefix glue-scripts/tests/test_,arguments.py contracts.py imports.py transforms.py stage.py lineage.py dynamo.py erasure_texts.py erasure_readings.py erasure_objects.py erasure_run.py erasure_assets.py erasure_everywhere.py export.py); \
	"$$PYTHON" -m pytest -q $(addprefix emulator/tests/,test_state_machines.py test_state_machine_api.py test_alarms.py test_strict.py test_imports.py test_locks.py test_queries_fit.py test_athena_projection.py test_athena_engine.py refusals); \
	"$$PYTHON" -m pytest -q policies/tests
	npm ci --prefix components/asl --no-audit --no-fund
	node --test components/asl/statemachines.test.js

test-spark: build ## Run every test of the jobs and of the emulator, Spark and queries included
	$(TOOLS) python jars trino)"; export DATAPLATFORM_JARS="$$JARS" EMULATOR_JARS="$$JARS" EMULATOR_TRINO="$$TRINO"; \
	"$$PYTHON" -m pytest -q --numprocesses 2 --dist worksteal glue-scripts/tests; \
	"$$PYTHON" -m pytest -q emulator/tests --ignore=emulator/tests/test_sagemaker.py

test-ml: build ## Run the tests of recommendations: what features know as of a time, training and serving, and the emulator's SageMaker
	$(TOOLS) python jars ml)"; export DATAPLATFORM_JARS="$$JARS"; \
	"$$PYTHON" -m pytest -q $(addprefix glue-scripts/tests/test_,features.py session.py); \
	(cd sagemaker-scripts; "$$ML_PYTHON" -m pytest -q); \
	EMULATOR_TRAINING="$$ML_PYTHON" "$$PYTHON" -m pytest -q emulator/tests/test_sagemaker.py

test-clients: ## Run the examples of Athena's clients against the emulator
	python3 -m venv build/clients; build/clients/bin/pip install --quiet --require-hashes -r examples/clients/requirements.txt
	$(TOOLS) python trino)"; export EMULATOR_TRINO="$$TRINO" CLIENTS_PYTHON="$(CURDIR)/build/clients/bin/python"; \
	"$$PYTHON" -m pytest -q examples/clients

vulnerabilities: ## Look for known vulnerabilities in the Go code that is reached and in the pinned Python packages (asks vuln.go.dev and PyPI)
	go tool -modfile=tools/go.mod govulncheck ./...
	$(MAKE_TOOLS)
	@# Strict, or a package that PyPI says nothing of counts as a good one.
	failed=; for pins in $$(git ls-files '*requirements.txt'); do echo "$$pins"; \
	  build/tools/bin/pip-audit --strict --require-hashes --disable-pip -r "$$pins" || failed=1; done; test -z "$$failed"

sbom: ## List the Go modules that are linked and the Python packages that are pinned, in CycloneDX, below build/sbom
	mkdir -p build/sbom
	go tool -modfile=tools/sbom/go.mod cyclonedx-gomod mod -json -licenses -output build/sbom/go.json
	$(MAKE_TOOLS)
	for pins in $$(git ls-files '*requirements.txt'); do name=$${pins%.txt}; \
	  build/tools/bin/cyclonedx-py requirements "$$pins" -o "build/sbom/$${name//\//-}.json"; done

install: ## Install the operator's command, dataplatform, where Go installs programs
	go install -ldflags '-s -w' ./cmd/dataplatform
	@echo "$$(go list -f '{{.Target}}' ./cmd/dataplatform); shell completion: dataplatform completion bash"

country-names: ## Write the table of countries' names anew from CLDR and ISO 3166-1
	$(MAKE_TOOLS)
	build/tools/bin/python glue-scripts/generators/country_names.py

requirements: ## Pin anew, with their hashes, what the Python packages named in *requirements.in need
	$(MAKE_TOOLS)
	$(PIN) --python-version 3.11 tools/requirements.in -o tools/requirements.txt
	$(PIN) --python-version 3.11 local/build-requirements.in -o local/build-requirements.txt
	$(PIN) --python-version 3.11 local/requirements.in -o local/requirements.txt
	$(PIN) --python-version 3.11 examples/clients/requirements.in -o examples/clients/requirements.txt
	$(PIN) --python-version 3.10 sagemaker-scripts/requirements.in -o sagemaker-scripts/requirements.txt
	$(PIN) --python-version 3.11 -c sagemaker-scripts/requirements.txt local/ml-requirements.in -o local/ml-requirements.txt

build: ## Build what the stacks deploy: function archives for both architectures, the jobs' library
	go run ./cmd/build

preview: ## Preview a stack's own configuration against the emulator (STACK=dev)
	@$(COMPILE)
	go run ./cmd/devstack preview '$(STACK)'

upgrade: ## Deploy what a commit had to the emulator and update it to this work tree: nothing may be replaced or deleted but code (FROM=main)
	@$(COMPILE)
	go run ./cmd/devstack upgrade --from '$(FROM)'

erase: ## Take one customer out of everything, here or of a stack on AWS (CUSTOMER=number, OUTPUTS=file of the stack's outputs)
	go run ./cmd/dataplatform erase --customer '$(CUSTOMER)' $(if $(OUTPUTS),--outputs '$(OUTPUTS)')

destroy: ## Remove a stack on AWS with its data: its settings must say disposableData, and its name is asked for (STACK=dev)
	go run ./cmd/dataplatform destroy --stack '$(STACK)'

price: ## Estimate what a stack costs a month (STACK=dev)
	go run ./cmd/dataplatform price --stack '$(STACK)'

catalog: ## Build the data catalog, build/catalog/index.html
	go run ./cmd/catalog

test-catalog: ## Test the data catalog in a headless Chromium (Debian's package chromium)
	@command -v chromium >/dev/null || { echo 'chromium is missing: apt-get install chromium' >&2; exit 1; }
	npm ci --prefix catalog/test --no-audit --no-fund
	go run ./cmd/catalog --out build/catalog-own
	go run ./catalog/test/site build/catalog-large
	node --test catalog/test/catalog.test.js

bench: build ## Measure the handlers against plain ones and a floor, the operator's command, the jobs' transforms against DuckDB, an erasure, features, training and answers against what is promised
	go run ./lambdas/clicks/bench
	go run ./lambdas/assets/bench
	go run ./cmd/dataplatform/bench
	$(TOOLS) python jars ml)"; "$$PYTHON" glue-scripts/bench/transforms.py; "$$PYTHON" glue-scripts/bench/erasure.py; DATAPLATFORM_JARS="$$JARS" "$$PYTHON" glue-scripts/bench/features.py; \
	"$$ML_PYTHON" sagemaker-scripts/bench/speed.py

lint: ## Check format, modules, vet, static analysis, what may import what, Python with its types, and workflow files
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "not gofmt-ed: $$unformatted"; exit 1; }
	@# Not local/cli and local/provider: go mod tidy fetches what their builds never need, gigabytes of it.
	for module in . tools tools/golangci tools/sbom; do (cd $$module; go mod tidy -diff); done
	go vet ./...
	go tool -modfile=tools/go.mod staticcheck ./...
	go tool -modfile=tools/go.mod actionlint
	linter=$$(go tool -n -modfile=tools/golangci/go.mod golangci-lint); \
	schema=$$(go list -modfile=tools/golangci/go.mod -m -f '{{.Dir}}/jsonschema/golangci.jsonschema.json' github.com/golangci/golangci-lint/v2); \
	"$$linter" config verify --schema "$$schema"; "$$linter" run ./...
	go test -count=1 -tags lint ./internal/nevers
	$(TOOLS) python)"; "$$PYTHON" -m ruff check .; "$$PYTHON" -m ruff format --check .; \
	"$$PYTHON" -m pytest -q tools; \
	"$$PYTHON" -m mypy -p emulator; "$$PYTHON" -m mypy policies/tests tools; \
	cd glue-scripts; "$$PYTHON" -m mypy --config-file ../pyproject.toml dataplatform jobs bench generators; \
	cd ../sagemaker-scripts; "$$PYTHON" -m mypy --config-file ../pyproject.toml train.py batch.py inference.py recommender

format: ## Format Go and Python
	gofmt -w $$(git ls-files '*.go')
	$(TOOLS) python)"; "$$PYTHON" -m ruff format .

docs: ## Generate the tables of the README and of docs, and the architecture picture
	go run ./cmd/docs
	$(TOOLS) python)"; "$$PYTHON" -m emulator.tests.refusals.page

clean: ## Remove what builds left in the work tree (tools stay in the cache)
	rm -rf build
