/* Watched networks in the kernel filters: whether a packet is from or to a server. */
#ifndef NETWORKS_H_
#define NETWORKS_H_

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

/* Instructions that it has at the most, and what goes before and behind it. */
#define MAX_PART_CODE 1280u

/* A part of a program under construction. */
struct part {
	struct sock_filter *code;
	uint16_t length;
	/* The jump of packets of other protocols. */
	uint16_t others;
	/* Those of addresses that are watched. */
	uint16_t found[64];
	uint16_t foundCount;
};

void part_put(struct part *part, struct sock_filter instruction);

#define PUT(...) part_put(part, (struct sock_filter)__VA_ARGS__)

/* The module has carried out that command, which may say what is watched. */
void networks_note(const uint8_t *command);

/* What is of another protocol goes where `networks_skip` is called; later fragments are dropped. X is where the packet begins. */
void networks_begin(struct part *part, uint8_t protocol, bool isIpv4);
void networks_skip(struct part *part);

/* What is about no server is dropped. Without `narrow` servers are not told from others. */
void networks_put(struct part *part, bool isIpv4, bool narrow);

/* Of IPv4: X is where its payload begins, and then where the packet does again. */
void networks_past(struct part *part);
void networks_back(struct part *part);

#endif
