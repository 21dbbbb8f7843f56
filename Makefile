# idgen: IDs made inside PostgreSQL
#
#	make quickstart		from a bare Debian machine to IDs in a table; with FLEET=1, on servers that lease their worker IDs
#	make test			the same, then the tests, in ten minutes
#	make test-full		the same, with the tests that take longer
#	make bench			measure, against what PostgreSQL has itself
#	make matrix			make test-full on the other majors of PostgreSQL
#	make deb			build Debian packages, and install and test them in clean chroots
#	make analyze		what tools find in the sources without running them
#	make torture		crashes, failovers and clocks at random, under load
#	make segment-torture	numbers of a root and three servers below it, while servers and backends are killed
#	make horizon-torture	do readers of an outbox get each row, whatever is killed meanwhile
#	make outbox-demo	rows that readers of an outbox lose without the safe horizon, and do not lose with it
#	make model			check a model of how IDs are taken and time is reserved
#	make simulate		many servers that lease their worker IDs, under faults, in simulated time
#	make sanitize		make test-full under sanitizers, and fuzz the arithmetic
#	make format			indent the C sources as PostgreSQL's are: see CONTRIBUTING.md
#	make script			assemble the install script from its parts
#	make pgxn			an archive of the sources, as PGXN takes it
#	make freeze			keep the install script of a release, for tests of upgrades: see docs/versions.md
#	make layouts		draw the layouts that have names for docs/layouts.md, as PG_CONFIG's headers are there
#	make, make install, make installcheck
#						as for any extension, with PG_CONFIG to say where

