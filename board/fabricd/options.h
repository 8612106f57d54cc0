/* The command line. */
#ifndef OPTIONS_H_
#define OPTIONS_H_

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"

/* Whoever has the key of a daemon on a router says how large the tables are: three times the usual ones, unless the key says otherwise. */
#define REMOTE_MEMORY_MIB 32u

enum { DONE = 0, FAILED = 1, WRONG_USAGE = 2 };

struct options {
	const char *interfaces[MAX_INTERFACES];
	uint32_t interfaceCount;
	const char *socket;
	const char *user;
	/* Of the socket; NULL: whoever started it. */
	const char *owner;
	/* The most that the module may take; 0: nobody has said. */
	uint32_t memoryMib;
	/* Interfaces that are not there are waited for. */
	bool stdio, await, remote;
};

/* -1 to go on, or the exit status, having said what is wrong. */
int options_read(struct options *options, int count, char **arguments);

#endif
