# idgen: IDs made inside PostgreSQL
#
#	make quickstart		from a bare Debian machine to IDs in a table
#	make test			the same, then every test
#	make bench			measure, against what PostgreSQL has itself
#	make matrix			make test on the other majors of PostgreSQL
#	make torture		crashes, failovers and clocks at random, under load
#	make model			check a model of how IDs are taken and time is reserved
#	make sanitize		make test under sanitizers, and fuzz the arithmetic
#	make layouts		draw the layouts that have names for docs/layouts.md, as PG_CONFIG's headers are there
#	make, make install, make installcheck
#						as for any extension, with PG_CONFIG to say where

MODULE_big = idgen
OBJS = \
	src/check.o \
	src/check_clock.o \
	src/check_configuration.o \
	src/check_files.o \
	src/check_generators.o \
	src/check_node.o \
	src/check_reservation.o \
	src/check_settings.o \
	src/check_timelines.o \
	src/clock.o \
	src/configuration_lines.o \
	src/dependents.o \
	src/extension_schema.o \
	src/encoded_text.o \
	src/finding.o \
	src/generator.o \
	src/generator_change.o \
	src/generator_ddl.o \
	src/generator_drop.o \
	src/generator_former.o \
	src/generator_lock.o \
	src/generator_options.o \
	src/generator_row.o \
	src/generator_uncommitted.o \
	src/generator_use.o \
	src/id_batch.o \
	src/id_bounds.o \
	src/id_series.o \
	src/id_space.o \
	src/id_text.o \
	src/idgen.o \
	src/layout_capacity.o \
	src/layout_overlap.o \
	src/layout_convert.o \
	src/layout_picture.o \
	src/layout_plan.o \
	src/layout_plausibility.o \
	src/layout_presets.o \
	src/layout_text.o \
	src/moment_range.o \
	src/limit.o \
	src/named_generator.o \
	src/origin.o \
	src/others_ids.o \
	src/own_layouts.o \
	src/process_state.o \
	src/random.o \
	src/range_predicate.o \
	src/range_selectivity.o \
	src/reference_clock.o \
	src/reservation.o \
	src/reset.o \
	src/reset_timeline.o \
	src/server_layout.o \
	src/server_moment.o \
	src/set_rows.o \
	src/setting.o \
	src/shmem.o \
	src/shown.o \
	src/snowflake.o \
	src/snowflake128.o \
	src/snowflake_calendar.o \
	src/snowflake_capacity.o \
	src/snowflake_inspect.o \
	src/snowflake_generator.o \
	src/snowflake_layout.o \
	src/snowflake_make.o \
	src/snowflake_moment.o \
	src/snowflake_parse.o \
	src/snowflake_period.o \
	src/snowflake_plan.o \
	src/snowflake_range.o \
	src/snowflake_text.o \
	src/snowflake_time.o \
	src/snowflake_type.o \
	src/stats.o \
	src/time_zone.o \
	src/timeline.o \
	src/turn.o \
	src/typeid_text.o \
	src/ulid.o \
	src/ulid_text.o \
	src/ulid_time.o \
	src/ulid_type.o \
	src/upgrade_casts.o \
	src/uuid.o \
	src/uuid_bits.o \
	src/uuid_gregorian.o \
	src/uuid_inspect.o \
	src/uuid_kind.o \
	src/uuid_moment.o \
	src/uuid_node.o \
	src/uuid_range.o \
	src/uuid_text.o \
	src/uuid_time.o \
	src/waiting.o \
	src/window.o

EXTENSION = idgen
DATA = idgen--0.1.sql
PGFILEDESC = "idgen - IDs made inside the database"

# The control file is where the version is written.
IDGEN_VERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" idgen.control)

REGRESS = install snowflake snowflake_type snowflake_time snowflake_layout snowflake_text snowflake_inspect snowflake_plan uuid ulid search_path settings
ISOLATION = order lock drop reset generator
ISOLATION_OPTS = --inputdir=$(srcdir)/test/isolation --load-extension=idgen

PG_CPPFLAGS = -DIDGEN_VERSION='"$(IDGEN_VERSION)"'
# JIT might inline a function into code that cannot see what is hidden below.
override with_llvm = no
# Export only what PostgreSQL looks up by name; before 16 nothing else hides the rest.
# Before glibc 2.34, pthread_atfork() is in a library of its own.
SHLIB_LINK = -Wl,--version-script=$(srcdir)/src/exports.map -pthread
# Each file of test/unit is a program.
UNIT = $(patsubst %.c,%,$(wildcard test/unit/*.c))
EXTRA_CLEAN = $(UNIT) test/fuzz/arithmetic docs/draw-layouts

PG_CONFIG ?= pg_config

# These need no PostgreSQL yet; they install what is missing.
SELF_CONTAINED = quickstart test bench matrix torture model sanitize
.PHONY: $(SELF_CONTAINED) unit layouts

ifneq (,$(filter $(SELF_CONTAINED),$(MAKECMDGOALS)))

quickstart:
	@test/quickstart
test:
	@test/run
bench:
	@bench/run
matrix:
	@test/matrix
torture:
	@test/torture/run
model:
	@test/model/run
sanitize:
	@test/sanitize

else

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(OBJS): $(wildcard src/*.h) idgen.control

# What needs no server to be tested.
ARITHMETIC = $(wildcard src/layout_*.c) src/id_text.c src/typeid_text.c src/ulid_text.c src/uuid_bits.c

unit: $(UNIT) docs/draw-layouts
	@failed=0; for program in $(UNIT) 'docs/draw-layouts check docs'; do \
	  echo "# $$program"; $$program || failed=1; \
	done; exit $$failed

layouts: docs/draw-layouts
	docs/draw-layouts write docs

# The same for libFuzzer, which is clang's: see test/fuzz/README.md. gcc's attributes in the headers are nothing to it.
FUZZ_CHECKS = -fsanitize=address,undefined -fno-sanitize-recover=all
test/fuzz/arithmetic: CC = clang
test/fuzz/arithmetic: CFLAGS = -std=gnu11 -O1 -g -Wall -Wno-ignored-attributes -fsanitize=fuzzer $(FUZZ_CHECKS)

test/fuzz/arithmetic: $(addprefix test/fuzz/,id_text.c layout.c layout_text.c typeid_text.c ulid_text.c uuid.c fuzz.h)
$(UNIT): test/unit/tap.h
# It includes these, to see the pool.  The server's random numbers are those of OpenSSL, if it was built with that.
INCLUDED_IN_RANDOMNESS = src/process_state.c src/random.c
test/unit/randomness: $(INCLUDED_IN_RANDOMNESS)
test/unit/randomness: LDLIBS += $(filter -lcrypto,$(LIBS)) -pthread
docs/draw-layouts: docs/layout_svg.c docs/layout_svg.h

$(UNIT) test/fuzz/arithmetic docs/draw-layouts: %: %.c $(ARITHMETIC) $(wildcard src/*.h)
	$(CC) $(CFLAGS) $(CPPFLAGS) -Isrc -o $@ $(filter-out $(INCLUDED_IN_RANDOMNESS),$(filter %.c,$^)) -L$(pkglibdir) -L$(libdir) -lpgcommon -lpgport $(LDLIBS) -lm

endif