MODULE_big = idgen
OBJS = \
	src/bits/base_n.o \
	src/bits/circuit_breaker.o \
	src/bits/counter_record.o \
	src/bits/hlc_text.o \
	src/bits/id128_bounds.o \
	src/bits/layout_capacity.o \
	src/bits/layout_overlap.o \
	src/bits/layout_picture.o \
	src/bits/layout_plan.o \
	src/bits/layout_guess.o \
	src/bits/layout_presets.o \
	src/bits/layout_text.o \
	src/bits/lease_choice.o \
	src/bits/lease_machine.o \
	src/bits/lease_record.o \
	src/bits/permutation.o \
	src/bits/root_watch.o \
	src/bits/round_gathering.o \
	src/bits/shard_choice.o \
	src/bits/typeid_text.o \
	src/bits/ulid_text.o \
	src/bits/uuid_bits.o \
	src/base/clipped_text.o \
	src/base/configuration_lines.o \
	src/base/dependents.o \
	src/base/dumped_relation.o \
	src/base/encoded_text.o \
	src/base/number_type.o \
	src/base/published_row.o \
	src/base/set_rows.o \
	src/base/setting.o \
	src/base/standbys.o \
	src/engine/agent_process.o \
	src/engine/chunk.o \
	src/engine/clock.o \
	src/engine/drift.o \
	src/engine/hold.o \
	src/engine/horizon.o \
	src/engine/horizon_mark.o \
	src/engine/failures.o \
	src/engine/id_space.o \
	src/engine/lease_close.o \
	src/engine/lease_limit.o \
	src/engine/limit.o \
	src/engine/node_settings.o \
	src/engine/origin.o \
	src/engine/prepared_hold.o \
	src/engine/process_state.o \
	src/engine/random.o \
	src/engine/reference_clock.o \
	src/engine/reservation.o \
	src/engine/reset.o \
	src/engine/shmem.o \
	src/engine/statement_end.o \
	src/engine/timeline.o \
	src/engine/turn.o \
	src/engine/wait.o \
	src/lease/lease_agent.o \
	src/lease/lease_agent_start.o \
	src/lease/lease_pool.o \
	src/lease/lease_report.o \
	src/lease/lease_secret.o \
	src/lease/lease_store.o \
	src/lease/lease_terms.o \
	src/generator/generator.o \
	src/generator/generator_change.o \
	src/generator/generator_ddl.o \
	src/generator/generator_drop.o \
	src/generator/generator_former.o \
	src/generator/generator_lock.o \
	src/generator/generator_options.o \
	src/generator/generator_row.o \
	src/generator/generator_uncommitted.o \
	src/generator/generator_use.o \
	src/generator/id_batch.o \
	src/generator/layout_convert.o \
	src/generator/leased_numbers.o \
	src/generator/named_generator.o \
	src/generator/own_layouts.o \
	src/generator/server_layout.o \
	src/generator/server_worker.o \
	src/generator/unique_time.o \
	src/migrate/column_children.o \
	src/migrate/column_default.o \
	src/migrate/column_uses.o \
	src/migrate/column_values.o \
	src/migrate/convert_default.o \
	src/migrate/default_call.o \
	src/migrate/restored_column.o \
	src/migrate/migration_query.o \
	src/migrate/new_values.o \
	src/planner/time_range.o \
	src/planner/horizon_use.o \
	src/planner/range_predicate.o \
	src/planner/range_selectivity.o \
	src/planner/range_support.o \
	src/planner/running_queries.o \
	src/uuid/uuid.o \
	src/uuid/uuid_gregorian.o \
	src/uuid/uuid_inspect.o \
	src/uuid/uuid_node.o \
	src/uuid/uuid_range.o \
	src/uuid/uuid_text.o \
	src/uuid/uuid_time.o \
	src/snowflake/snowflake.o \
	src/snowflake/snowflake128.o \
	src/snowflake/snowflake_bounds.o \
	src/snowflake/snowflake_capacity.o \
	src/snowflake/snowflake_generator.o \
	src/snowflake/snowflake_horizon.o \
	src/snowflake/snowflake_inspect.o \
	src/snowflake/snowflake_layout.o \
	src/snowflake/snowflake_make.o \
	src/snowflake/snowflake_parse.o \
	src/snowflake/snowflake_period.o \
	src/snowflake/snowflake_plan.o \
	src/snowflake/snowflake_range.o \
	src/snowflake/snowflake_text.o \
	src/snowflake/snowflake_time.o \
	src/snowflake/snowflake_type.o \
	src/snowflake/time_zone.o \
	src/ulid/ulid.o \
	src/ulid/ulid_type.o \
	src/hlc/hlc.o \
	src/hlc/hlc_clock.o \
	src/hlc/hlc_stamp.o \
	src/hlc/hlc_type.o \
	src/segment/lamport.o \
	src/segment/scattered.o \
	src/segment/segment.o \
	src/segment/segment_agent.o \
	src/segment/segment_answer.o \
	src/segment/segment_desk.o \
	src/segment/segment_elsewhere.o \
	src/segment/segment_free.o \
	src/segment/segment_handing.o \
	src/segment/segment_job.o \
	src/segment/segment_root_report.o \
	src/segment/segment_roots.o \
	src/segment/segment_rounds.o \
	src/segment/segment_session.o \
	src/segment/segment_strict.o \
	src/segment/segment_strict_job.o \
	src/segment/segment_table.o \
	src/segment/segment_tail.o \
	src/segment/segment_chunk.o \
	src/segment/segment_functions.o \
	src/segment/segment_grants.o \
	src/segment/segment_memory.o \
	src/segment/segment_options.o \
	src/segment/segment_page.o \
	src/segment/segment_range.o \
	src/segment/segment_refill.o \
	src/segment/segment_report.o \
	src/segment/segment_root.o \
	src/segment/segment_sequence.o \
	src/scatter/bit_reverse.o \
	src/scatter/conceal.o \
	src/scatter/secret_key.o \
	src/scatter/shard_of.o \
	src/segment/sequence_interleave.o \
	src/segment/sequence_state.o \
	src/segment/slab.o \
	src/outbox/horizon_holders.o \
	src/outbox/outbox_guard.o \
	src/metrics/clock_metrics.o \
	src/metrics/horizon_metrics.o \
	src/metrics/lease_metrics.o \
	src/metrics/metric.o \
	src/metrics/metrics.o \
	src/metrics/reservation_metrics.o \
	src/metrics/segment_metrics.o \
	src/metrics/server_metrics.o \
	src/metrics/timeline_metrics.o \
	src/metrics/wait_metrics.o \
	src/admin/check.o \
	src/admin/check_clock.o \
	src/admin/check_configuration.o \
	src/admin/check_files.o \
	src/admin/check_generators.o \
	src/admin/check_interleave.o \
	src/admin/check_horizon.o \
	src/admin/check_lease.o \
	src/admin/check_lease_settings.o \
	src/admin/check_node.o \
	src/admin/check_reservation.o \
	src/admin/check_segment_roots.o \
	src/admin/check_segments.o \
	src/admin/check_settings.o \
	src/admin/check_timelines.o \
	src/admin/check_version.o \
	src/admin/extension_schema.o \
	src/admin/check_finding.o \
	src/admin/id_series.o \
	src/admin/lease_administration.o \
	src/admin/lease_status.o \
	src/admin/others_ids.o \
	src/admin/reset_timeline.o \
	src/admin/stats.o \
	src/admin/upgrade_casts.o \
	src/idgen.o \
	src/settings.o

