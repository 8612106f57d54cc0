#define _GNU_SOURCE
#include "filter.h"

#include <linux/if_ether.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "bpf.h"
#include "conversations.h"
#include "datagrams.h"
#include "networks.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define OLD_SERVICE_VLAN 0x9100
#define IPPROTO_MOBILITY 135

/*
 * A program is a beginning and then the common rest. The beginning leaves the network protocol in A and the
 * offset of its header in X. A load outside the frame ends the program and drops the frame.
 *
 * Tags: the kernel takes the outermost one into metadata, so here is a customer's tag inside a provider's,
 * or both where the adapter cannot do tags. More than two is rare enough to let the module see it.
 */
/* One instruction a line. */
// clang-format off
static const struct sock_filter ethernetBeginning[] = {
	LDX_IMM(14),
	LDH(12),
	JEQ(ETH_P_8021Q, 2, 0),
	JEQ(ETH_P_8021AD, 1, 0),
	JEQ(OLD_SERVICE_VLAN, 0, 7),
	LDX_IMM(18),
	LDH(16),
	JEQ(ETH_P_8021Q, 2, 0),
	JEQ(ETH_P_8021AD, 1, 0),
	JEQ(OLD_SERVICE_VLAN, 0, 2),
	LDX_IMM(22),
	LDH(20),
};

static const struct sock_filter rawBeginning[] = {
	LDX_IMM(0),
	LDB(0),
	AND(0xf0),
	JEQ(0x40, 0, 2),
	LD_IMM(ETH_P_IP),
	JA(3),
	JEQ(0x60, 1, 0),
	DROP,
	LD_IMM(ETH_P_IPV6),
};

/* First fragments only: the transport header is in no other. */
static const struct sock_filter ipv4[] = {
	LDH_X(6),
	JSET(FRAGMENT_OFFSET, 0, 1),
	DROP,
	LDB_X(9),
	ST(0),
	LDB_X(0),
	AND(0x0f),
	LSH(2),
	ADD_X,
	TAX,
	LD_MEM(0),
	JEQ(IPPROTO_TCP, 0, 4),
	LDB_X(TCP_FLAGS),
	JSET(TH_SYN | TH_RST, 0, 1),
	PASS,
	DROP,
	JEQ(IPPROTO_ICMP, 0, 3),
	LDB_X(0),
	JEQ(ICMP_DEST_UNREACH, 0, 1),
	PASS,
	DROP,
};

/* Extension headers are rare and of any length: the module follows those that it can. */
static const struct sock_filter ipv6[] = {
	LDB_X(6),
	JEQ(IPPROTO_TCP, 0, 4),
	LDB_X(IPV6_BYTES + TCP_FLAGS),
	JSET(TH_SYN | TH_RST, 0, 1),
	PASS,
	DROP,
	JEQ(IPPROTO_ICMPV6, 0, 6),
	LDB_X(IPV6_BYTES),
	JEQ(ICMP6_DST_UNREACH, 2, 0),
	JEQ(ND_NEIGHBOR_SOLICIT, 1, 0),
	JEQ(ND_NEIGHBOR_ADVERT, 0, 1),
	PASS,
	DROP,
	JEQ(IPPROTO_HOPOPTS, 4, 0),
	JEQ(IPPROTO_ROUTING, 3, 0),
	JEQ(IPPROTO_FRAGMENT, 2, 0),
	JEQ(IPPROTO_DSTOPTS, 1, 0),
	JEQ(IPPROTO_MOBILITY, 0, 1),
	PASS,
	DROP,
};

static const struct sock_filter others[] = {
	JEQ(ETH_P_ARP, 3, 0),
	JEQ(ETH_P_8021Q, 2, 0),
	JEQ(ETH_P_8021AD, 1, 0),
	JEQ(OLD_SERVICE_VLAN, 0, 1),
	PASS,
	DROP,
};

// clang-format on
static uint16_t append(struct sock_filter *program, uint16_t length, uint16_t count,
		       const struct sock_filter *part)
{
	memcpy(program + length, part, count * sizeof(*part));
	return length + count;
}

/* What is done with packets of one network protocol; a jump over all of it may be longer than a comparison's own. */
static uint16_t appendNetwork(struct sock_filter *program, uint16_t length, uint16_t protocol,
			      const struct sock_filter *rest, uint16_t restCount, bool narrow)
{
	struct sock_filter datagrams[MAX_PART_CODE];
	uint16_t count = datagrams_code(datagrams, protocol, narrow);
	const struct sock_filter near[] = {JEQ(protocol, 0, (uint8_t)restCount)};
	const struct sock_filter far[] = {JEQ(protocol, 1, 0), JA(count + restCount)};

	length = count == 0 ? append(program, length, COUNT(near), near)
			    : append(program, length, COUNT(far), far);
	length = append(program, length, count, datagrams);
	return append(program, length, restCount, rest);
}

/* Of conversations nothing else passes. */
static uint16_t appendConversations(struct sock_filter *program, uint16_t length, uint16_t protocol,
				    bool narrow)
{
	struct sock_filter code[MAX_PART_CODE];
	uint16_t count = conversations_code(code, protocol == ETH_P_IP, narrow);
	const struct sock_filter begin[] = {JEQ(protocol, 1, 0), JA(count)};

	length = append(program, length, COUNT(begin), begin);
	return append(program, length, count, code);
}

static int attach(int socket, enum filter which, bool ethernet, uint32_t frameBytes, bool narrow)
{
	static struct sock_filter program[128 + 2 * MAX_PART_CODE];
	static const struct sock_filter nothing[] = {DROP};
	struct sock_fprog request = {.filter = program};
	uint16_t length = 0;

	_Static_assert(COUNT(ethernetBeginning) + 2 + COUNT(ipv4) + 2 + COUNT(ipv6) + COUNT(others) <= 128,
		       "the program fits");
	_Static_assert(COUNT(ipv4) <= UINT8_MAX && COUNT(ipv6) <= UINT8_MAX, "a comparison jumps so far");
	length = ethernet ? append(program, length, COUNT(ethernetBeginning), ethernetBeginning)
			  : append(program, length, COUNT(rawBeginning), rawBeginning);
	if (which == FILTER_CONVERSATIONS) {
		length = appendConversations(program, length, ETH_P_IP, narrow);
		length = appendConversations(program, length, ETH_P_IPV6, narrow);
		length = append(program, length, COUNT(nothing), nothing);
	} else {
		length = appendNetwork(program, length, ETH_P_IP, ipv4, COUNT(ipv4), narrow);
		length = appendNetwork(program, length, ETH_P_IPV6, ipv6, COUNT(ipv6), narrow);
		length = append(program, length, COUNT(others), others);
	}
	for (uint16_t i = 0; i < length; i++)
		if (program[i].code == (BPF_RET | BPF_K) && program[i].k == UINT32_MAX)
			program[i].k = frameBytes;
	request.len = length;
	return setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &request, sizeof(request));
}

uint8_t filter_note(const uint8_t *command)
{
	networks_note(command);
	return (uint8_t)(datagrams_note(command) << FILTER_HANDSHAKES | conversations_note(command)
										<< FILTER_CONVERSATIONS);
}

bool filter_counts(enum filter which)
{
	return which == FILTER_HANDSHAKES || conversations_count();
}

int filter_attach(int socket, enum filter which, bool ethernet, uint32_t frameBytes)
{
	/* A kernel may have no room for so many addresses (net.core.optmem_max). */
	if (attach(socket, which, ethernet, frameBytes, true) == 0)
		return 0;
	return attach(socket, which, ethernet, frameBytes, false);
}
