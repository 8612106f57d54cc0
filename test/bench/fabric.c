/*
 * The fabric by hand: the work of assembly/ for Ethernet frames as it would be written in C alone, with
 * frames read where they lie. It is the measure for the module, and fabric.test.ts holds the two against
 * each other: the same verdicts, events and counters for the same frames. The interface is the daemon's
 * engine's. One translation unit, so that the compiler sees all of it, as it does of the module.
 *
 * Announcements and claims are left out: a router has none, and then the module looks at one number for each ARP and
 * neighbour message and goes on.
 */
#include "../../board/fabricd/engine.h"
#include "native/commands.h"
#include "native/handshakes.h"
#include "native/life.h"
#include "native/unreachables.h"
#include "native/wire.h"

#define ENDED_BY_FRAME 8u
#define ENDED_BY_TICK 4096u
/* The others of the same number are frame flags. */
#define DIRECTION_BITS 3u

struct fabric fabric = {.nowUs = NEVER_US};

static const struct engine_sink *sink;
static bool answering;

/* Sent to a group of stations, or to all. */
static bool isToGroup(const struct packet *packet)
{
	return packet->linkDestination & 1;
}

/* Somebody, or this machine, asks for an address, and not only whether somebody still has it. */
static void seeResolving(const struct packet *packet, struct address address)
{
	if (packet->direction == DIRECTION_OUT)
		resolving(address, packet->iface);
	else
		resolvedByOthers(packet, address);
}

static uint32_t arp(const struct packet *packet, const uint8_t *at)
{
	struct address sender = addressOf4(at + 14);
	uint32_t operation = be16(at + 6);
	bool gratuitous = memcmp(at + 14, at + 24, 4) == 0;
	bool unasked = gratuitous || (operation == 1 && isBroadcast(&fabric.prefixes, addressOf4(at + 24)));
	uint8_t sign = operation == 2 && !gratuitous ? SIGN_ARP : SIGN_ANNOUNCEMENT;

	if (operation == 1 && isToGroup(packet) && !gratuitous &&
	    isWatched(&fabric.prefixes, addressOf4(at + 24)))
		seeResolving(packet, addressOf4(at + 24));
	if (!isWatched(&fabric.prefixes, sender))
		return VERDICT_NOT_WATCHED;
	if (packet->direction == DIRECTION_OUT)
		return VERDICT_ARP_OWN;
	if (!isHostAddress(sender) || (operation != 1 && operation != 2))
		return VERDICT_ARP_NO_NEWS;
	return resolution(packet, sender, hardwareAt(at + 8), unasked, sign) ? VERDICT_ARP_SIGN
									     : VERDICT_ARP_NO_NEWS;
}

/* An advertisement speaks of its target, a solicitation of its source. */
static uint32_t neighbour(const struct packet *packet, uint32_t hopLimit, const uint8_t *at, uint32_t left)
{
	bool advertisement = at[0] == ICMPV6_ADVERTISEMENT;
	struct address speaker;
	bool unasked;

	if (left < NEIGHBOUR_BYTES || at[1] != 0 || at[8] == 0xff || hopLimit != 255)
		return VERDICT_NEIGHBOUR_MALFORMED;
	if (!advertisement && isToGroup(packet) && !isUnspecified(packet->source) &&
	    !isAddress4(addressOf16(at + 8)) && isWatched(&fabric.prefixes, addressOf16(at + 8)))
		seeResolving(packet, addressOf16(at + 8));
	speaker = advertisement ? addressOf16(at + 8) : packet->source;
	if (isAddress4(speaker))
		return VERDICT_NEIGHBOUR_MALFORMED;
	if (!isWatched(&fabric.prefixes, speaker))
		return VERDICT_NOT_WATCHED;
	if (packet->direction == DIRECTION_OUT)
		return VERDICT_NEIGHBOUR_OWN;
	if (!isHostAddress(speaker))
		return VERDICT_NEIGHBOUR_NO_NEWS;
	unasked = advertisement && !(at[4] & 0x40);
	return resolution(packet, speaker, neighbourHardware(at, left), unasked, SIGN_NEIGHBOUR)
		       ? VERDICT_NEIGHBOUR_SIGN
		       : VERDICT_NEIGHBOUR_NO_NEWS;
}

/* Whether a packet that says to be `length` bytes long was not cut on the wire. */
static bool isWhole(const struct packet *packet, uint32_t length, uint32_t left)
{
	return length <= left || length - left <= packet->missing;
}

static uint32_t ipv4(struct packet *packet, const uint8_t *at, uint32_t left)
{
	struct transport transport;

	if (!readIpv4(at, left, &transport) || !isWhole(packet, be16(at + 2), left))
		return VERDICT_IPV4_MALFORMED;
	if (transport.later)
		return VERDICT_LATER_FRAGMENT;
	if (transport.protocol == PROTOCOL_TCP) {
		packet->ip = at;
		packet->source = addressOf4(at + 12);
		packet->destination = addressOf4(at + 16);
		return segment(packet, &transport);
	}
	if (transport.protocol != PROTOCOL_ICMP)
		return VERDICT_OTHER_TRANSPORT;
	if (transport.left < ICMP_BYTES)
		return VERDICT_ICMP_MALFORMED;
	if (transport.at[0] == ICMP_UNREACHABLE)
		return unreachable4(packet, transport.at, transport.left);
	return VERDICT_OTHER_ICMP;
}