EXTENSION = idgen
# The control file, beside this one, is where the version is written.
TOP := $(dir $(lastword $(MAKEFILE_LIST)))
IDGEN_VERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" $(TOP)idgen.control)
SQL_SCRIPT = idgen--$(IDGEN_VERSION).sql
# With the upgrade scripts, from each version to the next: see docs/versions.md.
DATA = $(SQL_SCRIPT) $(notdir $(wildcard $(TOP)idgen--*--*.sql))

# The parts of the install script, in the order in which it creates objects: what a part uses is created before.  The
# script is committed, so that it is there without a build: after a change of a part, `make script` assembles it again.
SQL_PARTS = \
	src/idgen.sql \
	src/admin/taken_names.sql \
	src/base/dumped_relation.sql \
	src/base/published_row.sql \
	src/snowflake/snowflake_layout.sql \
	src/snowflake/snowflake.sql \
	src/snowflake/snowflake_generator.sql \
	src/snowflake/snowflake_parse.sql \
	src/snowflake/snowflake_type.sql \
	src/snowflake/snowflake_time.sql \
	src/snowflake/snowflake_bounds.sql \
	src/snowflake/snowflake_period.sql \
	src/snowflake/snowflake_range.sql \
	src/snowflake/snowflake_comparison.sql \
	src/snowflake/snowflake_text.sql \
	src/snowflake/snowflake_capacity.sql \
	src/uuid/uuid.sql \
	src/uuid/uuid_time.sql \
	src/uuid/uuid_text.sql \
	src/snowflake/snowflake128.sql \
	src/ulid/ulid_type.sql \
	src/ulid/ulid.sql \
	src/hlc/hlc_type.sql \
	src/hlc/hlc.sql \
	src/segment/segment.sql \
	src/scatter/bit_reverse.sql \
	src/scatter/shard_of.sql \
	src/scatter/conceal.sql \
	src/segment/sequence_interleave.sql \
	src/segment/lamport.sql \
	src/segment/scattered.sql \
	src/segment/slab.sql \
	src/admin/id_series.sql \
	src/uuid/uuid_range.sql \
	src/planner/issued_in.sql \
	src/outbox/horizon.sql \
	src/admin/stats.sql \
	src/admin/lease.sql \
	src/metrics/metrics.sql \
	src/admin/check.sql \
	src/admin/extension_schema.sql \
	src/admin/reset_timeline.sql \
	src/migrate/convert_default.sql \
	src/uuid/uuid_comments.sql \
	src/admin/ambiguous_calls.sql
ASSEMBLE = awk 'FNR == 1 && NR > 1 { print "" } { print }' $(SQL_PARTS)

PGFILEDESC = "idgen - IDs made inside the database"

REGRESS = install snowflake snowflake_type snowflake_time snowflake_layout snowflake_text snowflake_inspect snowflake_plan uuid ulid horizon segment search_path settings
ISOLATION = order lock drop reset generator horizon interleave segment convert
ISOLATION_OPTS = --inputdir=$(srcdir)/test/isolation --load-extension=idgen

