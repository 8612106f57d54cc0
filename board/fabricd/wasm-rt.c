/* Linear memory and traps. Memory is mapped, not allocated: fresh pages are zero and not resident. */
#define _GNU_SOURCE
#include "wasm-rt.h"

#include <stdint.h>
#include <sys/mman.h>
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

/* 0 bytes cannot be mapped, and a 32-bit machine cannot address what does not fit its size_t. */
static bool mappable(uint64_t pages)
{
	return pages > 0 && pages <= (SIZE_MAX - PAGE_BYTES) / PAGE_BYTES;
}

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t initial, uint64_t max, bool is64,
			     uint32_t pageBytes)
{
	void *data = MAP_FAILED;

	if (!is64 && pageBytes == PAGE_BYTES && mappable(initial))
		data = mmap(NULL, initial * PAGE_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (data == MAP_FAILED) {
		say("no memory for the fabric module");
		_exit(1);
	}
	memory->data = data;
	memory->pages = initial;
	memory->max_pages = max;
	memory->size = initial * PAGE_BYTES;
}

uint64_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint64_t delta)
{
	uint64_t before = memory->pages;
	uint64_t pages = before + delta;
	void *data;

	if (delta == 0)
		return before;
	/* delta comes from 32 bits of the module: the sum cannot wrap. */
	if (pages > memory->max_pages || pages > mostPages || !mappable(pages))
		return UINT64_MAX;
	data = mremap(memory->data, memory->size, pages * PAGE_BYTES, MREMAP_MAYMOVE);
	if (data == MAP_FAILED)
		return UINT64_MAX;
	memory->data = data;
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