static uint32_t ipv6(struct packet *packet, const uint8_t *at, uint32_t left)
{
	struct transport transport;

	if (left >= IPV6_BYTES && be16(at + 4) != 0 && !isWhole(packet, IPV6_BYTES + be16(at + 4), left))
		return VERDICT_IPV6_MALFORMED;
	if (!readIpv6(at, left, false, &transport))
		return VERDICT_IPV6_MALFORMED;
	if (transport.later)
		return VERDICT_LATER_FRAGMENT;
	packet->source = addressOf16(at + 8);
	if (transport.protocol == PROTOCOL_TCP) {
		packet->ip = at;
		packet->destination = addressOf16(at + 24);
		/* An IPv4 address in disguise is on no wire; here it would be taken for the real one. */
		if (isAddress4(packet->source) || isAddress4(packet->destination))
			return VERDICT_IPV6_MALFORMED;
		return segment(packet, &transport);
	}
	if (transport.protocol != PROTOCOL_ICMPV6)
		return VERDICT_OTHER_TRANSPORT;
	if (transport.left < ICMP_BYTES)
		return VERDICT_ICMP_MALFORMED;
	if (transport.at[0] == ICMPV6_UNREACHABLE)
		return unreachable6(packet, transport.at, transport.left);
	if (transport.at[0] == ICMPV6_SOLICITATION || transport.at[0] == ICMPV6_ADVERTISEMENT)
		return neighbour(packet, at[7], transport.at, transport.left);
	return VERDICT_OTHER_ICMP;
}

static uint32_t ethernet(struct packet *packet, const uint8_t *at, uint32_t left)
{
	uint32_t type;

	if (left < ETHERNET_BYTES)
		return VERDICT_LINK_CUT_SHORT;
	type = be16(at + 12);
	packet->linkDestination = hardwareAt(at);
	packet->linkSource = hardwareAt(at + 6);
	at += ETHERNET_BYTES;
	left -= ETHERNET_BYTES;
	for (int tags = 0; isTag(type); tags++) {
		if (tags == MAX_TAGS)
			return VERDICT_TOO_MANY_TAGS;
		if (left < TAG_BYTES)
			return VERDICT_LINK_CUT_SHORT;
		type = be16(at + 2);
		at += TAG_BYTES;
		left -= TAG_BYTES;
	}
	switch (type) {
	case TYPE_IPV4:
		return ipv4(packet, at, left);
	case TYPE_IPV6:
		return ipv6(packet, at, left);
	case TYPE_ARP:
		return isArp(at, left) ? arp(packet, at) : (uint32_t)VERDICT_ARP_MALFORMED;
	default:
		return VERDICT_OTHER_PROTOCOL;
	}
}

static void advance(int64_t us)
{
	if (us > fabric.nowUs)
		fabric.nowUs = us;
}

uint32_t engine_frame(uint32_t link, uint32_t iface, uint32_t direction, uint32_t captured, uint32_t length,
		      const uint8_t *bytes, uint64_t nowUs)
{
	uint32_t looked = captured < FRAME_BYTES ? captured : FRAME_BYTES;
	struct packet packet = {
		.iface = (uint8_t)iface,
		.direction = direction & DIRECTION_BITS,
		.flags = (uint8_t)direction,
		.missing = length > looked ? length - looked : 0,
		.timeUs = (int64_t)nowUs,
	};
	uint32_t verdict = VERDICT_NOT_CONFIGURED;

	advance((int64_t)nowUs);
	if (fabric.configured) {
		expire(ENDED_BY_FRAME);
		verdict = VERDICT_OTHER_LINK;
		if (link == LINK_ETHERNET)
			verdict = ethernet(&packet, bytes, looked);
	}
	fabric.counters[verdict]++;
	if (fabric.pending > EVENT_CAPACITY - EVENT_RESERVE)
		engine_settle();
	return verdict;
}

void engine_tick(uint64_t nowUs)
{
	advance((int64_t)nowUs);
	if (fabric.configured)
		expire(ENDED_BY_TICK);
}

int engine_start(const struct engine_sink *eventSink)
{
	sink = eventSink;
	return 0;
}

uint32_t engine_command(const uint8_t record[RECORD_BYTES])
{
	answering = true;
	return carryOut(record);
}

void engine_settle(void)
{
	for (;;) {
		if (fabric.pending > 0) {
			sink->take(fabric.pending, (const uint8_t *)fabric.events);
			fabric.pending = 0;
			answering = true;
		}
		if (!answering)
			return;
		expire(ENDED_BY_TICK);
		handOut();
		answering = fabric.pending > 0;
	}
}
