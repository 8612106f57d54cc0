#define _GNU_SOURCE
#include "remote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "confine.h"
#include "link.h"
#include "log.h"
#include "privileges.h"

/* There on every system that has either /run or /var/run. */
#define DIRECTORY "/var/run/ringback-fabricd"
#define DEFAULT_SOCKET DIRECTORY "/remote.sock"
/* An outdated daemon ends, a new one is started, and reached. */
#define MAX_TRIES 4u
/* A daemon in the middle of a long answer takes a moment. */
#define ANSWER_MS 5000
/* One that accepts nobody hangs: there is room for a few who wait, and then none. */
#define ACCEPT_S 3
#define PIECE_BYTES 16384u
/* More than a shell that an ssh daemon starts has open. */
#define MAX_INHERITED 1024

static char greeting[LINK_GREETING_BYTES];
/* Where the process that started this one waits. */
static int waiting = -1;

/* FNV-1a: it tells one command line from another, and keeps no secret. */
static uint64_t hashText(uint64_t hash, const char *text)
{
	for (; *text != '\0'; text++)
		hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	return (hash ^ 0xff) * UINT64_C(0x100000001b3);
}

static void makeGreeting(const struct options *options)
{
	uint64_t hash = hashText(UINT64_C(0xcbf29ce484222325), options->user);
	char memory[16];

	snprintf(memory, sizeof(memory), "%u", options->memoryMib);
	hash = hashText(hash, memory);
	for (uint32_t i = 0; i < options->interfaceCount; i++)
		hash = hashText(hash, options->interfaces[i]);
	snprintf(greeting, sizeof(greeting), "%s %u %016llx", VERSION, ABI, (unsigned long long)hash);
}

const char *remote_greeting(void)
{
	return greeting;
}

