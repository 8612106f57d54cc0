/* The filter of conversations: what watched servers and their clients send beside handshakes, which have a filter of their own. */
#ifndef CONVERSATIONS_H_
#define CONVERSATIONS_H_

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

#include "networks.h"

/* The module has carried out that command: whether another filter is right from now on, or none any more. */
bool conversations_note(const uint8_t *command);

bool conversations_count(void);

/* The same as `datagrams_code`, but that nothing else passes. */
uint16_t conversations_code(struct sock_filter code[MAX_PART_CODE], bool isIpv4, bool narrow);

#endif
