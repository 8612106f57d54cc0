/*
 * Node can neither give up single privileges nor run another program in its own place. A program that Node loads from
 * here can: as another user, with three privileges that it hands on to its children, in the same process; and it keeps them
 * from a child that needs none. It is an addon (Node-API, without its headers: a few functions are all that is needed), linked with
 * no C library: that of Node, whichever it is, has all that it calls.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"
#include "privileges.h"

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);

int napi_get_cb_info(napi_env, napi_callback_info, size_t *count, napi_value *arguments, napi_value *self,
		     void **data);
int napi_get_value_uint32(napi_env, napi_value, uint32_t *result);
int napi_get_value_bool(napi_env, napi_value, bool *result);
int napi_set_named_property(napi_env, napi_value object, const char *name, napi_value);
int napi_get_array_length(napi_env, napi_value, uint32_t *result);
int napi_get_element(napi_env, napi_value, uint32_t index, napi_value *result);
int napi_get_value_string_utf8(napi_env, napi_value, char *text, size_t room, size_t *length);
int napi_create_function(napi_env, const char *name, size_t length, napi_callback, void *data,
			 napi_value *result);
int napi_throw_error(napi_env, const char *code, const char *message);

extern char **environ;

/* Addresses, rulesets and routes; frames; ports below 1024. */
static const unsigned kept[] = {CAP_NET_ADMIN, CAP_NET_RAW, CAP_NET_BIND_SERVICE};
#define KEPT (sizeof(kept) / sizeof(kept[0]))

/*
 * The system calls themselves, for this thread alone: the others end with execve(), and the C library would have
 * all of them change together, of which Node's know nothing.
 */
static int setUser(uid_t user, gid_t group)
{
#ifdef SYS_setresuid32
	const long toGroup = SYS_setresgid32, toUser = SYS_setresuid32, groups = SYS_setgroups32;
#else
	const long toGroup = SYS_setresgid, toUser = SYS_setresuid, groups = SYS_setgroups;
#endif

	if (syscall(groups, 0, NULL) < 0 || syscall(toGroup, group, group, group) < 0)
		return -1;
	return (int)syscall(toUser, user, user, user);
}

/* Those that are kept, as far as they are there. */
static int keepCapabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return -1;
	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		for (unsigned bit = 0; bit < 32; bit++)
			if (!privileges_among(i * 32 + bit, kept, KEPT))
				data[i].permitted &= ~(UINT32_C(1) << bit);
		data[i].effective = data[i].inheritable = data[i].permitted;
	}
	if (syscall(SYS_capset, &header, data) < 0)
		return -1;
	for (size_t i = 0; i < KEPT; i++)
		if ((data[CAP_TO_INDEX(kept[i])].permitted & CAP_TO_MASK(kept[i])) != 0 &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept[i], 0, 0) < 0)
			return -1;
	return 0;
}

/* What cannot be undone begins here: it ends in the other program, or it ends. */
static void become(uid_t user, gid_t group, char **arguments)
{
	const char *what = "keep the privileges of the network";

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		goto out;
	what = "cut the bounding set";
	if (privileges_bound(kept, KEPT) < 0)
		goto out;
	what = "change the user";
	if (setUser(user, group) < 0)
		goto out;
	what = "give up privileges";
	if (keepCapabilities() < 0)
		goto out;
	what = "rule out new privileges";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		goto out;
	/* Node means them for itself. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		fcntl(fd, F_SETFD, 0);
	what = arguments[0];
	execve(arguments[0], arguments, environ);
out:
	program_invocation_short_name = "ringback";
	say("cannot go on as another user: %s: %s", what, strerror(errno));
	_exit(1);
}

static char *textOf(napi_env env, napi_value value)
{
	size_t length = 0;
	char *text;

	if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != 0)
		return NULL;
	text = malloc(length + 1);
	if (text == NULL || napi_get_value_string_utf8(env, value, text, length + 1, &length) != 0)
		return NULL;
	return text;
}

/* (user, group, [program, argument, …]): does not return; throws what is wrong with them. */
static napi_value launch(napi_env env, napi_callback_info info)
{
	napi_value given[3];
	size_t count = 3;
	uint32_t user, group, words;
	char **arguments;

	if (napi_get_cb_info(env, info, &count, given, NULL, NULL) != 0 || count != 3 ||
	    napi_get_value_uint32(env, given[0], &user) != 0 || user == 0 ||
	    napi_get_value_uint32(env, given[1], &group) != 0 ||
	    napi_get_array_length(env, given[2], &words) != 0 || words == 0)
		goto out;
	arguments = calloc((size_t)words + 1, sizeof(*arguments));
	for (uint32_t i = 0; arguments != NULL && i < words; i++) {
		napi_value word;

		if (napi_get_element(env, given[2], i, &word) != 0)
			goto out;
		arguments[i] = textOf(env, word);
		if (arguments[i] == NULL)
			goto out;
	}
	if (arguments != NULL)
		become(user, group, arguments);
out:
	napi_throw_error(env, NULL, "a user, a group, and the words of a command");
	return NULL;
}

/* Those that children of this thread had, and have not. */
static uint64_t withheld;

/* What children of this thread are born with; what cannot be changed stays. */
static void withhold(void)
{
	for (unsigned capability = 0; capability < 64; capability++) {
		int isSet = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0);

		if (isSet < 0)
			break;
		if (isSet > 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, capability, 0, 0) == 0)
			withheld |= UINT64_C(1) << capability;
	}
}

static void handOn(void)
{
	for (unsigned capability = 0; capability < 64; capability++)
		if ((withheld >> capability & 1) != 0)
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
	withheld = 0;
}

/* (whether children are to have this program's privileges): of those that are started from now on. */
static napi_value ambient(napi_env env, napi_callback_info info)
{
	napi_value given;
	size_t count = 1;
	bool on;

	if (napi_get_cb_info(env, info, &count, &given, NULL, NULL) != 0 || count != 1 ||
	    napi_get_value_bool(env, given, &on) != 0)
		napi_throw_error(env, NULL, "true or false");
	else if (on)
		handOn();
	else
		withhold();
	return NULL;
}

static void export(napi_env env, napi_value exports, const char *name, napi_callback callback)
{
	napi_value function;

	if (napi_create_function(env, name, strlen(name), callback, NULL, &function) == 0)
		napi_set_named_property(env, exports, name, function);
}

__attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports)
{
	export(env, exports, "launch", launch);
	export(env, exports, "ambient", ambient);
	return exports;
}
