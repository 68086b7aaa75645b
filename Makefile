# Atomic State: build, test and install. `make help` lists the targets.
#
#   make               programs into build/
#   make demo          generated load through the whole pipeline, ending in an audit
#   make test          every test; installs what it needs first
#   make bench         some eight minutes of measurements, ending in bench/RESULTS.md

SHELL       = /bin/bash
.SHELLFLAGS = -eu -o pipefail -c

CC       = gcc
CFLAGS   = -O2 -g
WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla \
           -Wformat=2 -Wundef
SANITIZE =
WERROR  ?=
LDFLAGS  =
BUILD    = build
PREFIX   = /usr/local
DESTDIR  =

ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -Icommon $(WARNINGS) $(WERROR) $(CFLAGS) $(SANITIZE) -pthread
LIBS       = -lsqlite3 -lz -ldeflate -lcsv -ljansson -lcrypto -lxxhash -lm -pthread

BUILD_PACKAGES = gcc make libc6-dev libsqlite3-dev zlib1g-dev libdeflate-dev libcsv-dev libjansson-dev \
                 libssl-dev libxxhash-dev libmicrohttpd-dev
DEMO_PACKAGES  = sqlite3
BENCH_PACKAGES = fio gnuplot-nox jq libpq-dev librocksdb-dev postgresql-15 procps sqlite3
TEST_PACKAGES  = bash-completion bats clang-format clang-tidy cppcheck fio fish jq mandoc procps \
                 shellcheck strace tmux valgrind zsh
LOOK_PACKAGES  = chromium curl fonts-dejavu-core prometheus

