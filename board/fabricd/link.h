/*
 * Records to and from one program: standard input and output, or a Unix socket that keeps listening.
 *
 * One program at a time. A second one on the socket is turned away (its connection closes without a record):
 * the commands so far are the first one's, and a process that ends closes its connection, so nobody
 * has to be pushed out. Nothing here waits: what the program does not fetch in time is lost and counted.
 */
#ifndef LINK_H_
#define LINK_H_

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine.h"

#define LINK_POLLS 4u

/* Records on standard input and output. */
void link_stdio(void);

/*
 * Nobody else looks for a daemon at `path`, or makes the socket there, until the descriptor is closed: of two that look at once,
 * each would take the other's for one that a killed daemon has left. -1 where nothing can be made; then nobody makes a socket, either.
 * -1 as well, having said so, when somebody else keeps the lock for seconds.
 */
int link_lock(const char *path, uid_t owner);

/* Listens at `path`, for its owner only. 0, or -1 having said what is wrong. */
int link_listen(const char *path, uid_t owner);

/* What a program says to a daemon that it has not started: which one it expects. */
#define LINK_GREETING_BYTES 64u

/*
 * From now on whoever connects says first which daemon he expects. A daemon that is another one has had its time. Over a network a
 * connection may have ended without a word: who is new takes the place of the one before, with the first command that every
 * program gives. Until then he is a newcomer, and there is one at a time.
 */
void link_expect(const char greeting[LINK_GREETING_BYTES]);

/* Whether another daemon than this was expected. */
bool link_outdated(void);

/* Fills in what to wait for. Commands are not waited for while `reading` is false. */
void link_polls(struct pollfd polls[LINK_POLLS], bool reading);

enum link_arrival { LINK_NOBODY, LINK_NEWCOMER, LINK_PROGRAM };

/* Takes a program that is waiting on the socket. Whoever it finds there is to be greeted. */
enum link_arrival link_accept(const struct pollfd polls[LINK_POLLS], uint64_t nowUs);

/* True when the newcomer has become the program. */
bool link_admit(const struct pollfd polls[LINK_POLLS], uint64_t nowUs);

/* Reads what the program sent. */
void link_read(const struct pollfd polls[LINK_POLLS]);

/* The next whole command, or NULL; valid until the next link_read(). */
const uint8_t *link_command(void);

/* Queues records for the program. Without a program they are dropped, uncounted. */
void link_send(uint32_t count, const uint8_t *records);

/* For the newcomer. */
void link_tell_newcomer(uint32_t count, const uint8_t *records);

/* How many records of a long answer there is room for. */
uint32_t link_room(void);

/* Writes as much of the queue as the program takes now. True when that made room. */
bool link_flush(void);

/* Whether a program is there. On standard input and output it never comes back. */
bool link_connected(void);

/* Records lost since the start because the program was too slow. */
uint64_t link_lost(void);

/* Closes everything, and takes the socket's name away where that is allowed. */
void link_close(void);

#endif
