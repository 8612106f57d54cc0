/* Questions to the kernel about ways, links and neighbours: each is answered before the next. */
#ifndef NETLINK_H_
#define NETLINK_H_

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* A request: what its kind begins with, and an address in network order where it has one. */
struct netlink_request {
	struct nlmsghdr header;
	union {
		struct rtmsg way;
		struct ifinfomsg link;
		uint8_t bytes[32];
	} body;
};

/* -1 with errno. */
int netlink_open(void);

/* A request of that type, with so much of a body; it asks for an answer, and for `flags`. */
void netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags, size_t bodyBytes);

/* An attribute behind it: an address. */
void netlink_address(struct netlink_request *request, uint16_t type, const void *address, size_t length);

/* 0 with the answer in `answer`, which is aligned as a header is; or what the kernel says is wrong. */
int netlink_ask(int fd, struct netlink_request *request, void *answer, size_t room);

/* The attribute of an answer whose body has so many bytes; NULL: it has none. */
const struct rtattr *netlink_attribute(const struct nlmsghdr *answer, size_t bodyBytes, uint16_t type);

/* The way to an address of 4 or 16 bytes. 0 with the answer, or what is wrong. */
int netlink_way(int fd, uint8_t family, const void *address, void *answer, size_t room);

#endif