PG_CPPFLAGS = -I$(srcdir)/src -DIDGEN_VERSION='"$(IDGEN_VERSION)"'
# JIT might inline a function into code that cannot see what is hidden below.
override with_llvm = no
# Export only what PostgreSQL looks up by name; before 16 nothing else hides the rest.
# Before glibc 2.34, pthread_atfork() is in a library of its own.
SHLIB_LINK = -Wl,--version-script=$(srcdir)/src/exports.map -pthread
# Each file of test/unit is a program.
UNIT = $(patsubst %.c,%,$(wildcard test/unit/*.c))
SIMULATOR = test/simulator/simulator
SEARCH = test/simulator/search/search
EXTRA_CLEAN = $(UNIT) $(SIMULATOR) $(SEARCH) test/fuzz/arithmetic docs/draw-layouts $(wildcard src/provider/*.o) $(wildcard idgen_*.so)

PG_CONFIG ?= pg_config

# These need no PostgreSQL yet; they install what is missing.
SELF_CONTAINED = quickstart test test-full bench matrix deb analyze torture lease-torture horizon-torture outbox-demo segment-torture model simulate sanitize drivers
.PHONY: $(SELF_CONTAINED) unit sources layouts script freeze pgxn format format-check typedefs

ifneq (,$(filter $(SELF_CONTAINED),$(MAKECMDGOALS)))

quickstart:
	@test/quickstart$(if $(FLEET),-fleet)
test:
	@test/run
test-full:
	@FULL=1 test/run
bench:
	@bench/run
matrix:
	@test/matrix
analyze:
	@test/analyze
deb:
	@test/deb
torture:
	@test/torture/run
lease-torture:
	@test/lease-torture/run
segment-torture:
	@test/segment-torture/run
horizon-torture:
	@test/horizon-torture/run
outbox-demo:
	@test/outbox-demo
model:
	@test/model/run
simulate:
	@test/simulator/run
sanitize:
	@test/sanitize
drivers:
	@test/drivers/run

else

# `make install prefix=DIR` installs outside of the server's directories, for extension_control_path.  PGXS would look
# for the server's headers there, too, and disregards it if PostgreSQL was configured with directories, as Debian's is.
ELSEWHERE := $(prefix)
override prefix :=

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# As PGXS names them.
ifneq ($(ELSEWHERE),)
SUBDIRECTORY := $(if $(findstring pgsql,$(ELSEWHERE))$(findstring postgres,$(ELSEWHERE)),,/postgresql)
override datadir := $(ELSEWHERE)/share$(SUBDIRECTORY)
override pkglibdir := $(ELSEWHERE)/lib$(SUBDIRECTORY)
endif

# Before 16, headers declare functions without prototypes, which C23 reads otherwise, and compilers begin to take it if
# nothing is said. Those of 19 are configured for the C that its compiler takes.
ifeq ($(MAJORVERSION),15)
override CFLAGS += -std=gnu11
endif

# Providers of coordination stores are modules of their own, so that idgen itself needs no client of any.  Each is built
# where its client's headers are.  The client of ZooKeeper is the library that has no threads; the one that has them comes
# with the same headers.
PROVIDERS = idgen_etcd idgen_postgres idgen_redis idgen_zookeeper
HAS_PACKAGE = $(shell pkg-config --exists $(1) 2>/dev/null && echo yes)
HAS_ZOOKEEPER := $(shell printf '\043include <zookeeper/zookeeper.h>\n' | \
	$(CC) -x c -shared -fPIC -o /dev/null - -lzookeeper_st 2>/dev/null && echo yes)
PROVIDER_MODULES := $(addsuffix $(DLSUFFIX), \
	$(if $(call HAS_PACKAGE,libcurl),idgen_etcd) \
	$(if $(wildcard $(includedir)/libpq-fe.h $(includedir_internal)/libpq-fe.h),idgen_postgres) \
	$(if $(call HAS_PACKAGE,hiredis),idgen_redis) \
	$(if $(HAS_ZOOKEEPER),idgen_zookeeper))
# hiredis has TLS from 1.0 on, in a library of its own, if it was built with it.
REDIS_PACKAGES := hiredis $(if $(call HAS_PACKAGE,hiredis_ssl openssl),hiredis_ssl openssl)

ETCD_OBJS = $(addprefix src/provider/,idgen_etcd.o etcd_address.o etcd_counter.o etcd_http.o etcd_json.o etcd_pool.o)
$(ETCD_OBJS): override CPPFLAGS += $(shell pkg-config --cflags libcurl)
idgen_etcd$(DLSUFFIX): $(ETCD_OBJS) $(addprefix src/provider/,host_list.o resolver.o store_answer.o) src/bits/counter_record.o
idgen_etcd$(DLSUFFIX): LIBS_OF_CLIENT = $(shell pkg-config --libs libcurl) -pthread

POSTGRES_OBJS = $(addprefix src/provider/,idgen_postgres.o postgres_address.o postgres_answer.o postgres_statements.o \
	postgres_take.o)
$(POSTGRES_OBJS): override CPPFLAGS += -I$(includedir)
idgen_postgres$(DLSUFFIX): $(POSTGRES_OBJS) $(addprefix src/provider/,resolver.o store_answer.o)
idgen_postgres$(DLSUFFIX): LIBS_OF_CLIENT = $(libpq) -pthread

REDIS_OBJS = $(addprefix src/provider/,idgen_redis.o redis_address.o redis_answer.o redis_connection.o redis_scripts.o \
	redis_tls.o)
$(REDIS_OBJS): override CPPFLAGS += $(shell pkg-config --cflags $(REDIS_PACKAGES)) \
	$(if $(filter hiredis_ssl,$(REDIS_PACKAGES)),-DIDGEN_REDIS_TLS)
idgen_redis$(DLSUFFIX): $(REDIS_OBJS) $(addprefix src/provider/,host_list.o resolver.o store_answer.o) src/bits/counter_record.o
idgen_redis$(DLSUFFIX): LIBS_OF_CLIENT = $(shell pkg-config --libs $(REDIS_PACKAGES)) -pthread

ZOOKEEPER_OBJS = $(addprefix src/provider/,idgen_zookeeper.o zookeeper_address.o zookeeper_connection.o zookeeper_counter.o \
	zookeeper_pool.o zookeeper_requests.o)
idgen_zookeeper$(DLSUFFIX): $(ZOOKEEPER_OBJS) $(addprefix src/provider/,host_list.o resolver.o store_answer.o) src/bits/counter_record.o
idgen_zookeeper$(DLSUFFIX): LIBS_OF_CLIENT = -lzookeeper_st -pthread

PROVIDER_OBJS = $(ETCD_OBJS) $(POSTGRES_OBJS) $(REDIS_OBJS) $(ZOOKEEPER_OBJS) \
	$(addprefix src/provider/,host_list.o resolver.o store_answer.o)

all: $(PROVIDER_MODULES)
$(PROVIDER_MODULES):
	$(CC) $(CFLAGS) $(CFLAGS_SL) $(LDFLAGS) $(LDFLAGS_SL) -shared -Wl,--version-script=$(srcdir)/src/provider/exports.map \
	  -o $@ $(filter %.o,$^) $(LIBS_OF_CLIENT)

install: install-providers
.PHONY: install-providers
install-providers: $(PROVIDER_MODULES) installdirs
	for module in $(PROVIDER_MODULES); do $(INSTALL_SHLIB) $$module '$(DESTDIR)$(pkglibdir)/' || exit 1; done
uninstall: uninstall-providers
.PHONY: uninstall-providers
uninstall-providers:
	rm -f $(foreach provider,$(PROVIDERS),'$(DESTDIR)$(pkglibdir)/$(provider)$(DLSUFFIX)')

HEADERS = $(wildcard $(srcdir)/src/*/*.h)
$(OBJS) $(PROVIDER_OBJS): $(HEADERS) $(srcdir)/idgen.control
# A build outside of the source tree has no folders yet.
ifdef VPATH
$(shell mkdir -p $(sort $(dir $(OBJS) $(PROVIDER_OBJS))))
endif

# What needs no server to be tested, and hence must not come to need one.
ARITHMETIC = $(wildcard src/bits/*.c)
NOT_ARITHMETIC = postgres\.h|fmgr\.h|\<(ereport|elog|palloc[0-9a-z]*|pstrdup|psprintf|pfree|Datum|LWLock[A-Za-z]*)\>

# What holds of the sources, without a build.
sources:
	@if grep -nE '$(NOT_ARITHMETIC)' src/bits/*.[ch]; then echo 'not ok 1 - src/bits is arithmetic alone'; exit 1; fi
	@if [ '$(sort $(SQL_PARTS))' != '$(sort $(wildcard src/*.sql src/*/*.sql))' ]; then \
	  echo 'not ok 1 - each .sql file of src is a part of the install script'; exit 1; \
	fi
	@$(ASSEMBLE) | cmp - $(SQL_SCRIPT) || { echo "not ok 1 - $(SQL_SCRIPT) is what 'make script' assembles"; exit 1; }
	@if [ -e test/upgrade/$(SQL_SCRIPT) ] && ! cmp $(SQL_SCRIPT) test/upgrade/$(SQL_SCRIPT); then \
	  echo 'not ok 1 - the install script of a version that is released stays as it was: see docs/versions.md'; exit 1; \
	fi
	@for file in META.json CHANGELOG.md debian/changelog; do \
	  grep -m 1 -E '"version"|^## |^idgen \(' $$file | grep -q -F '$(IDGEN_VERSION)' || { \
	    echo "not ok 1 - $$file begins with version $(IDGEN_VERSION)"; exit 1; \
	  }; \
	done
	@awk 'FNR == 1 { start = 0 } \
	  /^\{/ { start = FNR } \
	  /^\}/ && start { if (FNR - start > 46) { print FILENAME ":" start; long = 1 } start = 0 } \
	  FNR == 601 { print FILENAME; long = 1 } \
	  END { if (long) { print "not ok 1 - no function has more than 45 lines, no file more than 600"; exit 1 } }' \
	  $(wildcard src/*.[ch] src/*/*.[ch])
	@twice=$$(ls test/t | sed -n 's/^\([0-9]*\)_.*/\1/p' | uniq -d); \
	if [ -n "$$twice" ]; then echo "not ok 1 - no two files of test/t have one number: $$twice"; exit 1; fi
	@test/drivers/document check || { echo 'not ok 1 - documents show the snippets that make drivers runs'; exit 1; }
	@test/links || { echo 'not ok 1 - links of documents lead to files and headings that are there'; exit 1; }
	@for fault in test/*torture/mutants/*.patch; do \
	  ! command -v patch >/dev/null || patch --dry-run -s -f -p1 <$$fault || { echo "not ok 1 - $$fault applies to the sources"; exit 1; }; \
	done

# A few runs that are short: make simulate has the others.
SIMULATIONS = '$(SIMULATOR)' '$(SIMULATOR) clocks=0 restores=1' '$(SEARCH) 1 2 2'

unit: sources format-check $(UNIT) $(SIMULATOR) $(SEARCH) docs/draw-layouts
	@failed=0; for program in $(UNIT) $(SIMULATIONS) 'docs/draw-layouts check docs'; do \
	  echo "# $$program"; $$program || failed=1; \
	done; exit $$failed

script:
	$(ASSEMBLE) >$(SQL_SCRIPT).new && mv $(SQL_SCRIPT).new $(SQL_SCRIPT)

freeze:
	@[ ! -e test/upgrade/$(SQL_SCRIPT) ] || cmp $(SQL_SCRIPT) test/upgrade/$(SQL_SCRIPT)
	mkdir -p test/upgrade && cp $(SQL_SCRIPT) test/upgrade/

# What is committed, in one folder.
pgxn:
	git archive --format=zip --prefix=idgen-$(IDGEN_VERSION)/ -o idgen-$(IDGEN_VERSION).zip HEAD
	@echo 'idgen-$(IDGEN_VERSION).zip'

# Where pgindent is: in POSTGRES_SOURCE, where pg_bsd_indent has been built, or else with the server, as Debian has it from
# 17 on.
ifdef POSTGRES_SOURCE
PGINDENT = $(POSTGRES_SOURCE)/src/tools/pgindent/pgindent
PG_BSD_INDENT = $(POSTGRES_SOURCE)/src/tools/pg_bsd_indent/pg_bsd_indent
PG_TYPEDEFS = $(POSTGRES_SOURCE)/src/tools/pgindent/typedefs.list
else
PGINDENT = $(bindir)/pgindent
PG_BSD_INDENT = $(bindir)/pg_bsd_indent
PG_TYPEDEFS = $(datadir)/typedefs.list
endif
SOURCES = $(wildcard src/*.[ch] src/*/*.[ch] docs/*.[ch] test/*/*.[ch] test/*/*/*.[ch])
# Types of C, and of clients of stores, that not all majors' lists of types have.
C_TYPES = int64_t __int128 CURL CURLM CURLcode CURLMcode CURLMsg CURLoption redisReply redisAsyncContext SSL SSL_CTX \
	zhandle_t clientid_t zoo_op_t zoo_op_result_t