/* For whoever may start the daemon alone: nobody else puts a socket there. */
static int makeDirectory(void)
{
	struct stat there;

	if (mkdir(DIRECTORY, 0755) < 0 && errno != EEXIST) {
		say("cannot make " DIRECTORY ": %s", strerror(errno));
		return -1;
	}
	if (lstat(DIRECTORY, &there) < 0 || !S_ISDIR(there.st_mode) || there.st_uid != geteuid() ||
	    (there.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		say(DIRECTORY " is not a directory of this user's own");
		return -1;
	}
	return 0;
}

/* The daemon, if one answers; -1 with errno: ECONNRESET when it was outdated, and ends. */
static int reach(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pollfd answer = {.fd = fd, .events = POLLIN};
	const struct timeval limit = {.tv_sec = ACCEPT_S};
	int error;
	char byte;

	if (fd < 0)
		return -1;
	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		goto out;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		if (errno == EAGAIN)
			errno = ETIMEDOUT;
		goto out;
	}
	errno = ECONNRESET;
	if (send(fd, greeting, sizeof(greeting), MSG_NOSIGNAL) != (ssize_t)sizeof(greeting))
		goto out;
	errno = ETIMEDOUT;
	if (poll(&answer, 1, ANSWER_MS) <= 0)
		goto out;
	if (recv(fd, &byte, sizeof(byte), MSG_PEEK) > 0)
		return fd;
	errno = ECONNRESET;
out:
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

struct flow {
	int from, to;
	uint8_t bytes[PIECE_BYTES];
	size_t length, done;
};

/* Whether it goes on. */
static bool move(struct flow *flow, short revents)
{
	ssize_t count;

	if (flow->done < flow->length) {
		if ((revents & (POLLOUT | POLLERR | POLLHUP)) == 0)
			return true;
		count = write(flow->to, flow->bytes + flow->done, flow->length - flow->done);
		if (count < 0)
			return errno == EAGAIN || errno == EINTR;
		flow->done += (size_t)count;
		return true;
	}
	if ((revents & (POLLIN | POLLERR | POLLHUP)) == 0)
		return true;
	count = read(flow->from, flow->bytes, sizeof(flow->bytes));
	if (count < 0)
		return errno == EAGAIN || errno == EINTR;
	flow->done = 0;
	flow->length = (size_t)count;
	return count > 0;
}

static struct pollfd pollOf(const struct flow *flow)
{
	if (flow->done < flow->length)
		return (struct pollfd){.fd = flow->to, .events = POLLOUT};
	return (struct pollfd){.fd = flow->from, .events = POLLIN};
}

/* Records both ways, until either side ends. */
static int carry(int daemon, const char *user)
{
	static struct flow in, out;
	static const int fds[] = {STDIN_FILENO, STDOUT_FILENO};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct privileges privileges;

	if (privileges_find(&privileges, user) < 0 || privileges_drop(&privileges) < 0 || confine(false) < 0)
		return FAILED;
	sigaction(SIGPIPE, &ignore, NULL);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		fcntl(fds[i], F_SETFL, fcntl(fds[i], F_GETFL) | O_NONBLOCK);
	fcntl(daemon, F_SETFL, fcntl(daemon, F_GETFL) | O_NONBLOCK);
	in = (struct flow){.from = STDIN_FILENO, .to = daemon};
	out = (struct flow){.from = daemon, .to = STDOUT_FILENO};
	for (;;) {
		/* The last two: the daemon may leave while nobody takes what it said, and who takes it while it says nothing. */
		struct pollfd polls[] = {pollOf(&in), pollOf(&out), {.fd = daemon}, {.fd = STDOUT_FILENO}};

		if (poll(polls, sizeof(polls) / sizeof(polls[0]), -1) < 0 && errno != EINTR)
			return FAILED;
		if (!move(&in, polls[0].revents) || (polls[3].revents & (POLLERR | POLLHUP)) != 0)
			return DONE;
		if (!move(&out, polls[1].revents) ||
		    (out.done < out.length && (polls[2].revents & POLLHUP) != 0)) {
			say("the daemon has closed this connection: it has ended, or another program took its place");
			return FAILED;
		}
	}
}

/* Its standard input and output are the connection's, which must not wait for it to end. */
static void leaveConnection(int from, int to)
{
	int nothing = open("/dev/null", O_RDWR);

	for (int fd = from; fd <= to && nothing >= 0; fd++)
		dup2(nothing, fd);
	if (nothing > STDERR_FILENO)
		close(nothing);
}

/* 0 in the process that is to be the daemon; 1 when that listens; -1 when it does not, having said why. */
static int start(void)
{
	int ends[2];
	pid_t child;
	char byte;
	bool listens;

	if (pipe2(ends, O_CLOEXEC) < 0 || (child = fork()) < 0) {
		say("cannot start the daemon: %s", strerror(errno));
		return -1;
	}
	if (child == 0) {
		waiting = ends[1];
		setsid();
		leaveConnection(STDIN_FILENO, STDOUT_FILENO);
		/* Whatever else was open belongs to the connection. */
		for (int fd = STDERR_FILENO + 1; fd < MAX_INHERITED; fd++)
			if (fd != waiting)
				close(fd);
		return 0;
	}
	close(ends[1]);
	listens = read(ends[0], &byte, sizeof(byte)) == 1;
	close(ends[0]);
	return listens ? 1 : -1;
}

/* As start(), of several that have found none at once only the first one; 1 for the others. */
static int startAlone(const char *path)
{
	int lock = link_lock(path, geteuid()), started, daemon;

	/* Another may have started it while this one waited for the lock. */
	daemon = reach(path);
	if (daemon >= 0 || (errno != ENOENT && errno != ECONNREFUSED)) {
		if (daemon >= 0)
			close(daemon);
		started = 1;
	} else {
		started = start();
	}
	if (lock >= 0)
		close(lock);
	return started;
}

bool remote_begin(struct options *options, int *status)
{
	*status = FAILED;
	makeGreeting(options);
	if (options->socket == NULL) {
		if (makeDirectory() < 0)
			return false;
		options->socket = DEFAULT_SOCKET;
	}
	for (uint32_t tries = 0; tries < MAX_TRIES; tries++) {
		int daemon = reach(options->socket), started;

		if (daemon >= 0) {
			*status = carry(daemon, options->user);
			return false;
		}
		/* One that was outdated has made room by the next time. */
		if (errno == ECONNRESET)
			continue;
		if (errno != ENOENT && errno != ECONNREFUSED)
			break;
		started = startAlone(options->socket);
		if (started <= 0)
			return started == 0;
	}
	say("no daemon answers at %s: %s", options->socket, strerror(errno));
	return false;
}

void remote_ready(void)
{
	say_to_system();
	leaveConnection(STDERR_FILENO, STDERR_FILENO);
	if (write(waiting, "", 1) < 0)
		say("nobody waited for this daemon");
	close(waiting);
}
