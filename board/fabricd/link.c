#define _GNU_SOURCE
#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"

/* 256 KiB: the news of a busy second. Half of it is kept free of long answers. */
#define QUEUE_RECORDS 4096u
#define NEWS_RECORDS (QUEUE_RECORDS / 2)
#define INPUT_BYTES (256u * RECORD_BYTES)

enum { INPUT, OUTPUT, LISTENER, NEWCOMER };

static int listener = -1, input = -1, output = -1;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
/* What was made there. */
static dev_t socketDevice;
static ino_t socketNumber;

static uint8_t commands[INPUT_BYTES];
static uint32_t commandBytes, commandsDone;

/* A queue in a ring: `first` is the oldest record, of which `written` bytes are out already. */
static uint8_t queue[QUEUE_RECORDS][RECORD_BYTES];
static uint32_t first, queued, written;
static uint64_t lost;

/* What whoever connects has to say first; NULL: nothing. */
static const char *expected;
static bool outdated;
/* He has said it before he connects, or as good as. */
#define GREETING_MS 1000

/* Whoever came last while another is connected; what he has said, and since when he is there. */
static int newcomer = -1;
static uint8_t firstCommand[RECORD_BYTES];
static uint32_t firstBytes;
static uint64_t newcomerUs;
/* A program that is greeted gives its commands; a slow network brings them within that. */
#define NEWCOMER_US 10000000u

static void connectTo(int in, int out)
{
	input = in;
	output = out;
	commandBytes = commandsDone = 0;
	first = queued = written = 0;
}

static void disconnect(void)
{
	if ((commandBytes - commandsDone) % RECORD_BYTES != 0)
		say("the program left in the middle of a record");
	close(input);
	if (output != input)
		close(output);
	connectTo(-1, -1);
}

/* Nobody is connected: what is left of an answer is nobody's, and whoever comes would take its end for that of his own. */
static void welcome(int in, int out)
{
	engine_settle();
	connectTo(in, out);
}

void link_stdio(void)
{
	fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
	welcome(STDIN_FILENO, STDOUT_FILENO);
}

/* Whoever has the lock may be held up, or mean harm: the owner of the directory is another user. */
#define LOCK_TRIES 40u
#define LOCK_PAUSE_US 100000u

/* What a daemon that was killed left behind; anything else at `path` is not ours to remove. */
static void removeStale(uid_t owner)
{
	struct stat there;
	int probe;

	if (lstat(address.sun_path, &there) < 0 || !S_ISSOCK(there.st_mode))
		return;
	/* One that runs, and hangs, refuses nobody: he would wait. */
	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (probe < 0)
		return;
	if (connect(probe, (struct sockaddr *)&address, sizeof(address)) < 0 && errno == ECONNREFUSED) {
		uid_t before = (uid_t)setfsuid(owner);

		unlink(address.sun_path);
		setfsuid(before);
	}
	close(probe);
}

int link_lock(const char *path, uid_t owner)
{
	char name[PATH_MAX];
	uid_t before = (uid_t)setfsuid(owner);
	int fd = -1;

	if (snprintf(name, sizeof(name), "%s.lock", path) < (int)sizeof(name))
		fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	setfsuid(before);
	for (unsigned tries = 1; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0; tries++) {
		if (tries < LOCK_TRIES && (errno == EWOULDBLOCK || errno == EINTR)) {
			usleep(LOCK_PAUSE_US);
			continue;
		}
		say("going on without the lock %s: %s", name,
		    errno == EWOULDBLOCK ? "another process holds it" : strerror(errno));
		close(fd);
		fd = -1;
	}
	return fd;
}

int link_listen(const char *path, uid_t owner)
{
	struct stat there;
	mode_t mask;
	uid_t before;
	int bound;

	if (strlen(path) >= sizeof(address.sun_path)) {
		say("the path of the socket is longer than %zu bytes: %s", sizeof(address.sun_path) - 1,
		    path);
		return -1;
	}
	strcpy(address.sun_path, path);
	/* A name in the owner's directory is taken away, and made, with his rights. */
	removeStale(owner);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener < 0) {
		say("cannot make a socket: %s", strerror(errno));
		return -1;
	}
	mask = umask(0177);
	before = (uid_t)setfsuid(owner);
	bound = bind(listener, (struct sockaddr *)&address, sizeof(address));
	setfsuid(before);
	umask(mask);
	if (bound < 0 || listen(listener, 4) < 0) {
		say("cannot listen at %s: %s%s", path, strerror(errno),
		    errno == EADDRINUSE ? " (another ringback-fabricd, or a file of that name)" : "");
		return -1;
	}
	if (lstat(path, &there) == 0) {
		socketDevice = there.st_dev;
		socketNumber = there.st_ino;
	}
	return 0;
}

void link_polls(struct pollfd polls[LINK_POLLS], bool reading)
{
	polls[INPUT] = (struct pollfd){.fd = reading ? input : -1, .events = POLLIN};
	polls[OUTPUT] = (struct pollfd){.fd = queued > 0 ? output : -1, .events = POLLOUT};
	polls[LISTENER] = (struct pollfd){.fd = listener, .events = POLLIN};
	polls[NEWCOMER] = (struct pollfd){.fd = newcomer, .events = POLLIN};
}

/* The program has closed its end; what it said before may still be unread. */
static bool isLeaving(void)
{
	struct pollfd end = {.fd = input};

	return poll(&end, 1, 0) > 0 && (end.revents & POLLHUP) != 0;
}

void link_expect(const char greeting[LINK_GREETING_BYTES])
{
	expected = greeting;
}

bool link_outdated(void)
{
	return outdated;
}

static void turnAway(void)
{
	if (newcomer >= 0)
		close(newcomer);
	newcomer = -1;
	firstBytes = 0;
}

