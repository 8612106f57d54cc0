#define _GNU_SOURCE
#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"

/*
 * Of a C library that is linked in, the name service would load what this machine may not have: there the file is all
 * that is asked.
 */
#ifdef WITHOUT_NAME_SERVICE
static const struct passwd *entryOf(const char *user)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *entry = NULL;

	if (file == NULL)
		return NULL;
	while ((entry = fgetpwent(file)) != NULL && strcmp(entry->pw_name, user) != 0)
		;
	fclose(file);
	return entry;
}
#else
#define entryOf getpwnam
#endif

int privileges_find(struct privileges *privileges, const char *user)
{
	const struct passwd *entry;

	privileges->user = geteuid();
	privileges->group = getegid();
	if (privileges->user != 0 || user == NULL)
		return 0;
	errno = 0;
	entry = entryOf(user);
	if (entry == NULL) {
		say("no user %s to become%s%s", user, errno != 0 ? ": " : "",
		    errno != 0 ? strerror(errno) : "");
		return -1;
	}
	privileges->user = entry->pw_uid;
	privileges->group = entry->pw_gid;
	return 0;
}

/* EINVAL: the identity is not mapped into this user namespace. */
static int becomeUser(const struct privileges *privileges)
{
	uid_t user = privileges->user;
	gid_t group = privileges->group;

	if (geteuid() != 0 || user == 0)
		return 0;
	if (setresgid(group, group, group) < 0)
		return errno == EINVAL ? 0 : -1;
	if (setgroups(0, NULL) < 0)
		return -1;
	if (setresuid(user, user, user) < 0)
		return errno == EINVAL ? 0 : -1;
	/* setresuid() took the capabilities; root must be out of reach too. */
	if (setuid(0) == 0) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

bool privileges_among(unsigned long capability, const unsigned *some, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (some[i] == capability)
			return true;
	return false;
}

int privileges_bound(const unsigned *kept, size_t count)
{
	for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
		/* Without CAP_SETPCAP the set stays; no_new_privs keeps it from mattering. */
		if (!privileges_among(capability, kept, count) &&
		    prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 && errno != EPERM)
			return -1;
	return 0;
}

/* `kept`: one that stays, or NULL. */
static int dropCapabilities(const unsigned *kept)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3], wanted[_LINUX_CAPABILITY_U32S_3];

	memset(wanted, 0, sizeof(wanted));
	if (kept != NULL)
		wanted[CAP_TO_INDEX(*kept)].effective = wanted[CAP_TO_INDEX(*kept)].permitted =
			CAP_TO_MASK(*kept);
	if (syscall(SYS_capset, &header, wanted) < 0 || syscall(SYS_capget, &header, data) < 0)
		return -1;
	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		if (((data[i].effective | data[i].permitted | data[i].inheritable) & ~wanted[i].permitted) !=
		    0) {
			errno = EPERM;
			return -1;
		}
	return 0;
}

static int leave(const struct privileges *privileges, const unsigned *kept)
{
	const char *what;

	what = "rule out new privileges";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		goto out;
	/* Kernels before 4.3 have no ambient capabilities to clear. */
	what = "clear the ambient capabilities";
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		goto out;
	what = "empty the bounding set";
	if (privileges_bound(kept, kept == NULL ? 0 : 1) < 0)
		goto out;
	what = "keep a capability";
	if (kept != NULL && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		goto out;
	what = "change the user";
	if (becomeUser(privileges) < 0)
		goto out;
	what = "drop the capabilities";
	if (dropCapabilities(kept) < 0)
		goto out;
	return 0;
out:
	say("cannot %s: %s", what, strerror(errno));
	return -1;
}

int privileges_drop(const struct privileges *privileges)
{
	return leave(privileges, NULL);
}

int privileges_keep(const struct privileges *privileges, unsigned capability)
{
	return leave(privileges, &capability);
}
