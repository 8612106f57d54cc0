/*
 * What the C that wasm2c (wabt 1.0.39) writes needs around it: types, traps and linear memory.
 * Only what a module without imports, threads, exceptions or tables can ask for.
 */
#ifndef WASM_RT_H_
#define WASM_RT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* What the compiler is told of the module's functions that no frame calls. */
#ifndef WASM_RT_COLD
#define WASM_RT_COLD
#endif

/*
 * An access outside memory is found by the processor: around memory nothing may be touched, as far as 32 bits of address and 32
 * of offset reach, and who does it gets a signal (wasm-rt.c). Where there is no room for that, the machine has 32 bits, and on
 * machines that keep numbers the other way round, each load and store compares with the memory's size; so they do where
 * WASM_RT_CHECKED is defined (make CHECKED=1).
 */
#if UINTPTR_MAX > UINT32_MAX && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && !defined(WASM_RT_CHECKED)
#define WASM_RT_MEMCHECK_GUARD_PAGES 1
#else
#define WASM_RT_MEMCHECK_GUARD_PAGES 0
#endif

/*
 * Where memory begins, and the module's variables: for all that a compiler knows, what is written to memory changes them, as
 * long as somebody else could know where they are. With guards memory stays where it is, and they are fabric.c's own.
 */
#if WASM_RT_MEMCHECK_GUARD_PAGES
#define WASM_RT_GLOBALS(variables) \
	static uint8_t *wasm_rt_base; \
	static struct { \
		variables \
	} wasm_rt_globals;
#define WASM_RT_GLOBAL(name) wasm_rt_globals.name
#define WASM_RT_BASE(data) (wasm_rt_base = (data))
#define WASM_RT_AT(mem, addr) (wasm_rt_base + (addr))
/* Also what is loaded for nothing may be outside. */
#define WASM_RT_FORCE_READ(number) __asm__("" ::"r"(number));
#else
#define WASM_RT_GLOBALS(variables)
#define WASM_RT_GLOBAL(name) instance->name
#define WASM_RT_BASE(data)
#define WASM_RT_AT(mem, addr) ((mem)->data + (addr))
#define WASM_RT_FORCE_READ(number)
#endif

/*
 * The comparison, for which wasm2c adds and compares 64 bits: on a machine of 32 a third of the daemon. There the size of
 * memory fits 32 bits, and memory is a page or more, as the module is made: what an access adds to its address, which is
 * a number in the module's code, goes along in the upper half, and is taken from the size where a page has room for it.
 */
#if UINTPTR_MAX > UINT32_MAX
#define WASM_RT_SUM(address, more) ((uint64_t)(address) + (more))
#define WASM_RT_ADDRESS(sum) (sum)
#define WASM_RT_IS_OUTSIDE(mem, a, n) ((a) + (uint64_t)(n) > (mem)->size)
#else
#define WASM_RT_SUM(address, more) ((uint64_t)(more##u) << 32 | (uint32_t)(address))
#define WASM_RT_ADDRESS(sum) ((uint32_t)(sum) + WASM_RT_MORE(sum))
#define WASM_RT_MORE(sum) ((uint32_t)((uint64_t)(sum) >> 32))
#define WASM_RT_IS_OUTSIDE(mem, a, n) \
	(WASM_RT_MORE(a) <= 65536 - (uint32_t)(n) \
	         ? (uint32_t)(a) > (uint32_t)(mem)->size - (uint32_t)(n) - WASM_RT_MORE(a) \
	         : (uint64_t)(uint32_t)(a) + WASM_RT_MORE(a) + (n) > (mem)->size)
#endif

/*
 * WebAssembly is little-endian. wabt's own answer on a big-endian machine is to keep the whole memory
 * reversed; frames, records and growing memory would each have to know. Here memory stays in natural
 * order everywhere, and a scalar is swapped on its way between memory and a variable. The generated code
 * moves all scalars with wasm_rt_memcpy(), and only memory is made of uint8_t: when exactly one side
 * is, this is a load or a store; 8-bit values, which need no swap, may be either.
 */
#define WABT_BIG_ENDIAN 0

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define WASM_RT_IS_MEMORY(p) _Generic((p), uint8_t *: 1, const uint8_t *: 1, default: 0)
#define wasm_rt_memcpy(to, from, n) \
	wasm_rt_move(to, from, n, WASM_RT_IS_MEMORY(to) != WASM_RT_IS_MEMORY(from))

static inline __attribute__((always_inline)) void
wasm_rt_move(void *to, const void *from, size_t n, bool swap)
{
	const uint8_t *source = from;
	uint8_t *target = to;

	for (size_t i = 0; i < n; i++)
		target[i] = source[swap ? n - 1 - i : i];
}
#else
#define wasm_rt_memcpy memcpy
#endif

typedef enum {
	WASM_RT_TRAP_OOB,
	WASM_RT_TRAP_INT_OVERFLOW,
	WASM_RT_TRAP_DIV_BY_ZERO,
	WASM_RT_TRAP_INVALID_CONVERSION,
	WASM_RT_TRAP_UNREACHABLE,
	WASM_RT_TRAP_CALL_INDIRECT,
	WASM_RT_TRAP_EXHAUSTION,
} wasm_rt_trap_t;

typedef enum {
	WASM_RT_I32,
	WASM_RT_I64,
	WASM_RT_F32,
	WASM_RT_F64,
} wasm_rt_type_t;

typedef struct {
	uint8_t *data;
	uint64_t pages;
	uint64_t max_pages;
	/* In bytes; what accesses are checked against. */
	uint64_t size;
} wasm_rt_memory_t;

/* The generated prelude speaks of tables even when the module has none: types only, no functions. */
typedef const char *wasm_rt_func_type_t;
typedef void (*wasm_rt_function_ptr_t)(void);
typedef struct wasm_rt_tailcallee {
	void (*fn)(void **instance, void *stack, struct wasm_rt_tailcallee *next);
} wasm_rt_tailcallee_t;
typedef struct {
	wasm_rt_func_type_t func_type;
	wasm_rt_function_ptr_t func;
	wasm_rt_tailcallee_t func_tailcallee;
	void *module_instance;
} wasm_rt_funcref_t;
typedef void *wasm_rt_externref_t;
typedef struct {
	wasm_rt_funcref_t *data;
	uint32_t size;
} wasm_rt_funcref_table_t;
typedef struct {
	wasm_rt_externref_t *data;
	uint32_t size;
} wasm_rt_externref_table_t;

#define wasm_rt_funcref_null_value ((wasm_rt_funcref_t){NULL, NULL, {NULL}, NULL})
#define wasm_rt_externref_null_value ((wasm_rt_externref_t)NULL)

/* Memory is allocated once, and that sets up all there is. */
#define wasm_rt_is_initialized() true

/* The module did what it never may; its state is worth nothing any more. Says so and exits with 1. */
__attribute__((noreturn)) void wasm_rt_trap(wasm_rt_trap_t trap);

/* `initial` pages of zeroes. Says so and exits with 1 when the machine has not got them, or no room for guards. */
void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t initial, uint64_t max, bool is64,
			     uint32_t pageBytes);

/* Adds `delta` pages of zeroes; memory->data may move where there are no guards. Returns the pages before, or -1 with nothing done. */
uint64_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint64_t delta);

/* From now on no memory grows beyond that. */
void wasm_rt_bound_memory(uint64_t bytes);

void wasm_rt_free_memory(wasm_rt_memory_t *memory);

#endif
