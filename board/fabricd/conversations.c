#define _GNU_SOURCE
#include "conversations.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "bpf.h"
#include "codes.h"
#include "record.h"

static bool counted;

bool conversations_note(const uint8_t *command)
{
	bool wereCounted = counted;

	if (record_kind(command) == COMMAND_CONFIGURE) {
		counted = false;
		for (uint32_t byte = 0; byte < sizeof(uint32_t); byte++)
			counted |= command[FIELD_CONVERSATIONS + byte] != 0;
		return wereCounted || counted;
	}
	return counted && (record_kind(command) == COMMAND_WATCH || record_kind(command) == COMMAND_UNWATCH);
}

bool conversations_count(void)
{
	return counted;
}

uint16_t conversations_code(struct sock_filter code[MAX_PART_CODE], bool isIpv4, bool narrow)
{
	struct part whole = {.code = code}, *part = &whole;

	networks_begin(part, IPPROTO_TCP, isIpv4);
	if (isIpv4)
		networks_past(part);
	PUT(LDB_X(isIpv4 ? TCP_FLAGS : IPV6_BYTES + TCP_FLAGS));
	PUT(JSET(TH_SYN | TH_RST, 0, 1));
	PUT(DROP);
	if (isIpv4)
		networks_back(part);
	networks_put(part, isIpv4, narrow);
	PUT(BPF_STMT(BPF_RET | BPF_K, FRAME_PART_BYTES));
	networks_skip(part);
	PUT(DROP);
	return part->length;
}
