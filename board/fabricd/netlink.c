#define _GNU_SOURCE
#include "netlink.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static uint32_t asked;

int netlink_open(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
}

void netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags, size_t bodyBytes)
{
	memset(request, 0, sizeof(*request));
	request->header = (struct nlmsghdr){
		.nlmsg_type = type,
		.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
		.nlmsg_len = (uint32_t)NLMSG_LENGTH(bodyBytes),
	};
}

void netlink_address(struct netlink_request *request, uint16_t type, const void *address, size_t length)
{
	uint8_t *at = (uint8_t *)request + NLMSG_ALIGN(request->header.nlmsg_len);
	struct rtattr head = {.rta_type = type, .rta_len = (uint16_t)RTA_LENGTH(length)};

	memcpy(at, &head, sizeof(head));
	memcpy(at + RTA_LENGTH(0), address, length);
	request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + (uint32_t)RTA_SPACE(length);
}

int netlink_ask(int fd, struct netlink_request *request, void *answer, size_t room)
{
	const struct nlmsghdr *header = answer;
	const struct nlmsgerr *error = NLMSG_DATA(header);
	ssize_t count;

	request->header.nlmsg_seq = ++asked;
	if (sendto(fd, request, request->header.nlmsg_len, 0, NULL, 0) < 0)
		return errno;
	/* It has answered already; what was not heard of an earlier one comes first. */
	while ((count = recv(fd, answer, room, 0)) > 0) {
		if (!NLMSG_OK(header, (size_t)count) || header->nlmsg_seq != asked)
			continue;
		if (header->nlmsg_type == NLMSG_ERROR)
			return header->nlmsg_len >= NLMSG_LENGTH(sizeof(*error)) ? -error->error : EPROTO;
		return 0;
	}
	return EPROTO;
}

const struct rtattr *netlink_attribute(const struct nlmsghdr *answer, size_t bodyBytes, uint16_t type)
{
	const struct rtattr *at = (const struct rtattr *)((const uint8_t *)answer + NLMSG_SPACE(bodyBytes));
	int left = (int)(answer->nlmsg_len - NLMSG_SPACE(bodyBytes));

	for (; RTA_OK(at, left); at = RTA_NEXT(at, left))
		if (at->rta_type == type)
			return at;
	return NULL;
}

int netlink_way(int fd, uint8_t family, const void *address, void *answer, size_t room)
{
	size_t length = family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
	const struct nlmsghdr *header = answer;
	struct netlink_request request;
	int error;

	netlink_begin(&request, RTM_GETROUTE, 0, sizeof(request.body.way));
	request.body.way.rtm_family = family;
	request.body.way.rtm_dst_len = (uint8_t)(8 * length);
	netlink_address(&request, RTA_DST, address, length);
	error = netlink_ask(fd, &request, answer, room);
	if (error != 0)
		return error;
	return header->nlmsg_type == RTM_NEWROUTE && header->nlmsg_len >= NLMSG_LENGTH(sizeof(struct rtmsg))
		       ? 0
		       : EPROTO;
}
