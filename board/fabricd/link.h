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

#define LINK_POLLS 3u

/* Records on standard input and output. */
void link_stdio(void);

/* Listens at `path`, for its owner only. 0, or -1 having said what is wrong. */
int link_listen(const char *path, uid_t owner);

/* What a program says to a daemon that it has not started: which one it expects. */
#define LINK_GREETING_BYTES 64u

/*
 * From now on whoever connects says first which daemon he expects, and takes the place of the one before: over a network a
 * connection may have ended without a word. A daemon that is another one has had its time.
 */
void link_expect(const char greeting[LINK_GREETING_BYTES]);

/* Whether another daemon than this was expected. */
bool link_outdated(void);

/* Fills in what to wait for. Commands are not waited for while `reading` is false. */
void link_polls(struct pollfd polls[LINK_POLLS], bool reading);

/* Takes a program that is waiting on the socket. True when there is a new one. */
bool link_accept(const struct pollfd polls[LINK_POLLS]);

/* Reads what the program sent. */
void link_read(const struct pollfd polls[LINK_POLLS]);

/* The next whole command, or NULL; valid until the next link_read(). */
const uint8_t *link_command(void);

/* Queues records for the program. Without a program they are dropped, uncounted. */
void link_send(uint32_t count, const uint8_t *records);

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
