# ringback. `make help` lists what there is to make.

NODE ?= node
NPM ?= npm
PREFIX ?= /usr/local
DESTDIR ?=
SYSCONFDIR ?= $(if $(filter /usr /usr/local,$(PREFIX)),,$(PREFIX))/etc
DIST := dist
BUILD := build
VERSION := $(shell sed -n 's/^  "version": "\(.*\)".*/\1/p' package.json)
BIN := node_modules/.bin
# V=1 shows what is run, and what that says.
V ?=
quietly = $(if $(V),,@board/quietly '$1')
# Set by CI: a test that cannot run here is a failure.
REQUIRE_ALL ?=
export REQUIRE_ALL
# An unpacked root of OpenWrt for x86-64, for tests that it makes more real.
OPENWRT_ROOT ?=
export OPENWRT_ROOT

HOST_SOURCES := $(shell find host -name '*.ts')
ASSEMBLY_SOURCES := $(shell find assembly -name '*.ts')
FABRICD_SOURCES := $(wildcard board/fabricd/*)
BENCH_SOURCES := $(wildcard board/bench/*) $(addprefix board/fabricd/,confine.c confine.h log.c log.h privileges.c privileges.h)
UNITS := ringback.service ringback-relay.service ringback-takeover.service
SCENARIOS := $(wildcard host/emulator/scenario/shipped/*.yaml)
SCRIPTS := .ci/run $(filter-out %.mk %.ts %.md,$(wildcard board/openwrt/*.sh board/openwrt/*/test.sh)) board/openwrt/package board/vm/image board/vm/init board/vm/kernel board/vm/unpack-ipk $(wildcard board/vm/busybox/etc/init.d/*) board/vm/openwrt/usr/libexec/log-to-port board/run board/lab/act board/lab/lab board/lab/network board/need board/quietly board/release test/arch/init test/lab/browser/chromium test/lab/beside/machine
SCRIPTS += test/openwrt/stand-in/functions.sh test/openwrt/stand-in/rc.common $(wildcard $(addprefix board/openwrt/ringback/files/,etc/init.d/* etc/uci-defaults/* etc/hotplug.d/*/* usr/share/ringback/*.sh usr/libexec/ringback/*))
SCRIPTS += board/openwrt/firmware
# Other versions see it otherwise. The names and the manner in wasm-rt are those of wabt.
CLANG_FORMAT := 14
C_SOURCES := $(filter-out board/fabricd/wasm-rt.%,$(wildcard $(addsuffix /*.[ch],board/fabricd board/bench board/openwrt/without-sdk test/board test/bench test/bench/native)))
EXAMPLES := ringback.yaml.example relay.yaml.example takeover.yaml.example
MANUALS := man8/ringback.8 man8/ringback-fabricd.8 man5/ringback.yaml.5
SCHEMAS := ringback.schema.json relay.schema.json takeover.schema.json scenario.schema.json
SHELLS := bash zsh fish
COMPLETIONS := share/bash-completion/completions/ringback share/zsh/site-functions/_ringback share/fish/vendor_completions.d/ringback.fish
MINUTES ?= 10
# What plays the program: of any of these, make coverage says what was run.
HOST_TESTS := test/host test/vectors test/bench test/emulator
# Most tests wait for something: more of them at a time than there are cores.
NODE_TEST := $(NODE) --import tsx --test --test-concurrency=4

BUNDLE = $(BIN)/esbuild host/cli/main.ts --bundle --platform=node --target=node20 --format=esm \
	--log-level=warning --legal-comments=eof --define:RINGBACK_VERSION='"$(VERSION)"' \
	--banner:js="import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const __dirname = require('node:url').fileURLToPath(new URL('.', import.meta.url));"
DEBUG := $(BUILD)/debug

ASP := $(BIN)/asp --no-logo --summary
# asc finds the transform there by NODE_PATH.
ASP_COVERAGE := test/assembly/coverage/as-pect

SECONDS_EACH ?= 60
FLIPPED ?= 2000
SPOILED ?= 500

.PHONY: all debug help run test golden check test-assembly test-host test-emulator test-board test-lab test-openwrt test-arch vm test-vm test-damaged test-release coverage fuzz lab bench soak feed package firmware install release uninstall clean
.DELETE_ON_ERROR:

# What the emulator needs: it is made, and runs, by Node alone.
EMULATOR := $(DIST)/ringback.mjs $(DIST)/node-sqlite3-wasm.wasm $(DIST)/fabric.wasm $(DIST)/scenarios

all: $(EMULATOR) $(DIST)/ringback-fabricd $(DIST)/ringback-bench $(DIST)/ringback-launcher.node $(SHELLS:%=$(BUILD)/completion/%) ## dist/: the program, the module and the daemon

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

# npm ci leaves this file as its last step.
node_modules/.package-lock.json: package.json package-lock.json
	$(call quietly,npm packages) $(NPM) ci --no-audit --no-fund
	@touch $@

$(DIST)/fabric.wasm: $(ASSEMBLY_SOURCES) asconfig.json node_modules/.package-lock.json
	@mkdir -p $(DIST)
	$(call quietly,$@) $(BIN)/asc --target release

# The same module for C compilers, which decide themselves what they copy to where it is called: two thirds of the size, and as fast.
$(BUILD)/fabricd.wasm: $(ASSEMBLY_SOURCES) asconfig.json node_modules/.package-lock.json
	@mkdir -p $(BUILD)
	$(call quietly,$@) $(BIN)/asc --target fabricd --outFile $@

$(DIST)/ringback.mjs: $(HOST_SOURCES) node_modules/.package-lock.json
	$(call quietly,$@) $(BUNDLE) --outfile=$@
	@chmod +x $@

# A directory is as old as the last change of its list: each time it is made anew.
$(DIST)/scenarios: $(SCENARIOS)
	@rm -rf $@ && mkdir -p $@
	$(call quietly,$@) cp $(SCENARIOS) $@/
	@touch $@

# What shells complete.
$(BUILD)/completion/%: $(DIST)/ringback.mjs
	@mkdir -p $(@D)
	$(call quietly,$@) sh -c '$(NODE) $< completion $* >$@'

# SQLite, which its library looks for beside the program.
$(DIST)/node-sqlite3-wasm.wasm: node_modules/.package-lock.json
	@mkdir -p $(DIST)
	$(call quietly,$@) install -m 644 node_modules/node-sqlite3-wasm/dist/node-sqlite3-wasm.wasm $@

$(DIST)/ringback-fabricd: $(BUILD)/fabricd.wasm $(FABRICD_SOURCES)
	@board/need gcc libc6-dev
	$(call quietly,$@) $(MAKE) -C board/fabricd WASM=$(abspath $<) OUT=$(abspath $@) BUILD=$(abspath $(BUILD))/fabricd
	@touch $@

# Frames between the emulator and a real router.
$(DIST)/ringback-bench: $(BENCH_SOURCES)
	@board/need gcc libc6-dev
	$(call quietly,$@) $(MAKE) -C board/bench OUT=$(abspath $@) BUILD=$(abspath $(BUILD))/bench-carrier
	@touch $@

# By which the program goes on with few privileges where it was started as root.
$(DIST)/ringback-launcher.node: $(FABRICD_SOURCES)
	@board/need gcc libc6-dev
	$(call quietly,$@) $(MAKE) -C board/fabricd launcher LAUNCHER=$(abspath $@) BUILD=$(abspath $(BUILD))/fabricd
	@touch $@

debug: $(addprefix $(DEBUG)/,ringback.mjs node-sqlite3-wasm.wasm ringback-fabricd) ## build/debug/: the same with source maps and symbols, and a module that asserts

$(DEBUG)/fabric.wasm: $(ASSEMBLY_SOURCES) asconfig.json node_modules/.package-lock.json
	@mkdir -p $(DEBUG)
	$(call quietly,$@) $(BIN)/asc --target debug --outFile $@ --textFile $(DEBUG)/fabric.wat

# Whoever starts it by its name gets lines of host/ in what it says of exceptions.
$(DEBUG)/ringback.mjs: $(HOST_SOURCES) node_modules/.package-lock.json
	$(call quietly,$@) $(BUNDLE) --sourcemap --outfile=$@
	@sed -i '1s|.*|#!/usr/bin/env -S node --enable-source-maps|' $@
	@chmod +x $@

$(DEBUG)/node-sqlite3-wasm.wasm: $(DIST)/node-sqlite3-wasm.wasm
	@install -D -m 644 $< $@

$(DEBUG)/ringback-fabricd: $(DEBUG)/fabric.wasm $(FABRICD_SOURCES)
	@board/need gcc libc6-dev
	$(call quietly,$@) $(MAKE) -C board/fabricd debug WASM=$(abspath $<) OUT=$(abspath $@) \
		LAUNCHER=$(abspath $(DEBUG))/ringback-launcher.node BUILD=$(abspath $(DEBUG))/fabricd
	@touch $@

# What OpenWrt's build of the feed in board/openwrt has no npm for.
FEED := $(BUILD)/feed
FEED_SOURCES := $(shell find board/openwrt -type f)
feed: $(addprefix $(FEED)/,ringback.mjs fabric.wasm node-sqlite3-wasm.wasm fabric.c) ## build/feed/: what the feed in board/openwrt is built of where there is no npm

# A router has little memory: what is young in it gets 1 MB, not 16.
$(FEED)/ringback.mjs: $(HOST_SOURCES) board/openwrt/bundle.ts board/openwrt/no-emulator.ts node_modules/.package-lock.json
	@mkdir -p $(FEED)
	$(call quietly,$@) $(NODE) --import tsx board/openwrt/bundle.ts '$(VERSION)' $@
	@sed -i '1s|.*|#!/usr/bin/node --optimize-for-size|' $@
	@chmod +x $@

# A router's frames are the daemon's: what runs in Node is `ringback replay`, and that is in no hurry.
$(FEED)/fabric.wasm: $(BUILD)/fabricd.wasm
	@install -D -m 644 $< $@

$(FEED)/%.wasm: $(DIST)/%.wasm
	@install -D -m 644 $< $@

$(FEED)/fabric.c: $(BUILD)/fabricd.wasm board/fabricd/Makefile
	@mkdir -p $(FEED)
	$(call quietly,$@) $(MAKE) -C board/fabricd generated WASM=$(abspath $<) BUILD=$(abspath $(FEED))
	@touch $@

package: feed ## build/package/: packages for OpenWrt, and an index of them, without its SDK; ARCH=mips_24kc
	@board/openwrt/package $(BUILD)/package $(ARCH)

firmware: feed ## build/firmware/: an image by OpenWrt's IMAGEBUILDER=DIRECTORY PROFILE=ROUTER, FILES=, SETUP=beside; packages by SDK=DIRECTORY
	@IMAGEBUILDER='$(IMAGEBUILDER)' SDK='$(SDK)' PROFILE='$(PROFILE)' FILES='$(FILES)' PACKAGES='$(PACKAGES)' SETUP='$(or $(SETUP),router)' \
		MAKE='$(MAKE)' board/openwrt/firmware

run: $(EMULATOR) ## the main job, played in a network of its own: about half a minute; EMULATED=1, or without one: in the emulator
	@NODE='$(NODE)' MAKE='$(MAKE)' board/run $(if $(EMULATED),--emulated)

lab: all ## the lab network, left up, with a shell and the log
	@board/need $$(cat board/lab/packages.txt)
	@board/lab/lab $(NODE) --import tsx board/lab/shell.ts

test: check test-assembly test-host test-board test-openwrt test-lab ## every test of this machine; REQUIRE_ALL=1 makes one that cannot run here a failure

check: $(DIST)/fabric.wasm ## format, lint, types, the rules of the house, shell scripts, C's format
	$(BIN)/biome ci --error-on-warnings
	$(BIN)/tsc
	@board/need $$(cat test/house/packages.txt) || [ -z "$(REQUIRE_ALL)" ]
	$(call quietly,test/house) $(NODE_TEST) --test-reporter=spec $$(find test/house -name '*.test.ts')
	@board/need shellcheck || [ -z "$(REQUIRE_ALL)" ]
	@if command -v shellcheck >/dev/null; then shellcheck --severity=warning $(SCRIPTS); \
	else echo 'skipped: shellcheck'; [ -z "$(REQUIRE_ALL)" ]; fi
	@board/need clang-format || [ -z "$(REQUIRE_ALL)" ]
	@case "$$(clang-format --version 2>/dev/null)" in \
	*' version $(CLANG_FORMAT).'*) clang-format --dry-run --Werror $(C_SOURCES) ;; \
	*) echo 'skipped: clang-format $(CLANG_FORMAT)'; [ -z "$(REQUIRE_ALL)" ] ;; esac
	@echo 'format, lint, types and rules are right'

test-assembly: node_modules/.package-lock.json ## the module's own tests: seconds
	$(ASP) --config test/assembly/as-pect.config.js --as-config test/assembly/as-pect.asconfig.json

test-host: all ## the program's tests, and the stories of both engines
	@board/need $$(cat test/host/packages.txt test/emulator/packages.txt) || [ -z "$(REQUIRE_ALL)" ]
	$(NODE_TEST) $$(find $(HOST_TESTS) -name '*.test.ts')

test-emulator: $(EMULATOR) ## minutes: the large scenarios, each twice, and once more for Wireshark
	@board/need $$(cat test/emulator/packages.txt) || [ -z "$(REQUIRE_ALL)" ]
	$(NODE) --import tsx --test --test-concurrency=1 $$(find test/emulator -name '*.large.ts')

golden: all ## what golden files and pages say of the program, anew: look at the difference
	GOLDEN=write $(NODE) --import tsx --test test/vectors/*.test.ts test/emulator/shipped.test.ts $$(find test/house -name '*.test.ts')

test-board: all ## the daemon's tests; with OPENWRT_ROOT=dir, an unpacked root of OpenWrt, the services on it, too
	@board/need $$(cat test/board/packages.txt $(if $(OPENWRT_ROOT),test/openwrt/userland/packages.txt)) || [ -z "$(REQUIRE_ALL)" ]
	$(NODE_TEST) $$(find test/board $(if $(OPENWRT_ROOT),test/openwrt/userland) -name '*.test.ts')

test-openwrt: all feed ## packages for OpenWrt, and what is in them
	@board/need $$(cat test/openwrt/packages.txt) || [ -z "$(REQUIRE_ALL)" ]
	$(NODE_TEST) $$(find test/openwrt -name '*.test.ts' -not -path '*/userland/*')

test-lab: all ## real kernels, mail servers and browsers, in a network of its own
	@board/need $$(cat board/lab/packages.txt test/lab/packages.txt) || [ -z "$(REQUIRE_ALL)" ]
	@if board/lab/lab --check; then board/lab/lab $(NODE_TEST) test/lab/*.test.ts; \
	else echo 'skipped: the lab tests'; [ -z "$(REQUIRE_ALL)" ]; fi

test-arch: all ## the daemon on other processors, and on their kernels, emulated: minutes
	@board/need $$(cat test/arch/packages.txt) || [ -z "$(REQUIRE_ALL)" ]
	$(NODE) --import tsx --test --test-concurrency=2 --test-reporter=spec test/arch/*.test.ts

VM := $(BUILD)/vm
VM_SOURCES := $(shell find board/vm -type f ! -name '*.ts')
# Packages that OpenWrt's package manager would install: the program's, and this machine's daemon.
$(VM)/router.ext4 $(VM)/daemon.ext4 &: $(addprefix $(FEED)/,ringback.mjs fabric.wasm node-sqlite3-wasm.wasm fabric.c) $(VM_SOURCES) $(FABRICD_SOURCES) $(FEED_SOURCES)
	@board/need $$(cat board/vm/packages.txt)
	$(call quietly,a kernel for the machine) board/vm/kernel amd64 linux-image-cloud-amd64 $(VM)/kernel $$(cat board/vm/modules.txt)
	@board/openwrt/package $(VM)/package x86_64
	$(call quietly,$(VM)/router.ext4) board/vm/image router $(VM) $(VM)/package/ringback_*.ipk $(VM)/package/ringback-fabricd_*.ipk
	$(call quietly,$(VM)/daemon.ext4) board/vm/image daemon $(VM) $(VM)/package/ringback-fabricd_*.ipk

# Whatever it is a copy of may have changed.
.PHONY: openwrt-machine
openwrt-machine: $(VM)/router.ext4
	$(call quietly,$(VM)/openwrt.ext4) env OPENWRT_ROOT='$(OPENWRT_ROOT)' board/vm/image openwrt $(VM) $(VM)/package/ringback_*.ipk $(VM)/package/ringback-fabricd_*.ipk

vm: all $(VM)/router.ext4 $(if $(OPENWRT_ROOT),openwrt-machine) ## a router that boots in a virtual machine, left up in the lab's network, with a shell; OPENWRT_ROOT=DIRECTORY
	@board/need $$(cat board/lab/packages.txt)
	@board/lab/lab $(NODE) --import tsx board/vm/shell.ts

test-vm: all $(VM)/router.ext4 $(VM)/daemon.ext4 $(if $(OPENWRT_ROOT),openwrt-machine) ## stories with a router that boots in a virtual machine: minutes
	@board/need $$(cat board/lab/packages.txt test/vm/packages.txt) || [ -z "$(REQUIRE_ALL)" ]
	@if board/lab/lab --check; then board/lab/lab $(NODE) --import tsx --test --test-concurrency=1 --test-reporter=spec test/vm/*.test.ts; \
	else echo 'skipped: the stories with a machine'; [ -z "$(REQUIRE_ALL)" ]; fi

test-damaged: all ## starts with 2,000 states of one wrong bit, FLIPPED=2000, and 500 of one strange value, SPOILED=500
	FLIPPED=$(FLIPPED) SPOILED=$(SPOILED) $(NODE_TEST) --test-reporter=dot test/host/store/damaged.test.ts

coverage: all ## what test-host runs of host/ and test-assembly of assembly/, by room; build/coverage/: HTML and lcov; ONLY=test/host/page
	@$(if $(ONLY),[ -n "$$(find $(ONLY) -name '*.test.ts')" ] || { echo 'coverage: ONLY=$(ONLY): no test is there' >&2; exit 2; })
	@board/need $$(cat test/host/packages.txt test/emulator/packages.txt) || [ -z "$(REQUIRE_ALL)" ]
	@rm -rf $(BUILD)/coverage
	@mkdir -p $(BUILD)/coverage
	@$(BIN)/c8 --temp-directory $(BUILD)/coverage/raw --reports-dir $(BUILD)/coverage --include 'host/**' \
		-r html -r lcovonly $(NODE_TEST) --test-reporter=dot --test-reporter-destination=stdout \
		--test-reporter=spec --test-reporter-destination=$(BUILD)/coverage/tests.txt \
		$$(find $(or $(ONLY),$(HOST_TESTS)) -name '*.test.ts'); status=$$?; rm -rf $(BUILD)/coverage/raw; echo; \
	$(if $(ONLY),,board/quietly 'coverage of the module' env NODE_PATH=$(CURDIR) COVERAGE=$(BUILD)/coverage $(ASP) \
		--config $(ASP_COVERAGE).config.js --as-config $(ASP_COVERAGE).asconfig.json || status=$$?;) \
	$(NODE) --import tsx test/coverage.ts $(BUILD)/coverage $(if $(ONLY),--part) || exit; \
	[ $$status = 0 ] || echo 'tests failed: $(BUILD)/coverage/tests.txt'; exit $$status

fuzz: all $(DEBUG)/fabric.wasm ## chance at every door, SECONDS_EACH=60 for each: what fails stays in build/fuzz/; ONLY=pop, SEED=, INPUT=FILE
	@board/need gcc libc6-dev
	@mkdir -p $(BUILD)/fuzz
	@$(NODE) --import tsx test/fuzz/all.ts --seconds '$(SECONDS_EACH)' --seed '$(SEED)' --only '$(ONLY)' --input '$(INPUT)' \
		--directory $(BUILD)/fuzz

bench: all ## the benchmarks; JSON=1 for one JSON object a line, ONLY=page for one of them
	@board/need $$(cat board/lab/packages.txt test/bench/packages.txt)
	@$(NODE) --import tsx test/bench/all.ts $(if $(JSON),--json) $(ONLY)

soak: all ## heartbeats of a takeover on a busy machine, MINUTES=10: nothing may be taken over
	@board/need $$(cat board/lab/packages.txt)
	@board/lab/lab $(NODE) --import tsx test/bench/soak.ts --minutes $(MINUTES) $(if $(JSON),--json)

# Where they are put together, a path with a space in it would be two, and the first of them somebody else's.
one_each = $(if $(word 2,x$(DESTDIR)$(PREFIX)$(SYSCONFDIR)x),$(error DESTDIR, PREFIX and SYSCONFDIR are paths without spaces))

install: all ## into DESTDIR and PREFIX
	$(one_each)
	install -D -m 755 $(DIST)/ringback.mjs $(DESTDIR)$(PREFIX)/lib/ringback/ringback.mjs
	install -D -m 644 $(DIST)/fabric.wasm $(DESTDIR)$(PREFIX)/lib/ringback/fabric.wasm
	install -D -m 644 $(DIST)/node-sqlite3-wasm.wasm $(DESTDIR)$(PREFIX)/lib/ringback/node-sqlite3-wasm.wasm
	install -D -m 755 $(DIST)/ringback-launcher.node $(DESTDIR)$(PREFIX)/lib/ringback/ringback-launcher.node
	install -D -m 755 $(DIST)/ringback-bench $(DESTDIR)$(PREFIX)/lib/ringback/ringback-bench
	install -D -m 755 $(DIST)/ringback-fabricd $(DESTDIR)$(PREFIX)/sbin/ringback-fabricd
	install -D -m 644 board/debian/ringback.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/ringback.conf
	mkdir -p $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/bin
	for unit in $(UNITS); do \
		sed 's|@PREFIX@|$(PREFIX)|' board/debian/$$unit > $(DESTDIR)$(PREFIX)/lib/systemd/system/$$unit || exit; \
	done
	ln -sf ../lib/ringback/ringback.mjs $(DESTDIR)$(PREFIX)/bin/ringback
	for manual in $(MANUALS); do \
		install -D -m 644 docs/man/$${manual#*/} $(DESTDIR)$(PREFIX)/share/man/$$manual || exit; \
	done
	for example in $(EXAMPLES); do \
		install -D -m 644 board/debian/$$example $(DESTDIR)$(SYSCONFDIR)/ringback/$$example && \
		sed -i 's|@PREFIX@|$(PREFIX)|' $(DESTDIR)$(SYSCONFDIR)/ringback/$$example || exit; \
	done
	install -D -m 644 $(BUILD)/completion/bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/ringback
	install -D -m 644 $(BUILD)/completion/zsh $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_ringback
	install -D -m 644 $(BUILD)/completion/fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/ringback.fish
	for scenario in $(notdir $(SCENARIOS)); do \
		install -D -m 644 $(DIST)/scenarios/$$scenario $(DESTDIR)$(PREFIX)/share/ringback/scenarios/$$scenario || exit; \
	done
	for schema in $(SCHEMAS); do \
		install -D -m 644 docs/schema/$$schema $(DESTDIR)$(PREFIX)/share/ringback/$$schema || exit; \
	done

test-release: ## minutes: a release of a copy, twice, is the same bytes
	$(NODE_TEST) test/release/release.test.ts

release: ## build/release/: sources and binaries of VERSION=x.y.z, which CHANGELOG.md has; nothing is tagged or pushed
	@board/release '$(if $(filter command,$(origin VERSION)),$(VERSION))'

uninstall: ## what install has put there; configurations and state stay
	$(one_each)
	rm -rf $(DESTDIR)$(PREFIX)/lib/ringback
	rm -f $(DESTDIR)$(PREFIX)/bin/ringback $(DESTDIR)$(PREFIX)/sbin/ringback-fabricd
	rm -f $(DESTDIR)$(PREFIX)/lib/sysusers.d/ringback.conf
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/lib/systemd/system/,$(UNITS))
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/man/,$(MANUALS))
	rm -f $(addprefix $(DESTDIR)$(SYSCONFDIR)/ringback/,$(EXAMPLES))
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,$(COMPLETIONS))
	rm -rf $(DESTDIR)$(PREFIX)/share/ringback
	-rmdir --ignore-fail-on-non-empty $(DESTDIR)$(SYSCONFDIR)/ringback

clean: ## all that was made
	rm -rf $(DIST) $(BUILD)