object   = $(patsubst %.c,$(BUILD)/%.o,$(1))
PROGRAMS = $(patsubst cmd/%.c,%,$(wildcard cmd/as-*.c))
BINARIES = $(PROGRAMS:%=$(BUILD)/%)
LIB_OBJ  = $(call object,$(wildcard common/*/*.c))
# Parts of programs that have outgrown their one file; the workloads' domains and what the pages of
# as-stats are made of, as C strings.
CMD_OBJ  = $(call object,$(filter-out cmd/as-%,$(wildcard cmd/*.c))) $(BUILD)/cmd/workload_sql.o \
           $(BUILD)/cmd/stats_web.o
LIBS_AS  = $(BUILD)/libas-cmd.a $(BUILD)/libas.a

UNIT_TESTS = $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/*.c))
FUZZ_TESTS = $(if $(wildcard tests/fuzz/*.c),$(BUILD)/tests/referee_fuzz)
FAULTS     = $(patsubst tests/fault/%.c,$(BUILD)/tests/%.so,$(wildcard tests/fault/*.c))
# What measures needs nothing that the programs do not; the peers need their own libraries.
BENCH_TOOLS   = $(addprefix $(BUILD)/bench/,probe.so verdicts_from restream peers/bare)
BENCH_PEERS   = $(patsubst bench/peers/%.c,$(BUILD)/bench/peers/%,\
                $(filter-out bench/peers/work.c,$(wildcard bench/peers/*.c)))
TEST_BINARIES = $(UNIT_TESTS) $(FUZZ_TESTS) $(FAULTS) $(BENCH_TOOLS)

ifeq ($(MAKELEVEL),0)
MAKEFLAGS += --jobs=$(shell nproc)
endif

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all deps demo demo-run test test-only test-look test-asan test-tsan test-binaries asan tsan \
        bench bench-full bench-deps bench-binaries \
        lint lint-format lint-c lint-shell lint-man format fuzz-referee install uninstall clean help

all: $(BINARIES) ## the programs, into build/

# ---- Build

$(BUILD)/as-%: $(BUILD)/cmd/as-%.o $(LIBS_AS)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/libas.a: $(LIB_OBJ)
$(BUILD)/libas-cmd.a: $(CMD_OBJ)
$(BUILD)/%.a:
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: $(BUILD)/%.c
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/as-stats: LIBS += -lmicrohttpd

# Files of text as C strings: bench/workloads/bank.sql is `const char workload_sql_bank[]`,
# cmd/web/page.css is `const char stats_web_page_css[]`, and so on.
define embed
	@mkdir -p $(@D)
	for file in $(sort $^); do \
	    name=$(1)_$$(basename $$file $(2) | tr . _); \
	    printf 'extern const char %s[];\nconst char %s[] =\n' $$name $$name; \
	    sed 's/[\\"]/\\&/g; s/.*/    "&\\n"/; $$s/$$/;/' $$file; \
	done > $@
endef
$(BUILD)/cmd/workload_sql.c: $(wildcard bench/workloads/*.sql)
	$(call embed,workload_sql,.sql)
$(BUILD)/cmd/stats_web.c: $(wildcard cmd/web/*)
	$(call embed,stats_web,)

test-binaries: all $(TEST_BINARIES)

$(BUILD)/tests/%: $(BUILD)/tests/unit/%.o $(LIBS_AS)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/tests/referee_fuzz: $(call object,$(wildcard tests/fuzz/*.c)) $(LIBS_AS)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# Preloaded into a program, to make its system calls fail or to watch them; never sanitized itself.
PRELOADED = $(CC) $(filter-out $(SANITIZE),$(ALL_CFLAGS)) -shared -fPIC -o $@ $< -ldl
$(BUILD)/tests/%.so: tests/fault/%.c
	@mkdir -p $(@D)
	$(PRELOADED)
$(BUILD)/bench/%.so: bench/%.c
	@mkdir -p $(@D)
	$(PRELOADED)

$(BUILD)/bench/peers/rocksdb: LIBS += -lrocksdb
$(BUILD)/bench/peers/postgres: LIBS += -lpq
$(BUILD)/bench/peers/%: $(BUILD)/bench/peers/%.o $(BUILD)/bench/peers/work.o $(BUILD)/libas.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/bench/%: $(BUILD)/bench/%.o $(BUILD)/libas.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)

asan: ## the programs with AddressSanitizer and UBSan, into build/asan
	$(MAKE) BUILD=build/asan WERROR= CFLAGS='-O1 -g' all test-binaries \
	    SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'

tsan: ## the programs with ThreadSanitizer, into build/tsan
	$(MAKE) BUILD=build/tsan WERROR= CFLAGS='-O1 -g' SANITIZE=-fsanitize=thread all test-binaries

# ---- Try and test

PACKAGES = $(BUILD_PACKAGES) $(DEMO_PACKAGES) $(TEST_PACKAGES)
deps: ## install the Debian packages that are missing
bench-deps: PACKAGES = $(BUILD_PACKAGES) $(BENCH_PACKAGES)
bench-deps: ## the same for what bench needs: the peers, gnuplot
deps bench-deps:
	@missing=; \
	for package in $(PACKAGES); do \
	    status=$$(dpkg-query -W -f '$${Status}' $$package 2>/dev/null) || true; \
	    [[ $$status == 'install ok installed' ]] || missing+=" $$package"; \
	done; \
	[[ $$missing ]] || exit 0; \
	sudo=; [[ $$(id -u) == 0 ]] || sudo=sudo; \
	echo "installing$$missing"; \
	$$sudo apt-get -q update; \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends $$missing

demo: deps ## generated load through the whole pipeline, ending in an audit
	@$(MAKE) --no-print-directory -s all
	@PATH="$(abspath $(BUILD)):$$PATH" $(MAKE) --no-print-directory demo-run STORE=$(BUILD)/demo

ITEMS = 2M
demo-run:
	rm -rf $(STORE) $(STORE).sql
	as-gen --items $(ITEMS) --reject 1 | as-commit $(STORE) | as-stats
	as-gen --print-domain > $(STORE).sql
	printf 'id,balance\nalice,500\nbob,-1\n' | as-ingest --domain $(STORE).sql --command open | as-commit $(STORE) | as-stats
	as-log --rejected --format ndjson $(STORE) | tail -n 2
	sqlite3 -readonly -box $(STORE)/state.db "SELECT * FROM account ORDER BY balance DESC LIMIT 5"
	as-audit $(STORE)

test: deps ## every test; the last line says how many passed and failed
	@$(MAKE) --no-print-directory test-only

test-only: test-binaries ## the same without looking for packages
	BUILD=$(BUILD) tests/run

test-asan: asan
	BUILD=build/asan tests/run

test-tsan: tsan
	BUILD=build/tsan tests/run

# A browser and a Prometheus are half a gigabyte: `make test` skips what needs them. The screenshots
# stay in build/look/, for a person to look at.
test-look: PACKAGES += $(LOOK_PACKAGES)
test-look: deps ## tests with a browser and a Prometheus; screenshots into build/look/
	@$(MAKE) --no-print-directory test-binaries
	BUILD=$(BUILD) tests/run stats_look

SEED = 1
N    = 1000
fuzz-referee: $(FUZZ_TESTS) ## random domains against SQLite: SEED=1 N=1000
	$(BUILD)/tests/referee_fuzz --seed $(SEED) --cases $(N)

# ---- Measure

bench: bench-deps ## measure, about eight minutes: bench/RESULTS.md, results.json, plots
	@$(MAKE) --no-print-directory -s bench-binaries
	BUILD=$(BUILD) bench/run

bench-full: bench-deps ## the same at length: long runs, ten million aggregates; some two hours
	@$(MAKE) --no-print-directory -s bench-binaries
	BUILD=$(BUILD) bench/run --full

bench-binaries: all $(BENCH_TOOLS) $(BENCH_PEERS)

# ---- Format and lint

C_FILES     = $(wildcard common/*/*.[ch] cmd/*.[ch] tests/*/*.[ch] bench/*.[ch] bench/*/*.[ch])
SHELL_FILES = $(wildcard tests/run tests/*.bash completions/*.bash .ci/run bench/run bench/*.sh bench/*/*.sh)
# A peer is only looked into where its library is.
UNLINTED    = $(if $(wildcard /usr/include/rocksdb/c.h),,bench/peers/rocksdb.c) \
              $(if $(wildcard /usr/include/postgresql/libpq-fe.h),,bench/peers/postgres.c)

format: ## clang-format every C file in place
	clang-format -i $(C_FILES)

lint: lint-format lint-c lint-shell lint-man ## formatters and static analysis

lint-format:
	@clang-format --dry-run -Werror $(C_FILES)

lint-c:
	@printf '%s\n' $(filter-out $(UNLINTED),$(filter %.c,$(C_FILES))) | xargs -P $$(nproc) -n 8 sh -c \
	    'clang-tidy --quiet "$$@" -- -std=gnu11 -D_GNU_SOURCE -Icommon' clang-tidy \
	    2> >(grep -v 'warnings\? generated' >&2)
	@cppcheck --quiet --enable=warning,performance,portability --error-exitcode=1 --inline-suppr \
	    --suppress=autoVariables --suppress=ctunullpointer --suppress=pointerSize \
	    --suppress=shiftTooManyBitsSigned -Icommon common cmd tests bench

# Bats files quote commands for a shell of their own (SC2016) and use what helper.bash sets (SC2154).
lint-shell:
	@shellcheck $(SHELL_FILES)
	@shellcheck -s bats --exclude=SC2016,SC2086,SC2089,SC2090,SC2154 $(wildcard tests/*.bats)

lint-man:
	@mandoc -T lint -W warning $(wildcard man/*.[0-9])

# ---- Install

BASH_COMPLETIONS = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSH_COMPLETIONS  = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
FISH_COMPLETIONS = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
MAN              = $(DESTDIR)$(PREFIX)/share/man

install: all ## programs, man pages and completions: PREFIX, DESTDIR
	install -d $(DESTDIR)$(PREFIX)/bin $(BASH_COMPLETIONS) $(ZSH_COMPLETIONS) $(FISH_COMPLETIONS)
	install $(BINARIES) $(DESTDIR)$(PREFIX)/bin
	for page in man/*.[0-9]; do install -D -m 644 -t $(MAN)/man$${page##*.} $$page; done
	install -m 644 completions/_atomic-state $(ZSH_COMPLETIONS)
	for program in $(PROGRAMS); do \
	    install -m 644 completions/atomic-state.bash $(BASH_COMPLETIONS)/$$program; \
	    install -m 644 completions/atomic-state.fish $(FISH_COMPLETIONS)/$$program.fish; \
	done

uninstall: ## remove what install put there
	rm -f $(PROGRAMS:%=$(DESTDIR)$(PREFIX)/bin/%) $(ZSH_COMPLETIONS)/_atomic-state
	rm -f $(PROGRAMS:%=$(BASH_COMPLETIONS)/%) $(PROGRAMS:%=$(FISH_COMPLETIONS)/%.fish)
	for page in man/*.[0-9]; do rm -f $(MAN)/man$${page##*.}/$${page##*/}; done

clean: ## remove build/
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 16