static enum link_arrival meet(int program, uint64_t nowUs)
{
	struct pollfd greeting = {.fd = program, .events = POLLIN};
	char said[LINK_GREETING_BYTES];
	bool whole = poll(&greeting, 1, GREETING_MS) > 0 &&
		     read(program, said, sizeof(said)) == (ssize_t)sizeof(said);

	outdated = whole && memcmp(said, expected, sizeof(said)) != 0;
	if (!whole || outdated) {
		close(program);
		return LINK_NOBODY;
	}
	turnAway();
	if (!link_connected()) {
		welcome(program, program);
		return LINK_PROGRAM;
	}
	newcomer = program;
	newcomerUs = nowUs;
	return LINK_NEWCOMER;
}

enum link_arrival link_accept(const struct pollfd polls[LINK_POLLS], uint64_t nowUs)
{
	int program;

	if (polls[LISTENER].revents == 0)
		return LINK_NOBODY;
	if (expected != NULL) {
		program = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		return program < 0 ? LINK_NOBODY : meet(program, nowUs);
	}
	/* A program that starts again must not find its place taken by itself: its last words are read first. */
	if (link_connected() && isLeaving())
		return LINK_NOBODY;
	program = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (program < 0)
		return LINK_NOBODY;
	if (link_connected()) {
		say("a second program was turned away: one is connected");
		close(program);
		return LINK_NOBODY;
	}
	welcome(program, program);
	return LINK_PROGRAM;
}

bool link_admit(const struct pollfd polls[LINK_POLLS], uint64_t nowUs)
{
	int program = newcomer;
	ssize_t count;

	/* `polls` may be another's, who came before. */
	if (program < 0 || polls[NEWCOMER].fd != program)
		return false;
	if (polls[NEWCOMER].revents != 0) {
		count = read(program, firstCommand + firstBytes, sizeof(firstCommand) - firstBytes);
		if (count > 0)
			firstBytes += (uint32_t)count;
		else if (count == 0 || (errno != EAGAIN && errno != EINTR))
			turnAway();
	}
	if (firstBytes == sizeof(firstCommand) && firstCommand[FIELD_KIND] == COMMAND_CONFIGURE) {
		newcomer = -1;
		firstBytes = 0;
		if (link_connected())
			disconnect();
		welcome(program, program);
		memcpy(commands, firstCommand, sizeof(firstCommand));
		commandBytes = sizeof(firstCommand);
		return true;
	}
	if (firstBytes == sizeof(firstCommand) || nowUs - newcomerUs > NEWCOMER_US)
		turnAway();
	return false;
}

void link_read(const struct pollfd polls[LINK_POLLS])
{
	ssize_t count;

	if (input < 0 || polls[INPUT].revents == 0)
		return;
	memmove(commands, commands + commandsDone, commandBytes - commandsDone);
	commandBytes -= commandsDone;
	commandsDone = 0;
	if (commandBytes == sizeof(commands))
		return;
	count = read(input, commands + commandBytes, sizeof(commands) - commandBytes);
	if (count > 0)
		commandBytes += (uint32_t)count;
	else if (count == 0 || (errno != EAGAIN && errno != EINTR))
		disconnect();
}

const uint8_t *link_command(void)
{
	const uint8_t *command = commands + commandsDone;

	if (commandBytes - commandsDone < RECORD_BYTES)
		return NULL;
	commandsDone += RECORD_BYTES;
	return command;
}

void link_send(uint32_t count, const uint8_t *records)
{
	if (output < 0)
		return;
	for (uint32_t i = 0; i < count; i++) {
		if (queued == QUEUE_RECORDS) {
			lost += count - i;
			return;
		}
		memcpy(queue[(first + queued) % QUEUE_RECORDS], records + i * RECORD_BYTES, RECORD_BYTES);
		queued++;
	}
}

void link_tell_newcomer(uint32_t count, const uint8_t *records)
{
	/* A new socket has room for all that a greeting is; without it whoever is greeted ends by himself. */
	if (newcomer >= 0 && write(newcomer, records, (size_t)count * RECORD_BYTES) < 0)
		turnAway();
}

uint32_t link_room(void)
{
	if (output < 0)
		return UINT32_MAX;
	return queued < NEWS_RECORDS ? NEWS_RECORDS - queued : 0;
}

bool link_flush(void)
{
	bool progress = false;

	while (queued > 0 && output >= 0) {
		uint32_t inARow = first + queued > QUEUE_RECORDS ? QUEUE_RECORDS - first : queued;
		ssize_t count = write(output, queue[first] + written, inARow * RECORD_BYTES - written);

		if (count < 0) {
			if (errno == EINTR)
				continue;
			if (errno != EAGAIN)
				disconnect();
			break;
		}
		progress = true;
		written += (uint32_t)count;
		first = (first + written / RECORD_BYTES) % QUEUE_RECORDS;
		queued -= written / RECORD_BYTES;
		written %= RECORD_BYTES;
	}
	/* An empty queue starts over, so that a program that keeps up costs one page of memory, not all. */
	if (queued == 0)
		first = 0;
	return progress;
}

bool link_connected(void)
{
	return output >= 0;
}

uint64_t link_lost(void)
{
	return lost;
}

/* Somebody may have taken it away, and made his own. */
static bool isOwnName(void)
{
	struct stat there;

	return lstat(address.sun_path, &there) == 0 && there.st_dev == socketDevice &&
	       there.st_ino == socketNumber;
}

void link_close(void)
{
	if (link_connected())
		disconnect();
	turnAway();
	/* First the name: whoever finds none any more makes his own, which is not ours to take away. */
	if (listener >= 0) {
		if (isOwnName())
			unlink(address.sun_path);
		close(listener);
	}
}