# pg_bsd_indent writes "format,..." up to 18, and leaves copies of what it reads where it runs.
format: typedefs
	$(PGINDENT) --indent=$(PG_BSD_INDENT) --typedefs=$(PG_TYPEDEFS) \
	  --list-of-typedefs="$$(tr '\n' ' ' <typedefs.list) $(C_TYPES)" $(SOURCES)
	@sed -i 's/,\.\.\.)/, ...)/' $(SOURCES)
	@rm -f pgsrc*.BAK

# Are the sources what `make format` makes of them?
format-check:
	@if ! $(PG_BSD_INDENT) --version >/dev/null 2>&1; then \
	  echo 'ok 1 - the sources are indented as by pgindent # SKIP there is no pg_bsd_indent'; \
	else \
	  copy=$$(mktemp -d) && cp --parents Makefile idgen.control typedefs.list $(SOURCES) "$$copy" && \
	  $(MAKE) -s -C "$$copy" format PG_CONFIG='$(PG_CONFIG)' && \
	  for file in typedefs.list $(SOURCES); do diff -u "$$file" "$$copy/$$file"; done >"$$copy/diff"; \
	  if [ -s "$$copy/diff" ] || [ ! -e "$$copy/diff" ]; then \
	    cat "$$copy/diff"; echo "not ok 1 - the sources are indented as by pgindent: see 'make format'"; rm -r "$$copy"; exit 1; \
	  fi; \
	  rm -r "$$copy"; echo 'ok 1 - the sources are indented as by pgindent'; \
	fi

