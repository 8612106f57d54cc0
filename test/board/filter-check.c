/*
 * What the kernel makes of the filters. Each line on standard input is `ethernet HEX` or `raw HEX`, a frame; the answer
 * is `pass BYTES` (as many as are copied) or `drop`. With `segment HEX` it is that of the filter of conversations, to Ethernet.
 * `command HEX` is a record that the module has carried out; the answer is `new` if another filter is right from then on, or
 * `same`, and ` segments` behind it if that of conversations is another one. `program` asks for what is attached to Ethernet: the answer is
 * its instructions in hexadecimal. The kernel runs the program on a datagram between two Unix sockets just as on a frame,
 * and asks for no privilege.
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codes.h"
#include "filter.h"

static int attached(enum filter filter, int ethernet, int ends[2])
{
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends) < 0 ||
	    filter_attach(ends[1], filter, ethernet, FRAME_BYTES) < 0) {
		perror("filter-check");
		return -1;
	}
	return 0;
}

static int judge(enum filter filter, int ethernet, uint32_t length, const uint8_t *frame)
{
	uint8_t passed[2048];
	int ends[2];
	ssize_t count;

	if (attached(filter, ethernet, ends) < 0)
		return 1;
	/* A dropped datagram is reported to nobody. */
	if (send(ends[0], frame, length, 0) < 0 && length > 0)
		perror("filter-check: send");
	count = recv(ends[1], passed, sizeof(passed), 0);
	if (count < 0)
		puts("drop");
	else
		printf("pass %zd\n", count);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static int print(void)
{
	static struct sock_filter program[BPF_MAXINSNS];
	/* In instructions. */
	socklen_t length = BPF_MAXINSNS;
	int ends[2];

	if (attached(FILTER_HANDSHAKES, 1, ends) < 0 ||
	    getsockopt(ends[1], SOL_SOCKET, SO_GET_FILTER, program, &length) < 0) {
		perror("filter-check: program");
		return 1;
	}
	for (uint32_t i = 0; i < length; i++)
		printf("%04x%02x%02x%08x", program[i].code, program[i].jt, program[i].jf, program[i].k);
	puts("");
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void note(const uint8_t *command)
{
	uint8_t filters = filter_note(command);

	printf("%s%s\n", filters & 1 << FILTER_HANDSHAKES ? "new" : "same",
	       filters & 1 << FILTER_CONVERSATIONS ? " segments" : "");
}

int main(void)
{
	char line[8192];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		uint8_t frame[2048] = {0};
		uint32_t length = 0;
		unsigned byte;
		const char *hex = strchr(line, ' ');
		int status = 0;

		if (line[0] == 'p')
			status = print();
		else if (hex == NULL)
			return 2;
		else
			for (hex++; length < sizeof(frame) && sscanf(hex, "%2x", &byte) == 1; hex += 2)
				frame[length++] = (uint8_t)byte;
		if (line[0] == 'c')
			note(frame);
		else if (line[0] != 'p')
			status = judge(line[0] == 's' ? FILTER_CONVERSATIONS : FILTER_HANDSHAKES,
				       line[0] != 'r', length, frame);
		if (status != 0)
			return 1;
	}
	return 0;
}
