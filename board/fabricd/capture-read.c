#define _GNU_SOURCE
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "capture.h"
#include "engine.h"

/* Without a ring: at most so many frames before others have their turn. */
#define FRAMES_AT_ONCE 256u
#define PLAIN_BYTES 2048u
/* Of conversations, with a ring. */
#define BLOCKS_AT_ONCE 2u

/* What the kernel says of a frame. */
struct about {
	/* Of its checksum, among other things. */
	uint32_t status;
	/* On the wire. */
	uint32_t length;
};

static void give(const struct capture *capture, uint8_t kind, struct about about, uint32_t captured,
		 const uint8_t *bytes, uint64_t nowUs)
{
	uint32_t direction = DIRECTION_OUT;

	if (capture->loopback && kind == PACKET_OUTGOING)
		return;
	if (kind != PACKET_OUTGOING) {
		direction = DIRECTION_IN;
		/* Not ready: it is of this machine or a guest, and a checksum is written where it goes out on a wire. */
		if (about.status & (TP_STATUS_CSUM_VALID | TP_STATUS_CSUMNOTREADY))
			direction |= FRAME_FLAG_VOUCHED;
		if (kind == PACKET_OTHERHOST)
			direction |= FRAME_FLAG_FOR_OTHERS;
	}
	engine_frame(capture->ethernet ? LINK_ETHERNET : LINK_RAW, capture->number, direction, captured,
		     about.length, bytes, nowUs);
}

static void readRing(struct capture *capture, uint64_t nowUs)
{
	uint32_t most = capture->filter == FILTER_CONVERSATIONS ? BLOCKS_AT_ONCE : RING_BLOCKS;

	for (uint32_t blocks = 0; blocks < most; blocks++) {
		struct tpacket_block_desc *block =
			(void *)(capture->ring + (size_t)capture->block * capture->blockBytes);
		const uint8_t *at;

		if (!(__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
			return;
		at = (const uint8_t *)block + block->hdr.bh1.offset_to_first_pkt;
		for (uint32_t i = 0; i < block->hdr.bh1.num_pkts; i++) {
			const struct tpacket3_hdr *header = (const void *)at;
			const struct sockaddr_ll *source =
				(const void *)(at + TPACKET_ALIGN(sizeof(*header)));

			give(capture, source->sll_pkttype,
			     (struct about){.status = header->tp_status, .length = header->tp_len},
			     header->tp_snaplen, at + header->tp_mac, nowUs);
			at += header->tp_next_offset;
		}
		__atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		capture->block = (capture->block + 1) % RING_BLOCKS;
	}
}

/* What the ring has beside each frame; from a kernel that does not say it, nothing is known. */
static struct about aboutOf(struct msghdr *message)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	struct tpacket_auxdata auxiliary;

	if (control == NULL || control->cmsg_level != SOL_PACKET || control->cmsg_type != PACKET_AUXDATA ||
	    control->cmsg_len < CMSG_LEN(sizeof(auxiliary)))
		return (struct about){.length = UINT32_MAX};
	memcpy(&auxiliary, CMSG_DATA(control), sizeof(auxiliary));
	return (struct about){.status = auxiliary.tp_status, .length = auxiliary.tp_len};
}

static void readFrames(struct capture *capture, uint64_t nowUs)
{
	for (uint32_t i = 0; i < FRAMES_AT_ONCE; i++) {
		uint8_t bytes[PLAIN_BYTES];
		union {
			struct cmsghdr alignment;
			uint8_t bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
		} control;
		struct sockaddr_ll source;
		struct iovec part = {.iov_base = bytes, .iov_len = sizeof(bytes)};
		struct msghdr message = {
			.msg_name = &source,
			.msg_namelen = sizeof(source),
			.msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control),
		};
		ssize_t length = recvmsg(capture->fd, &message, 0);

		if (length < 0)
			return;
		give(capture, source.sll_pkttype, aboutOf(&message), (uint32_t)length, bytes, nowUs);
	}
}

void capture_read(struct capture *capture, uint64_t nowUs)
{
	if (capture->ring != NULL)
		readRing(capture, nowUs);
	else
		readFrames(capture, nowUs);
}
