/*
 * Runs the bench's frames through an engine (board/fabricd/engine.h): the daemon's, which carries the module,
 * or fabric.c, whichever it is linked with.
 *
 *   bench-ENGINE WORKLOAD      the file that frames.ts writes
 *
 * Lines on standard input, each of which is answered with lines up to an empty one:
 *
 *   time     one round of the workload: `time SECTION`, and nanoseconds for each batch of frames in it
 *   check    one round, of which every verdict and every event goes into a digest: `digest HEX`, and
 *            `event KIND COUNT` for each kind of event that there was
 *
 * and both with `counter NUMBER VALUE` for every counter of the module that is not 0.
 */
#define _GNU_SOURCE
#include "../../board/fabricd/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "codes.h"

#define FRAMES_IN_BATCH 64u
#define START_US 1000000000u
#define CACHE_LINE_BYTES 64u

struct section {
	uint32_t isFrames;
	uint32_t count;
	uint64_t bytes;
};

/* Its bytes follow, and padding up to a multiple of 8. */
struct frame {
	uint64_t atUs;
	uint16_t length;
	uint8_t iface, direction;
	/* How long it was on the wire. */
	uint32_t wireLength;
};

static const uint8_t *workload, *workloadEnd;
static uint64_t periodUs;
static bool checking;
static uint32_t digest;
/* Events of each kind in the round. */
static uint32_t kinds[256];

/* FNV-1a. */
static void feed(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		digest = (digest ^ bytes[i]) * 16777619u;
}

static void sayCounters(const uint8_t *record)
{
	for (uint32_t i = 0; i < COUNTERS_IN_RECORD; i++) {
		uint64_t value;

		memcpy(&value, record + FIELD_COUNTERS + i * sizeof(value), sizeof(value));
		if (value != 0)
			printf("counter %" PRIu32 " %" PRIu64 "\n", record[FIELD_CODE] + i, value);
	}
}

/* Like the daemon's link: what is taken is copied. */
static void take(uint32_t count, const uint8_t *records)
{
	static uint8_t taken[EVENT_CAPACITY * RECORD_BYTES];

	memcpy(taken, records, count * RECORD_BYTES);
	for (uint32_t i = 0; i < count; i++) {
		uint8_t kind = taken[i * RECORD_BYTES + FIELD_KIND];

		kinds[kind]++;
		if (kind == EVENT_COUNTERS)
			sayCounters(taken + i * RECORD_BYTES);
	}
	if (checking)
		feed(taken, count * RECORD_BYTES);
}

static uint32_t boundless(void)
{
	return UINT32_MAX;
}

static uint64_t clockNs(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static const uint8_t *bytesAfter(const struct frame *frame)
{
	return (const uint8_t *)(frame + 1) + ((frame->length + 7u) & ~7u);
}

/* On a router the kernel has just written the frames: they are in a cache. Returns where the batch ends. */
static const uint8_t *touch(const uint8_t *at, uint32_t count)
{
	static volatile uint8_t sum;

	for (uint32_t i = 0; i < count; i++) {
		const struct frame *frame = (const void *)at;

		at = bytesAfter(frame);
		for (const uint8_t *line = (const uint8_t *)frame; line < at; line += CACHE_LINE_BYTES)
			sum += *line;
	}
	return at;
}

static void runBatch(const uint8_t *at, const uint8_t *endAt, uint64_t startUs)
{
	uint64_t nowUs = startUs;

	while (at < endAt) {
		const struct frame *frame = (const void *)at;
		uint32_t verdict;

		nowUs = startUs + frame->atUs;
		verdict = engine_frame(LINK_ETHERNET, frame->iface, frame->direction, frame->length,
				       frame->wireLength, (const uint8_t *)(frame + 1), nowUs);
		if (checking)
			feed((const uint8_t[]){(uint8_t)verdict}, 1);
		at = bytesAfter(frame);
	}
	/* As the daemon does after each batch from the ring. */
	engine_tick(nowUs);
	engine_settle();
}

static void runFrames(const uint8_t *at, uint32_t count, uint64_t startUs)
{
	while (count > 0) {
		uint32_t batch = count < FRAMES_IN_BATCH ? count : FRAMES_IN_BATCH;
		const uint8_t *endAt = touch(at, batch);
		uint64_t startNs = clockNs();

		runBatch(at, endAt, startUs);
		if (!checking)
			printf(" %" PRIu64, clockNs() - startNs);
		at = endAt;
		count -= batch;
	}
}

static void runCommands(const uint8_t *at, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t status = engine_command(at + i * RECORD_BYTES);

		engine_settle();
		if (checking)
			feed((const uint8_t[]){(uint8_t)status}, 1);
	}
}

static void runRound(uint32_t number)
{
	static const uint8_t counters[RECORD_BYTES] = {[FIELD_KIND] = COMMAND_COUNTERS};
	const uint8_t *at = workload + sizeof(periodUs);
	uint64_t startUs = START_US + number * periodUs;

	for (uint32_t i = 0; at < workloadEnd; i++) {
		const struct section *section = (const void *)at;

		at += sizeof(*section);
		if (section->isFrames) {
			if (!checking)
				printf("time %" PRIu32, i);
			runFrames(at, section->count, startUs);
			if (!checking)
				putchar('\n');
		} else if (i > 0 || number == 0) { /* the first section sets up */
			runCommands(at, section->count);
		}
		at += section->bytes;
	}
	if (checking) {
		printf("digest %08" PRIx32 "\n", digest);
		for (uint32_t kind = 0; kind < 256; kind++)
			if (kinds[kind] != 0)
				printf("event %" PRIu32 " %" PRIu32 "\n", kind, kinds[kind]);
	}
	runCommands(counters, 1);
}

static int mapWorkload(const char *file)
{
	struct stat about;
	int fd = open(file, O_RDONLY);

	if (fd < 0 || fstat(fd, &about) < 0)
		goto failed;
	workload = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (workload == MAP_FAILED)
		goto failed;
	workloadEnd = workload + about.st_size;
	memcpy(&periodUs, workload, sizeof(periodUs));
	close(fd);
	return 0;
failed:
	fprintf(stderr, "%s: %s\n", file, strerror(errno));
	return -1;
}

int main(int count, char **arguments)
{
	static const struct engine_sink sink = {.take = take, .room = boundless};
	char line[16];

	if (count != 2) {
		fprintf(stderr, "usage: %s WORKLOAD\n", arguments[0]);
		return 2;
	}
	if (mapWorkload(arguments[1]) < 0 || engine_start(&sink) < 0)
		return 1;
	for (uint32_t number = 0; fgets(line, sizeof(line), stdin) != NULL; number++) {
		checking = strcmp(line, "check\n") == 0;
		digest = 2166136261u;
		memset(kinds, 0, sizeof(kinds));
		runRound(number);
		putchar('\n');
		fflush(stdout);
	}
	return 0;
}
