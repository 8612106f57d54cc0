#define _GNU_SOURCE
#include "filter.h"

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Classic BPF by the names that tcpdump -d prints. Jumps count from the next instruction: yes, no. */
#define LDB(k) BPF_STMT(BPF_LD | BPF_B | BPF_ABS, k)
#define LDH(k) BPF_STMT(BPF_LD | BPF_H | BPF_ABS, k)
#define LDB_X(k) BPF_STMT(BPF_LD | BPF_B | BPF_IND, k)
#define LDH_X(k) BPF_STMT(BPF_LD | BPF_H | BPF_IND, k)
#define LD_IMM(k) BPF_STMT(BPF_LD | BPF_IMM, k)
#define LD_MEM(k) BPF_STMT(BPF_LD | BPF_MEM, k)
#define LDX_IMM(k) BPF_STMT(BPF_LDX | BPF_IMM, k)
#define ST(k) BPF_STMT(BPF_ST, k)
#define TAX BPF_STMT(BPF_MISC | BPF_TAX, 0)
#define AND(k) BPF_STMT(BPF_ALU | BPF_AND | BPF_K, k)
#define LSH(k) BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, k)
#define ADD_X BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0)
#define JA(k) BPF_STMT(BPF_JMP | BPF_JA, k)
#define JEQ(k, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, yes, no)
#define JSET(k, yes, no) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, k, yes, no)
#define DROP BPF_STMT(BPF_RET | BPF_K, 0)
/* How many bytes pass is the module's to say, and put in when the program is attached. */
#define PASS BPF_STMT(BPF_RET | BPF_K, UINT32_MAX)

#define OLD_SERVICE_VLAN 0x9100
#define FRAGMENT_OFFSET 0x1fff
#define TCP_FLAGS 13
#define IPV6_BYTES 40
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
static const struct sock_filter whenIpv4[] = {JEQ(ETH_P_IP, 0, COUNT(ipv4))};
static const struct sock_filter whenIpv6[] = {JEQ(ETH_P_IPV6, 0, COUNT(ipv6))};

static uint16_t append(struct sock_filter *program, uint16_t length, uint16_t count,
		       const struct sock_filter *part)
{
	memcpy(program + length, part, count * sizeof(*part));
	return length + count;
}

int filter_attach(int socket, bool ethernet, uint32_t frameBytes)
{
	struct sock_filter program[128];
	struct sock_fprog request = {.filter = program};
	uint16_t length = 0;

	_Static_assert(COUNT(ethernetBeginning) + COUNT(whenIpv4) + COUNT(ipv4) + COUNT(whenIpv6) +
				       COUNT(ipv6) + COUNT(others) <=
			       COUNT(program),
		       "the program fits");
	length = ethernet ? append(program, length, COUNT(ethernetBeginning), ethernetBeginning)
			  : append(program, length, COUNT(rawBeginning), rawBeginning);
	length = append(program, length, COUNT(whenIpv4), whenIpv4);
	length = append(program, length, COUNT(ipv4), ipv4);
	length = append(program, length, COUNT(whenIpv6), whenIpv6);
	length = append(program, length, COUNT(ipv6), ipv6);
	length = append(program, length, COUNT(others), others);
	for (uint16_t i = 0; i < length; i++)
		if (program[i].code == (BPF_RET | BPF_K) && program[i].k != 0)
			program[i].k = frameBytes;
	request.len = length;
	return setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &request, sizeof(request));
}
