/*
 * --remote: records on standard input and output, from a daemon that outlives them. A connection over a network is cut now and
 * then, and whoever is turned away meanwhile is noticed all the same: the daemon goes on in a process of its own, which the first
 * connection starts, and each one carries records between its program and that daemon's socket.
 */
#ifndef REMOTE_H_
#define REMOTE_H_

#include <stdbool.h>

#include "options.h"

/*
 * True: this process is to be the daemon that lasts. It listens at options->socket, expects remote_greeting(), and says
 * remote_ready() when it does, before it keeps to fewer system calls. False: its work is done, with that exit status.
 */
bool remote_begin(struct options *options, int *status);

/* What whoever connects says first: the version and the command line that he expects. */
const char *remote_greeting(void);

/* It listens: from now on it is nobody's, and what it says is for the system's log. */
void remote_ready(void);

#endif
