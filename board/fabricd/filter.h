/*
 * The kernel filters: only frames that can matter are copied to us. One is for handshakes, errors, neighbour finding, and
 * datagrams that count; the other for the rest of conversations, where those count.
 */
#ifndef FILTER_H_
#define FILTER_H_

#include <stdbool.h>
#include <stdint.h>

enum filter { FILTER_HANDSHAKES, FILTER_CONVERSATIONS };

/* The module has carried out that command: bits (1 << a filter) of those that are others from now on. */
uint8_t filter_note(const uint8_t *command);

/* Whether it lets anything pass. */
bool filter_counts(enum filter which);

/*
 * Attaches the filter to `socket`. `ethernet` says whether frames begin with an Ethernet header or with
 * the IP header. Frames that pass are cut to `frameBytes`, datagrams and conversations to less. 0, or -1 with errno.
 */
int filter_attach(int socket, enum filter which, bool ethernet, uint32_t frameBytes);

#endif
