/*
 * What the program asks of the daemon itself (ERRAND_ in assembly/record/carrier.ts): connections to servers, in which nothing
 * is sent, and empty datagrams. Nothing here waits, and no more is open than ERRANDS.
 */
#ifndef ERRAND_H_
#define ERRAND_H_

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* The program's own bounds are below that: three connections for each of 64 questions, 128 and 64 more that look and check. */
#define ERRANDS 512u

/* Before this process keeps to few system calls. 0, or -1 having said what is wrong. */
int errand_begin(void);

/* Whether the command is an errand. */
bool errand_is(const uint8_t *command);

/* Carries one out, or says that it cannot. */
void errand_run(const uint8_t *command, uint64_t nowUs);

/* What is to be waited for: so many of `polls`, which has room for ERRANDS. */
uint32_t errand_polls(struct pollfd *polls);

/* Goes on where something happened, or where it is time to close; `polls` as errand_polls() has filled it, and ppoll() after it. */
void errand_read(const struct pollfd *polls, uint64_t nowUs);

/* The program is gone: nobody waits for any of them. */
void errand_end(void);

#endif
