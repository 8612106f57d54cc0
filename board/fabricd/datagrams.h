/* Datagrams in the kernel filter: those between watched servers and their clients, at ports that count. */
#ifndef DATAGRAMS_H_
#define DATAGRAMS_H_

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

#include "networks.h"

/*
 * The module has carried out that command: whether another filter is right from now on. While no datagrams count it is
 * the one that it always was.
 */
bool datagrams_note(const uint8_t *command);

/*
 * Writes what goes before the rest for packets of that network protocol, whose header lies at X. What is no UDP goes on behind
 * it, with X as it was. Without `narrow` servers are not told from others. Returns the number of instructions; 0 while none
 * count.
 */
uint16_t datagrams_code(struct sock_filter code[MAX_PART_CODE], uint16_t protocol, bool narrow);

#endif
