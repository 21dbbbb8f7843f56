/*-------------------------------------------------------------------------
 *
 * memcheck.h
 *	  Instead of valgrind's, for a server that test/sanitize builds.
 *
 * With USE_VALGRIND, PostgreSQL tells valgrind which parts of its memory contexts
 * are allocated.  Here AddressSanitizer is told, if it is in the process, so that
 * it knows palloc() as it knows malloc().
 *
 *-------------------------------------------------------------------------
 */
#ifndef MEMCHECK_H
#define MEMCHECK_H

#include <stddef.h>

extern void __asan_poison_memory_region(const volatile void *start, size_t size) __attribute__((weak));
extern void __asan_unpoison_memory_region(const volatile void *start, size_t size) __attribute__((weak));

#define MEMCHECK_CLOSE(start, size) \
	(__asan_poison_memory_region ? __asan_poison_memory_region(start, size) : (void) 0)
#define MEMCHECK_OPEN(start, size) \
	(__asan_unpoison_memory_region ? __asan_unpoison_memory_region(start, size) : (void) 0)

#define VALGRIND_MAKE_MEM_NOACCESS(start, size) MEMCHECK_CLOSE(start, size)
#define VALGRIND_MAKE_MEM_DEFINED(start, size) MEMCHECK_OPEN(start, size)
#define VALGRIND_MAKE_MEM_UNDEFINED(start, size) MEMCHECK_OPEN(start, size)
#define VALGRIND_MEMPOOL_ALLOC(pool, start, size) MEMCHECK_OPEN(start, size)
#define VALGRIND_MEMPOOL_CHANGE(pool, old, start, size) MEMCHECK_OPEN(start, size)

/* What is freed is closed by NOACCESS as well, in a server with assertions. */
#define VALGRIND_MEMPOOL_FREE(pool, start) ((void) 0)
#define VALGRIND_CREATE_MEMPOOL(pool, redzone, zeroed) ((void) 0)
#define VALGRIND_DESTROY_MEMPOOL(pool) ((void) 0)

/* AddressSanitizer does not know what is defined. */
#define VALGRIND_CHECK_MEM_IS_DEFINED(start, size) ((void) 0)

#endif							/* MEMCHECK_H */
