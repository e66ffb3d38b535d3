# make alone lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
GOTOOL := go run -modfile=tools/go.mod

.PHONY: help setup run build ui generate fmt lint test unit race e2e fuzz bench profile clean

help: ## list the targets
	@grep -hE '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: ## set up, build and start on http://127.0.0.1:3008 with a demo workspace
	@scripts/setup run
	@$(MAKE) --no-print-directory build
	@mkdir -p -m 711 data
	@RAPPORT_DEMO=$${RAPPORT_DEMO-1} RAPPORT_LOG_FILE=$${RAPPORT_LOG_FILE-data/rapport.log} exec bin/rapport serve

test: ## set up, then lint, generated files, race detector, end to end: what CI runs
	@scripts/setup test
	@$(MAKE) --no-print-directory build lint
	@$(MAKE) --no-print-directory unit race e2e

setup: ## install what running and testing need
	@scripts/setup test

build: ui bin/rapport ## build the UI and the binary
	@:

.PHONY: bin/rapport
bin/rapport:
	@go build -trimpath -tags grpcnotrace -ldflags "-s -w -X rapport/internal/app.Version=$(VERSION)" -o bin/rapport ./cmd/rapport

UI_SOURCES := $(shell find web/src web/index.html web/package-lock.json web/vite.config.ts -type f 2>/dev/null)

ui: web/dist/index.html ## build the UI

web/node_modules/.ready: web/package-lock.json
	@cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

web/dist/index.html: web/node_modules/.ready $(UI_SOURCES)
	@cd web && npm run --silent build
	@touch web/dist/.keep $@

generate: ## write the contract, its types and the schema dump
	@go test ./internal/app ./migrations -run 'Golden|AsDumped' -update >/dev/null
	@cd web && npm run --silent generate

fmt: ## format everything
	@gofmt -w cmd internal migrations bench web/*.go

lint: web/node_modules/.ready ## formatting, vet, staticcheck, UI lint, generated files
	@test -z "$$(gofmt -l cmd internal migrations bench web/*.go)" || { gofmt -l cmd internal migrations bench web/*.go; echo 'run make fmt'; exit 1; }
	@go vet ./...
	@$(GOTOOL) honnef.co/go/tools/cmd/staticcheck ./...
	@cd web && npm run --silent lint
	@cd web && npm run --silent generate && git diff --exit-code -- src/api
	@go mod tidy -diff

unit: ## the UI's unit tests
	@cd web && npm test --silent

race: ## all Go tests under the race detector
	@go test -race -timeout 35m ./...

e2e: ## the built binary in a real browser
	@cd e2e && { test -d node_modules || npm ci --no-audit --no-fund --loglevel=error; } && npm test --silent

fuzz: ## each fuzz target for half a minute
	@scripts/fuzz 30s

bench: build ## figures for docs/benchmarks.md; MAIL=path imports a mailbox of yours
	@go run ./bench -mail "$(MAIL)"

profile: ## record what the compiler shall favour: cmd/rapport/default.pgo
	@go run -trimpath ./bench -only list -seconds 10 -rounds 3 -profile cmd/rapport/default.pgo
	@rm -f cmd/rapport/default.pgo.allocs

clean: ## remove what was built; data stays
	@rm -rf bin web/dist/assets web/dist/index.html web/node_modules e2e/node_modules .cache
