/*
 * A process beside the daemon that has what the daemon gives up: it may have the kernel look for a neighbour anew, and does nothing
 * else. It is told an address, and believes nobody that it is a neighbour: of the daemon's interfaces alone, not one whose
 * entry an operator has set, and each once in a while.
 */
#ifndef SEEKER_H_
#define SEEKER_H_

#include <stdint.h>

#include "options.h"
#include "privileges.h"

/* Before anything is open that is not its own. Where this process is not root there is none. 0, or -1 having said what is wrong. */
int seeker_begin(const struct options *options, const struct privileges *privileges);

/* The address in 16 bytes, IPv4 as ::ffff:a.b.c.d. Nothing waits, and nothing is said of what becomes of it. */
void seeker_seek(const uint8_t *server);

#endif
