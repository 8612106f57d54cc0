/* The import of a module that asserts, see `make debug`: says which line of assembly/ does not hold. */
#include <stdint.h>
#include <string.h>

#include "fabric.h"
#include "log.h"

#define TEXT_BYTES 256u

/* A string of AssemblyScript: UTF-16, its length in bytes before it; 0 is none. What is not ASCII becomes `?`. */
static const char *textAt(const wasm_rt_memory_t *memory, uint32_t at, char text[TEXT_BYTES])
{
	uint32_t bytes = 0, length = 0;
	uint16_t unit;

	if (at >= sizeof(bytes) && at <= memory->size)
		memcpy(&bytes, memory->data + at - sizeof(bytes), sizeof(bytes));
	while (length + 1 < TEXT_BYTES && 2 * length + sizeof(unit) <= bytes &&
	       at + 2 * (uint64_t)length + sizeof(unit) <= memory->size) {
		memcpy(&unit, memory->data + at + 2 * length, sizeof(unit));
		text[length++] = unit >= ' ' && unit <= '~' ? (char)unit : '?';
	}
	text[length] = '\0';
	return text;
}

/* The engine gives the module itself as its environment. */
void w2c_env_abort(struct w2c_env *environment, uint32_t message, uint32_t file, uint32_t line,
		   uint32_t column)
{
	const wasm_rt_memory_t *memory = &((const w2c_fabric *)environment)->w2c_memory;
	char where[TEXT_BYTES], what[TEXT_BYTES];

	say("the fabric module asserts at %s:%u:%u %s", textAt(memory, file, where), line, column,
	    textAt(memory, message, what));
	/* Stops a debugger and leaves a core, without a system call: see confine.c. */
	__builtin_trap();
}
