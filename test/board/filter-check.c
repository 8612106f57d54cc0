/*
 * What the kernel makes of the filter. Each line on standard input is `ethernet HEX` or `raw HEX`; the answer
 * is `pass BYTES` (as many as are copied) or `drop`. The kernel runs the program on a datagram between two
 * Unix sockets just as on a frame, and asks for no privilege.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codes.h"
#include "filter.h"

static int judge(int ethernet, uint32_t length, const uint8_t *frame)
{
	uint8_t passed[2048];
	int ends[2];
	ssize_t count;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends) < 0 ||
	    filter_attach(ends[1], ethernet, FRAME_BYTES) < 0) {
		perror("filter-check");
		return 1;
	}
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

int main(void)
{
	char line[8192];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		uint8_t frame[2048];
		uint32_t length = 0;
		unsigned byte;
		const char *hex = strchr(line, ' ');

		if (hex == NULL)
			return 2;
		for (hex++; length < sizeof(frame) && sscanf(hex, "%2x", &byte) == 1; hex += 2)
			frame[length++] = (uint8_t)byte;
		if (judge(line[0] == 'e', length, frame) != 0)
			return 1;
	}
	return 0;
}
