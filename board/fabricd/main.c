#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"
#include "confine.h"
#include "engine.h"
#include "link.h"
#include "log.h"
#include "privileges.h"
#include "record.h"

/* The module's timers are this exact. */
#define TICK_US 100000u
/* A cable that is pulled is noticed within this. */
#define CHECK_US 250000u
#define REPORT_US 10000000u

enum { DONE = 0, FAILED = 1, WRONG_USAGE = 2 };

static const char usage[] =
	"usage: ringback-fabricd [--stdio | --socket PATH] --interface NAME [--interface NAME]...\n"
	"                        [--await] [--user NAME]\n"
	"\n"
	"  --interface NAME  listen there; may be given again, up to %u times\n"
	"  --await           interfaces that are not there yet are waited for\n"
	"  --stdio           records on standard input and output (default); ends with the program\n"
	"  --socket PATH     records on a Unix socket for its owner; outlives the program\n"
	"  --user NAME       whom to become once everything is open, if started as root (default: nobody)\n"
	"  --version, --help\n";

struct options {
	const char *interfaces[MAX_INTERFACES];
	uint32_t interfaceCount;
	const char *socket;
	const char *user;
	bool stdio, await;
};

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

/* -1 to go on, or the exit status. */
static int readOptions(struct options *options, int count, char **arguments)
{
	static const struct option known[] = {
		{"interface", required_argument, NULL, 'i'},
		{"stdio", no_argument, NULL, 'c'},
		{"socket", required_argument, NULL, 's'},
		{"user", required_argument, NULL, 'u'},
		{"await", no_argument, NULL, 'a'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(count, arguments, "", known, NULL)) >= 0) {
		switch (option) {
		case 'i':
			if (options->interfaceCount == MAX_INTERFACES || strlen(optarg) >= IFNAMSIZ) {
				say(strlen(optarg) >= IFNAMSIZ ? "an interface name has at most %u bytes"
							       : "at most %u interfaces",
				    strlen(optarg) >= IFNAMSIZ ? IFNAMSIZ - 1 : MAX_INTERFACES);
				return WRONG_USAGE;
			}
			for (uint32_t i = 0; i < options->interfaceCount; i++)
				if (strcmp(options->interfaces[i], optarg) == 0) {
					say("interface %s is named twice", optarg);
					return WRONG_USAGE;
				}
			options->interfaces[options->interfaceCount++] = optarg;
			break;
		case 'a':
			options->await = true;
			break;
		case 'c':
			options->stdio = true;
			break;
		case 's':
			options->socket = optarg;
			break;
		case 'u':
			options->user = optarg;
			break;
		case 'v':
			printf("ringback-fabricd %s\n", VERSION);
			return DONE;
		case 'h':
			printf(usage, MAX_INTERFACES);
			return DONE;
		default:
			fprintf(stderr, usage, MAX_INTERFACES);
			return WRONG_USAGE;
		}
	}
	if (optind < count || options->interfaceCount == 0 || (options->stdio && options->socket != NULL)) {
		say(optind < count		   ? "arguments without an option are not understood"
		    : options->interfaceCount == 0 ? "at least one --interface is needed"
						   : "--stdio and --socket exclude each other");
		fprintf(stderr, usage, MAX_INTERFACES);
		return WRONG_USAGE;
	}
	return -1;
}

static void reportInterface(struct capture *capture, uint64_t nowUs)
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
	link_send(1, record);
}

static void reportInterfaces(uint64_t nowUs)
{
	for (uint32_t i = 0; i < captureCount; i++)
		reportInterface(&captures[i], nowUs);
}

static void greet(uint64_t nowUs)
{
	uint8_t record[RECORD_BYTES];

	record_ready(record, nowUs);
	link_send(1, record);
	reportInterfaces(nowUs);
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

static void carryOutCommands(uint64_t nowUs)
{
	const uint8_t *command;

	while (!engine_busy() && (command = link_command()) != NULL) {
		uint32_t status = engine_command(command);
		struct engine_outgoing frame;

		if (engine_outgoing(&frame))
			sendOut(command, &frame, nowUs);
		engine_settle();
		if (status != 0) {
			uint8_t record[RECORD_BYTES];

			record_refused(record, command, (uint8_t)status, nowUs);
			link_send(1, record);
		}
	}
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

static int serve(bool keepListening, const sigset_t *whileWaiting)
{
	struct pollfd polls[LINK_POLLS + MAX_INTERFACES];
	uint64_t nowUs = clockUs();
	uint64_t checkUs = nowUs + CHECK_US;
	uint64_t reportUs = nowUs + REPORT_US;

	if (link_connected())
		greet(nowUs);
	while (!stopping && (keepListening || link_connected())) {
		/* A long answer that got room goes on at once. */
		bool goesOn = link_flush() && engine_busy();
		const struct timespec wait = {.tv_nsec = goesOn ? 0 : TICK_US * 1000};

		link_polls(polls, !engine_busy());
		for (uint32_t i = 0; i < captureCount; i++)
			polls[LINK_POLLS + i] = (struct pollfd){.fd = captures[i].fd, .events = POLLIN};
		if (ppoll(polls, LINK_POLLS + captureCount, &wait, whileWaiting) < 0) {
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
		link_read(polls);
		if (link_accept(polls))
			greet(nowUs);
		carryOutCommands(nowUs);
		if (nowUs >= reportUs) {
			reportInterfaces(nowUs);
			reportUs = nowUs + REPORT_US;
		}
	}
	link_flush();
	return DONE;
}

int main(int count, char **arguments)
{
	static const struct engine_sink sink = {.take = link_send, .room = link_room};
	struct options options = {.user = "nobody"};
	struct privileges privileges;
	sigset_t whileWaiting;
	int status = readOptions(&options, count, arguments);

	if (status >= 0)
		return status;
	status = FAILED;
	if (fillStandardDescriptors() < 0 || privileges_find(&privileges, options.user) < 0 ||
	    engine_start(&sink) < 0)
		goto out;
	for (; captureCount < options.interfaceCount; captureCount++)
		if (capture_open(&captures[captureCount], (uint16_t)(captureCount + 1),
				 options.interfaces[captureCount], options.await) < 0)
			goto out;
	catchSignals(&whileWaiting);
	if (options.socket == NULL)
		link_stdio();
	else if (link_listen(options.socket) < 0)
		goto out;
	if (privileges_drop(&privileges) < 0 || confine() < 0)
		goto out;
	status = serve(options.socket != NULL, &whileWaiting);
out:
	link_close();
	return status;
}
