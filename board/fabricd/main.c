#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"
#include "confine.h"
#include "datagrams.h"
#include "engine.h"
#include "errand.h"
#include "link.h"
#include "log.h"
#include "options.h"
#include "privileges.h"
#include "record.h"
#include "remote.h"
#include "seeker.h"

/* The module's timers are this exact. */
#define TICK_US 100000u
/* A cable that is pulled is noticed within this. */
#define CHECK_US 250000u
#define REPORT_US 10000000u
/* A daemon that outlives its programs has had its time when none has come for a day. */
#define ALONE_US 86400000000u

static struct capture captures[MAX_INTERFACES];
static uint32_t captureCount;
static volatile sig_atomic_t stopping;

static uint64_t clockUs(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void onSignal(int number)
{
	(void)number;
	stopping = 1;
}

/* Signals arrive only inside ppoll(), so none is missed between looking at `stopping` and waiting. */
static void catchSignals(sigset_t *whileWaiting)
{
	struct sigaction stop = {.sa_handler = onSignal};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t blocked;

	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, whileWaiting);
	sigdelset(whileWaiting, SIGTERM);
	sigdelset(whileWaiting, SIGINT);
}

/* A descriptor 0, 1 or 2 that is closed would become a packet socket, and messages would go on the wire. */
static int fillStandardDescriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

/* Who hears it: the program, or the newcomer. */
typedef void (*tell)(uint32_t count, const uint8_t *records);

static void tellInterface(struct capture *capture, uint64_t nowUs, tell tell)
{
	struct interface_report report;
	uint8_t record[RECORD_BYTES];

	capture_count(capture);
	report = (struct interface_report){
		.number = capture->number,
		.up = capture->up,
		.received = capture->received,
		.dropped = capture->dropped,
		.lost = link_lost(),
		.hasHardware = capture->hasHardware,
	};
	memcpy(report.hardware, capture->hardware, sizeof(report.hardware));
	memcpy(report.name, capture->name, sizeof(report.name));
	record_interface(record, &report, nowUs);
	tell(1, record);
}

static void reportInterface(struct capture *capture, uint64_t nowUs)
{
	tellInterface(capture, nowUs, link_send);
}

static void reportInterfaces(uint64_t nowUs)
{
	for (uint32_t i = 0; i < captureCount; i++)
		reportInterface(&captures[i], nowUs);
}

/* Programs that were connected. */
static uint32_t connections;

static void greet(uint64_t nowUs, tell tell)
{
	uint8_t record[RECORD_BYTES];

	record_ready(record, connections, nowUs);
	tell(1, record);
	for (uint32_t i = 0; i < captureCount; i++)
		tellInterface(&captures[i], nowUs, tell);
}

/* Whoever waits at the door, or has waited long enough. */
static void receive(const struct pollfd *polls, uint64_t nowUs)
{
	if (link_admit(polls, nowUs)) {
		errand_end();
		connections++;
		/* They may have changed since it was greeted. */
		reportInterfaces(nowUs);
	}
	switch (link_accept(polls, nowUs)) {
	case LINK_PROGRAM:
		errand_end();
		greet(nowUs, link_send);
		connections++;
		break;
	case LINK_NEWCOMER:
		greet(nowUs, link_tell_newcomer);
		break;
	case LINK_NOBODY:
		break;
	}
}

/* The frame that the command has built goes out at once, even where an interface has come up just now. */
static void sendOut(const uint8_t *command, const struct engine_outgoing *frame, uint64_t nowUs)
{
	uint8_t outcome = SENT_NO_INTERFACE;
	const char *reason = "there is no interface of that number";
	uint8_t record[RECORD_BYTES];

	if (frame->number > 0 && frame->number <= captureCount) {
		struct capture *capture = &captures[frame->number - 1];

		if (capture_check(capture))
			reportInterface(capture, nowUs);
		outcome = capture_send(capture, frame->length, frame->bytes, &reason);
	}
	record_sent(record, command, outcome, reason, nowUs);
	link_send(1, record);
}

/*
 * Of the program that has started this one, or for which it was started (--await): whoever comes by ssh, or to a socket that is
 * served for others, has the interfaces that those chose.
 */
static bool listenElsewhere(const uint8_t *command, uint64_t nowUs)
{
	uint32_t number = (uint32_t)(command[CARRIER_FIELD_NUMBER] | command[CARRIER_FIELD_NUMBER + 1] << 8);
	const char *name = (const char *)command + CARRIER_FIELD_NAME;

	if (number == 0 || number > captureCount || name[0] == '\0' || name[IFNAMSIZ - 1] != '\0')
		return false;
	capture_move(&captures[number - 1], name);
	reportInterface(&captures[number - 1], nowUs);
	return true;
}

/* Frames that say who has an address are no business of a program that is only let in to carry records. */
static bool isOfTakeover(uint8_t kind)
{
	return kind == COMMAND_ANNOUNCE || kind == COMMAND_CLAIM || kind == COMMAND_UNCLAIM;
}

/* Once: whoever has the key asks as often as he likes. */
static void sayBound(uint32_t mib)
{
	static bool said;

	if (!said)
		say("tables that do not fit --memory %u are refused; \"ringback beside\" writes a key for those of fabric.capacity",
		    mib);
	said = true;
}

/* What the module has taken for interfaces without sides is for the adapters, too. */
static void seeEverything(const uint8_t *configure)
{
	for (uint32_t i = 0; i < captureCount; i++) {
		uint8_t bits = i < MAX_SIDELESS ? configure[FIELD_EVERYTHING + i / 8] : 0;

		capture_everything(&captures[i], bits >> i % 8 & 1);
	}
}

