/* Preloaded into the daemon: a kernel without packet rings. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	int (*next)(int, int, int, const void *, socklen_t) = dlsym(RTLD_NEXT, "setsockopt");

	if (level == SOL_PACKET && name == PACKET_RX_RING) {
		errno = ENOPROTOOPT;
		return -1;
	}
	return next(fd, level, name, value, length);
}
