/* Frames of one interface, by a packet socket with a ring shared with the kernel. */
#ifndef CAPTURE_H_
#define CAPTURE_H_

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "filter.h"

/* Of a ring. */
#define RING_BLOCKS 32u

struct capture {
	char name[IFNAMSIZ];
	/* How the module and the program call it: its place on the command line, from 1. */
	uint16_t number;
	/* Whether it can carry frames now. */
	bool up;
	/* Its Ethernet address, as last seen. */
	uint8_t hardware[6];
	bool hasHardware;
	/* Frames that passed the filter and were taken; those for which the kernel had no room. */
	uint64_t received, dropped;

	/* The sockets for both kinds of interfaces, and which of them is in use; -1: there has been no interface yet. */
	int ethernetFd, plainFd, fd;
	/* The kernel's number of the interface of that name, as last seen; 0: there is none. */
	int index;
	/* Frames come with an Ethernet header, not from their IP header on. */
	bool ethernet;
	/* Shows every frame twice. */
	bool loopback;
	/* Which frames it is for. */
	enum filter filter;
	/* Bound to `index`. */
	bool bound;
	/* Frames to whomever are wanted; and the interface that was told so for the socket in use, 0: none. */
	bool everything;
	int promiscuous;
	uint8_t *ring;
	uint32_t blockBytes, block;
};

/*
 * Opens `name`. Everything that needs a privilege happens here. 0, or -1 having said what is wrong. Going
 * down and up, vanishing and coming back as an interface of whatever kind need no privilege: see capture_check(). With
 * `awaited` it need not be there yet. Nothing is listened to where the filter lets nothing pass.
 */
int capture_open(struct capture *capture, uint16_t number, const char *name, enum filter filter,
		 bool awaited);

/*
 * Gives the frames that are there to the module; nowUs is the time of all of them. Those of conversations only as many as delay
 * others by little: what then finds no room in their ring is not looked at.
 */
void capture_read(struct capture *capture, uint64_t nowUs);

/*
 * Looks where the interface is: gone, back under another index, up, down. True when `up` or `hardware` changed. Due after
 * POLLERR, and from time to time: a cable that is pulled wakes nobody.
 */
bool capture_check(struct capture *capture);

/* Whether frames to other machines are wanted, as on a mirror port. Needs no privilege. */
void capture_everything(struct capture *capture, bool on);

/* Listens on `name` in the place of what it listened on, as soon as there is one. Needs no privilege, either. */
void capture_move(struct capture *capture, const char name[IFNAMSIZ]);

/*
 * Sends a whole Ethernet frame, without any privilege, where capture_check() has just looked. `*reason` becomes what
 * is wrong, for people, or "". Returns a SENT_.
 */
uint8_t capture_send(const struct capture *capture, uint32_t length, const uint8_t *bytes,
		     const char **reason);

/* Attaches the filter anew, for it is another one from now on, or listens no longer. Needs no privilege. */
void capture_filter(struct capture *capture);

/* Brings `received` and `dropped` up to date; says so when frames were dropped. */
void capture_count(struct capture *capture);

#endif