static void carryOutCommands(const struct options *options, uint64_t nowUs)
{
	bool isOwn = !options->remote && (options->socket == NULL || options->await);
	bool isFilterOld = false;
	const uint8_t *command;

	while (!engine_busy() && (command = link_command()) != NULL) {
		struct engine_outgoing frame;
		uint32_t status;

		if (options->remote && errand_is(command)) {
			errand_run(command, nowUs);
			continue;
		}
		if (isOwn && command[FIELD_KIND] == ERRAND_LISTEN && listenElsewhere(command, nowUs))
			continue;
		status = options->remote && isOfTakeover(record_kind(command)) ? STATUS_UNKNOWN_COMMAND
									       : engine_command(command);
		if (status == 0 && record_kind(command) == COMMAND_CONFIGURE)
			seeEverything(command);
		if (engine_outgoing(&frame))
			sendOut(command, &frame, nowUs);
		engine_settle();
		if (status == STATUS_OUT_OF_MEMORY && options->memoryMib > 0)
			sayBound(options->memoryMib);
		if (status != 0) {
			uint8_t record[RECORD_BYTES];

			record_refused(record, command, (uint8_t)status, nowUs);
			link_send(1, record);
		} else if (datagrams_note(command)) {
			isFilterOld = true;
		}
	}
	for (uint32_t i = 0; isFilterOld && i < captureCount; i++)
		capture_filter(&captures[i]);
}

static void readInterfaces(const struct pollfd *polls, bool checkAll, uint64_t nowUs)
{
	for (uint32_t i = 0; i < captureCount; i++) {
		if (polls[i].revents != 0)
			capture_read(&captures[i], nowUs);
		if ((checkAll || (polls[i].revents & POLLERR)) && capture_check(&captures[i]))
			reportInterface(&captures[i], nowUs);
	}
}

static int serve(const struct options *options, const sigset_t *whileWaiting)
{
	static struct pollfd polls[LINK_POLLS + MAX_INTERFACES + ERRANDS];
	struct pollfd *others = polls + LINK_POLLS + captureCount;
	uint64_t nowUs = clockUs();
	uint64_t checkUs = nowUs + CHECK_US;
	uint64_t reportUs = nowUs + REPORT_US;
	uint64_t heardUs = nowUs;

	if (link_connected()) {
		greet(nowUs, link_send);
		connections++;
	}
	while (!stopping && (options->socket != NULL || link_connected())) {
		/* A long answer that got room goes on at once. */
		bool goesOn = link_flush() && engine_busy();
		const struct timespec wait = {.tv_nsec = goesOn ? 0 : TICK_US * 1000};

		link_polls(polls, !engine_busy());
		for (uint32_t i = 0; i < captureCount; i++)
			polls[LINK_POLLS + i] = (struct pollfd){.fd = captures[i].fd, .events = POLLIN};
		if (ppoll(polls, LINK_POLLS + captureCount + errand_polls(others), &wait, whileWaiting) < 0) {
			if (errno == EINTR)
				continue;
			say("cannot wait: %s", strerror(errno));
			return FAILED;
		}
		nowUs = clockUs();
		engine_tick(nowUs);
		readInterfaces(polls + LINK_POLLS, nowUs >= checkUs, nowUs);
		engine_settle();
		if (nowUs >= checkUs)
			checkUs = nowUs + CHECK_US;
		errand_read(others, nowUs);
		link_read(polls);
		receive(polls, nowUs);
		carryOutCommands(options, nowUs);
		if (link_connected())
			heardUs = nowUs;
		else
			errand_end();
		if (options->remote && (link_outdated() || nowUs - heardUs > ALONE_US))
			break;
		if (nowUs >= reportUs) {
			reportInterfaces(nowUs);
			reportUs = nowUs + REPORT_US;
		}
	}
	link_flush();
	return DONE;
}

/* Of a daemon for another machine, whoever has started it holds the lock. */
static int listenAt(const struct options *options, uid_t owner)
{
	int lock = options->remote ? -1 : link_lock(options->socket, owner);
	int result = link_listen(options->socket, owner);

	if (lock >= 0)
		close(lock);
	return result;
}

int main(int count, char **arguments)
{
	static const struct engine_sink sink = {.take = link_send, .room = link_room};
	struct options options = {.user = "nobody"};
	struct privileges privileges, owner;
	sigset_t whileWaiting;
	int status = options_read(&options, count, arguments);

	if (status >= 0)
		return status;
	if (fillStandardDescriptors() < 0)
		return FAILED;
	engine_bound(options.memoryMib);
	if (options.socket != NULL && options.await)
		say_news_apart();
	if (options.remote && !remote_begin(&options, &status))
		return status;
	status = FAILED;
	if (privileges_find(&privileges, options.user) < 0 || privileges_find(&owner, options.owner) < 0 ||
	    (options.remote && seeker_begin(&options, &privileges) < 0) || engine_start(&sink) < 0)
		goto out;
	for (; captureCount < options.interfaceCount; captureCount++)
		if (capture_open(&captures[captureCount], (uint16_t)(captureCount + 1),
				 options.interfaces[captureCount], options.await) < 0)
			goto out;
	catchSignals(&whileWaiting);
	if (options.socket == NULL)
		link_stdio();
	else if (listenAt(&options, owner.user) < 0)
		goto out;
	if (options.remote)
		link_expect(remote_greeting());
	if (privileges_drop(&privileges) < 0)
		goto out;
	if (options.remote && errand_begin() < 0)
		goto out;
	if (options.remote)
		remote_ready();
	if (confine(options.remote) < 0)
		goto out;
	status = serve(&options, &whileWaiting);
out:
	link_close();
	return status;
}
