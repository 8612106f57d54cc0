/* The command line. */
#ifndef OPTIONS_H_
#define OPTIONS_H_

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"

enum { DONE = 0, FAILED = 1, WRONG_USAGE = 2 };

struct options {
	const char *interfaces[MAX_INTERFACES];
	uint32_t interfaceCount;
	const char *socket;
	const char *user;
	/* Of the socket; NULL: whoever started it. */
	const char *owner;
	/* Interfaces that are not there are waited for. */
	bool stdio, await, remote;
};

/* -1 to go on, or the exit status, having said what is wrong. */
int options_read(struct options *options, int count, char **arguments);

#endif
