# Lamplight. Every target first makes sure that the machine has what it needs: see scripts/need.

.PHONY: help run test check unit race portable kernels e2e bench screenshots fuzz starter starter-eval stories clean
.DEFAULT_GOAL := help

# help lists the lines that begin with two hashes.
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make run          build Lamplight and start it
run:
	@scripts/need build
	go run .

## make test         everything that needs no display: formatting, vet, staticcheck, tests, races, other systems
test: check unit race portable

check:
	@scripts/need build
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not formatted by gofmt: $$unformatted"; exit 1; }
	go mod tidy -diff
	go vet -tags e2e ./...
	go tool staticcheck -tags e2e ./...

# Package ui is tested with the race detector alone: its tests compute little and are most of all.
unit:
	@scripts/need build
	go test $$(go list ./... | grep -v '/ui$$')

# The packages with goroutines. With the tag ci Fyne leaves out OpenGL, which tests do not need and whose C code
# would be compiled once more, for minutes. What others wrote is not watched: it draws letters and computes ciphers, which
# takes most of the time when it is.
unwatched := fyne.io/fyne/v2/... github.com/fyne-io/... github.com/go-text/... github.com/ncruces/go-sqlite3-wasm/... \
	github.com/srwiley/... github.com/yuin/... golang.org/x/crypto/... golang.org/x/image/... lukechampine.com/...
race:
	@scripts/need build
	go test -race -tags ci -short -timeout 20m $(unwatched:%=-gcflags=%=-race=false) \
		./assistant/... ./engine/... ./kernels ./library/... ./privacy/... ./ui ./ui/widgets

# What has no window compiles everywhere, and without a C compiler.
headless := ./assets ./assistant ./cmd/... ./engine/... ./internal/... ./kernels ./library/... ./privacy/... ./tokenizer ./ui/markdown
portable:
	CGO_ENABLED=0 go build -o /dev/null ./cmd/lamp
	CGO_ENABLED=0 GOOS=windows GOARCH=amd64 go vet $(headless)
	CGO_ENABLED=0 GOOS=darwin GOARCH=arm64 go vet $(headless)
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go vet $(headless)

## make kernels      the C kernels once more: under AddressSanitizer, AVX-VNNI where AVX-512 can stand in, arm64 in qemu (Linux)
kernels:
	@scripts/need build kernels
	go test -asan -short -gcflags=lamplight/kernels=-asan=false ./kernels # the C code is what is watched
	CGO_CFLAGS=-DLAMPLIGHT_EVEX go test -short ./kernels
	GOARCH=arm64 CGO_ENABLED=1 CC=aarch64-linux-gnu-gcc go test -c -o bin/kernels-arm64.test ./kernels
	cd kernels && qemu-aarch64 -L /usr/aarch64-linux-gnu -cpu max ../bin/kernels-arm64.test -test.short
	@for kernels in avx2 go; do echo "golden data with $$kernels"; LAMPLIGHT_KERNELS=$$kernels go test -run Golden ./engine || exit 1; done

## make e2e          the real program on an X server without a screen (Linux)
e2e:
	@scripts/need build e2e
	go test -tags e2e -count=1 -timeout 20m ./internal/e2e

## make bench        Go benchmarks; for a model's speed there is: go run ./cmd/lamp bench -m MODEL
bench:
	@scripts/need build
	go test -run '^$$' -bench . -benchmem ./...

## make screenshots  docs/screenshots anew, from the real program (Linux)
screenshots:
	@scripts/need build e2e
	LAMPLIGHT_SCREENSHOTS=$(CURDIR)/docs/screenshots go test -tags e2e -count=1 -timeout 20m -run '^TestScreenshots' -v ./internal/e2e

## make fuzz         every fuzz target for FUZZTIME, 30s unless told; FUZZ=REGEXP only those of such a name in FUZZIN=PACKAGES
# All that reads what a stranger may have made of somebody's words: make fuzz FUZZTIME=10m FUZZIN=./privacy/vault/...
FUZZ ?= ^Fuzz
FUZZIN ?= ./...
FUZZTIME ?= 30s
fuzz:
	@scripts/need build
	@ran=; \
	for package in $$(go list $(FUZZIN)); do \
		for target in $$(go test -list '$(FUZZ)' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
			ran=yes; \
		done; \
	done; \
	test -n "$$ran" || { echo "no fuzz target in $(FUZZIN) is called $(FUZZ)"; exit 1; }

## make starter      the starter model from nothing: composes its text, trains for about 90 minutes on 2 cores, and can be interrupted
# Text and vocabulary depend on the seed, the weights on both, the settings and the kernels. docs/STARTER.md says what comes out.
# First come rows in which everything is only said again (assets/starter, Copies): that is why they are learnt in their order.
# Steps are small, 16 rows or about 3,600 tokens, because there are not many: larger ones learn less from the same text.
STARTER ?= bin/starter
STARTER_ROWS ?= 100000
STARTER_COPIES ?= 8000
starter:
	@scripts/need build
	go build -o bin/lamp ./cmd/lamp
	test -e $(STARTER)/vocab.gguf || bin/lamp starter -o $(STARTER) -rows $(STARTER_ROWS) -copies $(STARTER_COPIES) -held 400 -seed 1
	test -e $(STARTER)/shape.gguf || bin/lamp synth -shape starter -type f16 -name "Lamplight starter" -vocab $(STARTER)/vocab.gguf -o $(STARTER)/shape.gguf
	test -e $(STARTER)/model.gguf || bin/lamp train -scratch -m $(STARTER)/shape.gguf -data $(STARTER)/train.jsonl -eval $(STARTER)/held.jsonl \
		-ordered -epochs 1 -batch 16 -positions 2048 -rate 8e-3 -muon 0.04 -warm-up 0.01 -decay 0.05 -eval-every 1000 -patience 0 -seed 1 \
		-o $(STARTER) >> $(STARTER)/train.log
	bin/lamp quantize $(STARTER)/model.gguf $(STARTER)/starter.gguf -type q8_0
	@printf '{"seed":1,"copies":%s,"rows":%s,"last_step":%s,"sha256":"%s"}\n' $(STARTER_COPIES) $(STARTER_ROWS) "$$(tail -n 1 $(STARTER)/train.log)" \
		"$$(sha256sum $(STARTER)/starter.gguf | cut -d ' ' -f 1)" | tee $(STARTER)/receipt.json

## make starter-eval what the starter does with what it was not trained on, as JSON; STARTER_MODEL=FILE measures another one
STARTER_MODEL ?= assets/starter/model/starter.gguf
starter-eval:
	@scripts/need build
	@go run ./cmd/lamp starter -eval -m $(STARTER_MODEL) -seed 1

## make stories      docs/STORIES.md: twenty stories of the starter as it tells them
stories:
	@scripts/need build
	go run ./cmd/lamp starter -tell 20 -m $(STARTER_MODEL) -seed 1 > docs/STORIES.part
	sed '/^## 1\. /Q' docs/STORIES.md | cat -s - docs/STORIES.part > docs/STORIES.new
	mv docs/STORIES.new docs/STORIES.md && rm docs/STORIES.part

## make clean        what was built here; the models and settings of a user are elsewhere and stay
clean:
	rm -rf bin lamplight lamp