# The types that the sources define, which pgindent has to know.
typedefs:
	sed -nE 's/^\} ([A-Z_]+ )?([A-Za-z0-9_]+);$$/\2/p; s/^typedef [^;]*\(\*([A-Za-z0-9_]+)\).*/\1/p; s/^typedef [^(]*[ *]([A-Za-z0-9_]+);$$/\1/p' \
	  $(SOURCES) | LC_ALL=C sort -u >typedefs.list

layouts: docs/draw-layouts
	docs/draw-layouts write docs

# The same for libFuzzer, which is clang's: see test/fuzz/README.md. gcc's attributes in the headers are nothing to it.
FUZZ_CHECKS = -fsanitize=address,undefined -fno-sanitize-recover=all
test/fuzz/arithmetic: CC = clang
test/fuzz/arithmetic: CFLAGS = -std=gnu11 -O1 -g -Wall -Wno-ignored-attributes -fsanitize=fuzzer $(FUZZ_CHECKS)

test/fuzz/arithmetic: $(addprefix test/fuzz/,base_n.c hlc_text.c layout.c layout_text.c lease_record.c typeid_text.c ulid_text.c uuid.c fuzz.h)
$(UNIT): test/unit/tap.h
# It includes these, to see the pool.  The server's random numbers are those of OpenSSL, if it was built with that.
INCLUDED_IN_RANDOMNESS = src/engine/process_state.c src/engine/random.c
test/unit/randomness: $(INCLUDED_IN_RANDOMNESS)
test/unit/randomness: LDLIBS += $(filter -lcrypto,$(LIBS)) -pthread
docs/draw-layouts: docs/layout_svg.c docs/layout_svg.h

