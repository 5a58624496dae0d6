# make test     installs what is missing, then vets and runs every test, with -race too, behind the real web servers
# make build    the command as one static program: artifacts/postern
# make check    formatting, staticcheck, and whether other systems can build it
# make explore  the illustrated page as one file that needs no server: artifacts/explore/postern-explore.html
# make vuln     govulncheck (its database is not reachable from everywhere)
# make fuzz     every fuzz target, for FUZZTIME each
# make compare  every protocol beside every peer that is installed, with a report, in results/DATE
# make bench    the benchmarks, COUNT times, into bench.out

GO        ?= go
FUZZTIME  ?= 1m
COUNT     ?= 1
BENCH     ?= .
TESTFLAGS ?=
COMPAREFLAGS ?=

TOOL  = $(GO) tool -modfile=internal/tools/go.mod
TABLE = $(CURDIR)/interop.out

.DEFAULT_GOAL = test
.PHONY: deps test build check explore vuln fuzz bench compare

deps:
	@internal/tools/deps

# With POSTERN_INTEROP=1 a front that is missing is a failure. POSTERN_INTEROP_TABLE is where the summary goes.
test: deps
	@rm -f $(TABLE)
	$(GO) vet ./...
	$(GO) test -count=1 -run 'Alloc|SystemCalls|Instructions' ./protocol ./gateway/route ./benchmarks # the race detector allocates, so these run without it
	@$(MAKE) --no-print-directory -j3 -Otarget $(NORACE) # three at a time, for each waits as much as it works
	$(GO) test -count=1 ./internal/floodtest # the bound on what a flood takes is three times as high with it
	@# with it nginx sends half as many requests a second, and its memory is not the program's
	POSTERN_INTEROP=1 $(GO) test -count=1 -run 'TestRestarts|IdleConnections|QuietConnections|FloodedConnections' ./internal/interop ./cmd/postern ./gateway
	@$(MAKE) --no-print-directory explore # which compiles what the next line tests
	POSTERN_INTEROP=1 $(GO) -C internal/explore/browser test -count=1 . # in a real browser; its screenshots are in artifacts/explore
	@# the longest first: three packages are tested at a time. A program with the race detector ends a second late unless told.
	@GORACE=atexit_sleep_ms=0 POSTERN_INTEROP=1 $(GO) test -race -count=1 -p 3 -timeout 18m -skip '^TestRestarts$$' $(TESTFLAGS) ./internal/interop ./...; \
	status=$$?; if [ -f $(TABLE) ]; then echo; cat $(TABLE); fi; exit $$status

# What is also tested without the race detector: what is not the same with it, and the pairs of protocols, and of fronts
# and protocols, which take four times as long with it, so that one of each kind is enough there.
NORACE = norace-fronts norace-script-out norace-script-in norace-wires norace-protocols
WIRES  = (fastcgi|scgi|uwsgi|http)
.PHONY: $(NORACE)

norace-fronts:
	POSTERN_INTEROP=1 POSTERN_INTEROP_TABLE=$(TABLE) $(GO) test -count=1 -timeout 18m -run TestFronts ./internal/interop
norace-script-out:
	POSTERN_INTEROP_TABLE=$(TABLE) $(GO) test -count=1 -timeout 18m -run 'TestChains/^$(WIRES)-cgi$$' ./gateway/endpoint
norace-script-in:
	POSTERN_INTEROP_TABLE=$(TABLE) $(GO) test -count=1 -timeout 18m -run 'TestChains/^cgi-' ./gateway/endpoint
norace-wires:
	POSTERN_INTEROP_TABLE=$(TABLE) $(GO) test -count=1 -timeout 18m -run 'TestChains/^$(WIRES)-$(WIRES)$$|TestConformanceOverTLS' ./gateway/endpoint
norace-protocols:
	$(GO) test -count=1 -p 1 ./cgi ./fastcgi ./scgi ./uwsgi ./internal/netio ./internal/rawio

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags=-s -o artifacts/postern ./cmd/postern

check: build
	@case "$$(ldd artifacts/postern 2>&1)" in \
	*"not a dynamic executable"*|*"statically linked"*) ;; \
	*) echo "artifacts/postern is no static program"; exit 1;; esac
	@unformatted=$$(gofmt -l .); \
	if [ -n "$$unformatted" ]; then echo "gofmt -w is due:"; echo "$$unformatted"; exit 1; fi
	$(TOOL) staticcheck ./...
	$(GO) -C internal/explore/browser vet ./...
	GOARCH=386 $(GO) build ./... # where an int has 32 bits
	GOOS=darwin $(GO) build ./...
	GOOS=windows $(GO) build ./...
	GOOS=js GOARCH=wasm $(GO) vet ./internal/explore/wasm # the codecs, for a browser

explore:
	$(GO) run ./internal/explore/build -o artifacts/explore/postern-explore.html

vuln:
	$(TOOL) govulncheck ./...

fuzz:
	@internal/tools/fuzz $(FUZZTIME)

bench:
	$(GO) test -run '^$$' -bench '$(BENCH)' -count $(COUNT) ./benchmarks | tee bench.out
	@if [ $(COUNT) -gt 1 ]; then $(TOOL) benchstat bench.out; fi

# What is compared is what Debian has: peers that are missing are installed, but for those that deps does not know.
compare: deps
	$(GO) run ./cmd/postern compare $(COMPAREFLAGS)
