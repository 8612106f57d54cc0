/* Giving up every privilege once the sockets are open. */
#ifndef PRIVILEGES_H_
#define PRIVILEGES_H_

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct privileges {
	/* Whom to become; the same as now when not root. */
	uid_t user;
	gid_t group;
};

/* Finds `user`, NULL for whoever this is, before anything is opened. 0, or -1 having said what is wrong. */
int privileges_find(struct privileges *privileges, const char *user);

/*
 * Becomes that user (when root), drops every capability including those that a program started from here
 * could get, and makes sure that none can come back. Where the user does not exist, in a user namespace that
 * maps only its creator, the user stays the same and the capabilities go all the same.
 * 0, or -1 having said what is wrong.
 */
int privileges_drop(const struct privileges *privileges);

/* Alike, but for that capability, which stays. */
int privileges_keep(const struct privileges *privileges, unsigned capability);

/* Whether a capability is one of them. */
bool privileges_among(unsigned long capability, const unsigned *some, size_t count);

/* No program that is started from here can get others than these. 0, or -1 with errno. */
int privileges_bound(const unsigned *kept, size_t count);

#endif
