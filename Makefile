# One program, a few targets. 'make demo' and 'make test' set up what is missing first.

GO      ?= go
# Without the vectorscan library the engine is built in pure Go (slower, same results).
CGO      = $$(pkg-config --exists libhs 2>/dev/null && command -v gcc >/dev/null && echo 1 || echo 0)
VERSION ?= $(shell packaging/version)
BUILD    = CGO_ENABLED=$(CGO) $(GO) build -pgo=packaging/inspection.pgo -ldflags "-X main.stamp=$(VERSION)" -o otasuke .
# The processor that image-test plays.
IMAGE    = $(or $(ARCH),$(shell dpkg --print-architecture 2>/dev/null))
FUZZTIME ?= 30s
SOAK     ?= 10m
BOXES    ?= 1000
BURST    ?= 5m
CUT      ?= 1m
# A PostgreSQL address for soak-centre: three processes on it, each killed with -9 in the burst.
DATABASE ?=

.PHONY: help build deb image image-test demo test bench soak soak-centre faults fuzz screenshots accessibility setup

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/	/'

build: ## build ./otasuke
	$(BUILD)

deb: ## the Debian package, into dist/; ARCH=arm64 for that processor
	@[ "$(ARCH)" != arm64 ] || packaging/setup arm64
	@packaging/deb $(if $(ARCH),-a $(ARCH))

image: ## the disk image of a box, into dist/; ARCH=arm64 for that processor
	@[ "$(ARCH)" != arm64 ] || packaging/setup arm64
	@packaging/setup image $(ARCH)
	@packaging/image/build $(if $(ARCH),-a $(ARCH))

image-test: ## boot dist/otasuke-box-ARCH.img in a virtual machine between an office and an internet
	@packaging/setup image $(IMAGE)
	@test -e dist/otasuke-box-$(IMAGE).img || $(MAKE) image ARCH=$(IMAGE)
	OTASUKE_IMAGE=$(CURDIR)/dist/otasuke-box-$(IMAGE).img OTASUKE_IMAGE_ARCH=$(IMAGE) OTASUKE_DEB=$$(ls -t $(CURDIR)/dist/*_$(IMAGE).deb | head -n 1) \
		$(GO) test -count=1 -v -timeout 90m -run TestImage ./e2e

demo: ## an office, a box and a hostile internet on this machine (ONCE=1 ends by itself)
	@packaging/setup demo
	@$(BUILD)
	@./otasuke demo $(if $(ONCE),-once)

test: ## every test: unit, race, both databases, namespaces, browser
	@packaging/setup test
	@packaging/check

bench: ## the performance lab; prints a table, writes bench/latest.json and docs/performance.md
	@packaging/setup demo
	@$(BUILD)
	@./otasuke bench -o bench/latest.json -doc docs/performance.md

soak: ## an office of 100 PCs through a box for SOAK (1h); OTASUKE_DATA names public rules
	@packaging/setup demo
	@$(BUILD)
	@./otasuke soak -for $(SOAK)

soak-centre: ## a centre with BOXES (1000) for SOAK: a burst of 100x for BURST (5m), then the line cut for CUT (1m); DATABASE names a PostgreSQL
	@packaging/setup demo
	@$(BUILD)
	@./otasuke sim -self -must -boxes $(BOXES) -for $(SOAK) -burst 100 -burst-for $(BURST) -cut-after $(BURST) -cut-for $(CUT) -settle 5m \
		$(if $(DATABASE),-database $(DATABASE) -processes 3 -kill)

faults: ## what an office feels while parts of the box fail, one after the other
	@packaging/setup demo
	OTASUKE_FAULTS=1 $(GO) test -count=1 -v -run TestFaults ./e2e

fuzz: ## every fuzz target for FUZZTIME each
	@packaging/setup demo
	@packaging/fuzz $(FUZZTIME)

screenshots: ## pages and mails as pictures, into docs/screenshots
	@packaging/setup test
	OTASUKE_SCREENSHOTS=$(CURDIR)/docs/screenshots $(GO) test -count=1 ./e2e/browser ./gateway/internal/frontpage ./centre/internal/report/printed ./centre/internal/notify ./centre -run 'Screenshots|Letters|Print|Wide'
	OTASUKE_SCREENSHOTS=$(CURDIR)/docs/screenshots $(GO) test -count=1 ./centre/internal/portal ./centre -run 'PicturesOfReports|ACompanyIsDeleted'

accessibility: ## axe-core on every page, written down in docs/accessibility.md
	@packaging/setup test
	OTASUKE_AXE_REPORT=$(CURDIR)/docs/accessibility.md $(GO) test -count=1 -timeout 40m ./e2e/browser -run TestEveryPage

setup: ## install the Debian packages that the demo and the tests use
	@packaging/setup test