LINK_ARITHMETIC = $(CC) $(CFLAGS) $(CPPFLAGS) -Isrc -o $@ $(filter-out $(INCLUDED_IN_RANDOMNESS),$(filter %.c %.o,$^)) \
	-L$(pkglibdir) -L$(libdir) -lpgcommon -lpgport $(LDLIBS) -lm

$(UNIT) docs/draw-layouts: %: %.c $(ARITHMETIC:.c=.o) $(HEADERS)
	$(LINK_ARITHMETIC)

LEASE_UNIT = test/unit/lease_claims test/unit/lease_holder test/unit/lease_loss
$(LEASE_UNIT): test/unit/lease_server.h
$(LEASE_UNIT) $(SEARCH): test/simulator/model_store.h
$(SEARCH): $(wildcard test/simulator/search/*.[ch]) $(ARITHMETIC:.c=.o) $(HEADERS)
	$(LINK_ARITHMETIC)
$(SIMULATOR): $(wildcard test/simulator/*.c) $(wildcard test/simulator/*.h) $(ARITHMETIC:.c=.o) $(HEADERS)
	$(LINK_ARITHMETIC)

# It instruments the arithmetic, too.
test/fuzz/arithmetic: %: %.c $(ARITHMETIC) $(HEADERS)
	$(LINK_ARITHMETIC)

endif
