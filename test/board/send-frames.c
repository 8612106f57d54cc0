/*
 * Sends each line of hexadecimal digits on standard input as one frame on the interface named, or with --tun
 * lets it arrive there as an IP packet:
 *
 *   send-frames [--tun] NAME
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int openInterface(const char *name)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name)};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	return fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -1 : fd;
}

static int openTun(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR);

	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	return fd >= 0 && ioctl(fd, TUNSETIFF, &request) < 0 ? -1 : fd;
}

int main(int count, char **arguments)
{
	char line[8192];
	int fd;

	if (count != 2 && (count != 3 || strcmp(arguments[1], "--tun") != 0))
		return 2;
	fd = count == 2 ? openInterface(arguments[1]) : openTun(arguments[2]);
	if (fd < 0) {
		perror(arguments[count - 1]);
		return 1;
	}
	while (fgets(line, sizeof(line), stdin) != NULL) {
		uint8_t frame[2048];
		size_t length = 0;
		unsigned byte;
		const char *hex = line;

		for (; length < sizeof(frame) && sscanf(hex, "%2x", &byte) == 1; hex += 2)
			frame[length++] = (uint8_t)byte;
		if (write(fd, frame, length) != (ssize_t)length) {
			perror("send-frames");
			return 1;
		}
	}
	return 0;
}
