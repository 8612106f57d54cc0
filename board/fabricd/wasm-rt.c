/* Linear memory, its guards, and traps. Memory is mapped, not allocated: fresh pages are zero and not resident. */
#define _GNU_SOURCE
#include "wasm-rt.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "log.h"

#define PAGE_BYTES 65536u

static uint64_t mostPages = UINT64_MAX;

void wasm_rt_bound_memory(uint64_t bytes)
{
	mostPages = bytes / PAGE_BYTES;
}

void wasm_rt_trap(wasm_rt_trap_t trap)
{
	static const char *const reasons[] = {
		[WASM_RT_TRAP_OOB] = "access outside its memory",
		[WASM_RT_TRAP_INT_OVERFLOW] = "integer overflow",
		[WASM_RT_TRAP_DIV_BY_ZERO] = "division by zero",
		[WASM_RT_TRAP_INVALID_CONVERSION] = "invalid conversion",
		[WASM_RT_TRAP_UNREACHABLE] = "an assertion failed",
		[WASM_RT_TRAP_CALL_INDIRECT] = "indirect call of the wrong type",
		[WASM_RT_TRAP_EXHAUSTION] = "stack exhausted",
	};

	say("the fabric module trapped: %s", reasons[trap]);
	_exit(1);
}

#if WASM_RT_MEMCHECK_GUARD_PAGES

/* Of address and of offset 32 bits, and a page for what is loaded there; memory begins where a huge page may. */
#define HUGE_BYTES (2u << 20)
#define RESERVED_BYTES (((uint64_t)2 << 32) + PAGE_BYTES + HUGE_BYTES)
/* Tables of a router with little memory are filled page by page; those of a large network are read all over. */
#define HUGE_FROM_BYTES (16u << 20)

static uint8_t *reserved;

/* As it happens in the midst of the module, nothing of the C library is in the midst of anything. */
static void onFault(int number, siginfo_t *about, void *context)
{
	const uint8_t *at = about->si_addr;

	(void)number;
	(void)context;
	if (about->si_code > 0 && at >= reserved && at < reserved + RESERVED_BYTES)
		wasm_rt_trap(WASM_RT_TRAP_OOB);
	/* Somebody else's: it happens again, and now ends the process, for whoever reads core files. */
}

/* One memory, until the end. */
static void *reserve(void)
{
	struct sigaction fault = {.sa_sigaction = onFault, .sa_flags = SA_SIGINFO | SA_RESETHAND};
	void *data = MAP_FAILED;

	if (reserved == NULL)
		data = mmap(NULL, RESERVED_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (data == MAP_FAILED) {
		struct rlimit limit = {.rlim_cur = RLIM_INFINITY};
		int reason = errno;

		getrlimit(RLIMIT_AS, &limit);
		say("no room for the guards around the fabric module's memory, %u MiB of addresses that take no memory: %s; "
		    "a daemon that is made with CHECKED=1 needs none",
		    (unsigned)(RESERVED_BYTES >> 20),
		    limit.rlim_cur == RLIM_INFINITY ? strerror(reason)
						    : "this process may have fewer (ulimit -v, LimitAS=)");
		_exit(1);
	}
	reserved = data;
	sigaction(SIGSEGV, &fault, NULL);
	return reserved + (HUGE_BYTES - (uintptr_t)reserved % HUGE_BYTES) % HUGE_BYTES;
}

static bool resize(wasm_rt_memory_t *memory, uint64_t pages)
{
	uint64_t bytes = pages * PAGE_BYTES;

	if (mprotect(memory->data, bytes, PROT_READ | PROT_WRITE) < 0)
		return false;
	/* Only advice: a kernel may know no huge pages. */
	madvise(memory->data, bytes, bytes >= HUGE_FROM_BYTES ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	return true;
}

#else

/* 0 bytes cannot be mapped, and a 32-bit machine cannot address what does not fit its size_t. */
static bool mappable(uint64_t pages)
{
	return pages > 0 && pages <= (SIZE_MAX - PAGE_BYTES) / PAGE_BYTES;
}

static void *reserve(void)
{
	return NULL;
}

static bool resize(wasm_rt_memory_t *memory, uint64_t pages)
{
	void *data = MAP_FAILED;

	if (!mappable(pages))
		return false;
	if (memory->data == NULL)
		data = mmap(NULL, pages * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0);
	else
		data = mremap(memory->data, memory->size, pages * PAGE_BYTES, MREMAP_MAYMOVE);
	if (data == MAP_FAILED)
		return false;
	memory->data = data;
	return true;
}

#endif

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t initial, uint64_t max, bool is64,
			     uint32_t pageBytes)
{
	memory->data = reserve();
	if (is64 || pageBytes != PAGE_BYTES || !resize(memory, initial)) {
		say("no memory for the fabric module");
		_exit(1);
	}
	memory->pages = initial;
	memory->max_pages = max;
	memory->size = initial * PAGE_BYTES;
}

uint64_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint64_t delta)
{
	uint64_t before = memory->pages;
	uint64_t pages = before + delta;

	if (delta == 0)
		return before;
	/* delta comes from 32 bits of the module: the sum cannot wrap. */
	if (pages > memory->max_pages || pages > mostPages || !resize(memory, pages))
		return UINT64_MAX;
	memory->pages = pages;
	memory->size = pages * PAGE_BYTES;
	return before;
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory)
{
	munmap(memory->data, memory->size);
	memory->data = NULL;
	memory->pages = memory->size = 0;
}
