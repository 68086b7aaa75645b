# Atomic State: build, test and install. `make help` lists the targets.
#
#   make               programs into build/
#   make demo          generated load through the whole pipeline, ending in an audit
#   make test          every test; installs what it needs first

CC       = gcc
CFLAGS   = -O2 -g
WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla \
           -Wformat=2 -Wundef
LDFLAGS  =
BUILD    = build
PREFIX   = /usr/local
DESTDIR  =

ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -Icommon $(WARNINGS) $(CFLAGS) -pthread
LIBS       = -lsqlite3 -lz -lcsv -ljansson -lcrypto -lxxhash -lm -pthread

PROGRAMS = $(patsubst cmd/%.c,%,$(wildcard cmd/as-*.c))
LIB_OBJ  = $(patsubst %.c,$(BUILD)/%.o,$(wildcard common/*/*.c))
BINARIES = $(PROGRAMS:%=$(BUILD)/%)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all deps demo test test-only lint format asan tsan fuzz-referee install clean help

all: $(BINARIES)

$(BUILD)/as-%: $(BUILD)/cmd/as-%.o $(BUILD)/libas.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/libas.a: $(LIB_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)
