/* The kernel filter: only frames that can matter are copied to us (handshakes, errors, neighbour finding; datagrams that count). */
#ifndef FILTER_H_
#define FILTER_H_

#include <stdbool.h>
#include <stdint.h>

/*
 * Attaches the filter to `socket`. `ethernet` says whether frames begin with an Ethernet header or with
 * the IP header. Frames that pass are cut to `frameBytes`, datagrams to less. 0, or -1 with errno.
 */
int filter_attach(int socket, bool ethernet, uint32_t frameBytes);

#endif
