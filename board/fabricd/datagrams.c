#define _GNU_SOURCE
#include "datagrams.h"

#include <linux/if_ether.h>
#include <netinet/in.h>

#include "bpf.h"
#include "codes.h"
#include "networks.h"
#include "record.h"

/* More than that, and all ports pass: the module looks again. */
#define MAX_PORTS 32u

#define UDP_DESTINATION 2
/* Two tags, the longest header of IPv4 and that of UDP; and the checksum of a short datagram can be judged. */
#define DATAGRAM_BYTES 128u
#define PASS_DATAGRAM BPF_STMT(BPF_RET | BPF_K, DATAGRAM_BYTES)

static uint16_t ports[MAX_PORTS];
static uint32_t portCount;
static bool allPorts;

static void notePort(uint16_t port, bool on)
{
	uint32_t at = 0;

	while (at < portCount && ports[at] != port)
		at++;
	if (on && at == portCount) {
		if (portCount == MAX_PORTS)
			allPorts = true;
		else
			ports[portCount++] = port;
	} else if (!on && at < portCount) {
		ports[at] = ports[--portCount];
	}
}

static bool areCounted(void)
{
	return portCount > 0 || allPorts;
}

bool datagrams_note(const uint8_t *command)
{
	uint16_t port = (uint16_t)(command[FIELD_PORT] | command[FIELD_PORT + 1] << 8);
	bool wereCounted = areCounted();

	switch (record_kind(command)) {
	case COMMAND_CONFIGURE:
		portCount = 0;
		allPorts = false;
		break;
	case COMMAND_WATCH:
	case COMMAND_UNWATCH:
		break;
	case COMMAND_DATAGRAMS:
		notePort(port, command[FIELD_CODE] != 0);
		break;
	default:
		return false;
	}
	return wereCounted || areCounted();
}

/* Beyond what follows if the port at X + `at` is one of them, and `behind` instructions further. */
static void putPorts(struct part *part, uint32_t at, uint32_t behind)
{
	PUT(LDH_X(at));
	for (uint32_t i = 0; i < portCount; i++)
		PUT(JEQ(ports[i], (uint8_t)(portCount - i - 1 + behind), 0));
}

/* What has neither port, or is none with the end of them, is dropped; X as it was. */
static void putBothPorts(struct part *part, bool isIpv4)
{
	if (isIpv4)
		networks_past(part);
	/* The others, and that they are dropped. */
	putPorts(part, isIpv4 ? 0 : IPV6_BYTES, 1 + portCount + 1);
	putPorts(part, isIpv4 ? UDP_DESTINATION : IPV6_BYTES + UDP_DESTINATION, 1);
	PUT(DROP);
	if (isIpv4)
		networks_back(part);
}

uint16_t datagrams_code(struct sock_filter code[MAX_PART_CODE], uint16_t protocol, bool narrow)
{
	struct part whole = {.code = code}, *part = &whole;
	bool isIpv4 = protocol == ETH_P_IP;

	if (!areCounted())
		return 0;
	networks_begin(part, IPPROTO_UDP, isIpv4);
	/* Most have another port, whatever their addresses are. */
	if (!allPorts)
		putBothPorts(part, isIpv4);
	networks_put(part, isIpv4, narrow);
	PUT(PASS_DATAGRAM);
	networks_skip(part);
	return part->length;
}
