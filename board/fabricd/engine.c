#include "engine.h"

#include <string.h>

#include "fabric.h"
#include "log.h"
#include "record.h"

static w2c_fabric module;
static const struct engine_sink *sink;
static uint32_t frameAt, commandAt, eventAt, outgoingAt;
static uint32_t pending;
static bool answering, configured;

/* The module says where its buffers are; that they lie in its memory is checked once: it never shrinks. */
static bool inside(uint32_t at, uint64_t length)
{
	return at + length <= module.w2c_memory.size;
}

void engine_bound(uint32_t mib)
{
	if (mib > 0)
		wasm_rt_bound_memory((uint64_t)mib << 20);
}

int engine_start(const struct engine_sink *eventSink)
{
	sink = eventSink;
#ifdef MODULE_ASSERTS
	wasm2c_fabric_instantiate(&module, (struct w2c_env *)&module);
#else
	wasm2c_fabric_instantiate(&module);
#endif
	frameAt = w2c_fabric_frameBuffer(&module);
	commandAt = w2c_fabric_commandBuffer(&module);
	eventAt = w2c_fabric_eventBuffer(&module);
	outgoingAt = w2c_fabric_outgoingBuffer(&module);
	if (!inside(frameAt, FRAME_BYTES) || !inside(commandAt, RECORD_BYTES) ||
	    !inside(outgoingAt, OUTGOING_BYTES) ||
	    !inside(eventAt, (uint64_t)EVENT_CAPACITY * RECORD_BYTES)) {
		say("the fabric module and this engine do not fit each other");
		return -1;
	}
	return 0;
}

/* A copy of a known length is a few instructions, and any length of a part is two of them. */
static void copyPart(uint8_t *to, const uint8_t *from, uint32_t length)
{
	_Static_assert(FRAME_PART_BYTES == 128, "twice the longest");
	if (length >= 64) {
		memcpy(to, from, 64);
		memcpy(to + length - 64, from + length - 64, 64);
	} else if (length >= 32) {
		memcpy(to, from, 32);
		memcpy(to + length - 32, from + length - 32, 32);
	} else {
		for (uint32_t i = 0; i < length; i++)
			to[i] = from[i];
	}
}

uint32_t engine_frame(uint32_t link, uint32_t iface, uint32_t direction, uint32_t captured, uint32_t length,
		      const uint8_t *bytes, uint64_t nowUs)
{
	uint32_t looked = captured < FRAME_BYTES ? captured : FRAME_BYTES;
	uint32_t shown = looked < FRAME_PART_BYTES ? looked : FRAME_PART_BYTES;
	uint8_t *buffer = module.w2c_memory.data + frameAt;
	uint32_t result;

	copyPart(buffer, bytes, shown);
	result = w2c_fabric_frame(&module, link, iface, direction, shown < looked ? looked | IN_PART : looked,
				  length, (uint32_t)nowUs, (uint32_t)(nowUs >> 32));
	if ((result & 0xff) == WANTS_ALL) {
		memcpy(buffer, bytes, looked);
		result = w2c_fabric_wholeFrame(&module, link, looked);
	}
	pending = result >> 8;
	if (pending > EVENT_CAPACITY - EVENT_RESERVE)
		engine_settle();
	return result & 0xff;
}

void engine_tick(uint64_t nowUs)
{
	pending = w2c_fabric_tick(&module, (uint32_t)nowUs, (uint32_t)(nowUs >> 32));
}

uint32_t engine_command(const uint8_t record[RECORD_BYTES])
{
	uint32_t result;

	memcpy(module.w2c_memory.data + commandAt, record, RECORD_BYTES);
	result = w2c_fabric_command(&module);
	pending = result >> 8;
	answering = true;
	if ((result & 0xff) != STATUS_OK)
		return result & 0xff;
	if (record_kind(record) == COMMAND_CONFIGURE)
		configured = true;
	return 0;
}

bool engine_outgoing(struct engine_outgoing *frame)
{
	uint32_t outgoing = w2c_fabric_outgoing(&module);
	uint32_t length = outgoing & 0xffff;

	if (length == 0 || length > OUTGOING_BYTES)
		return false;
	*frame = (struct engine_outgoing){
		.bytes = module.w2c_memory.data + outgoingAt,
		.length = length,
		.number = (uint16_t)(outgoing >> 16),
	};
	return true;
}

void engine_settle(void)
{
	for (;;) {
		if (pending > EVENT_CAPACITY)
			pending = EVENT_CAPACITY;
		if (pending > 0) {
			sink->take(pending, module.w2c_memory.data + eventAt);
			w2c_fabric_drained(&module);
			pending = 0;
			answering = true;
		}
		/* A long answer would rather wait inside the module than be lost on the way. */
		if (!answering || sink->room() < EVENT_CAPACITY)
			return;
		pending = w2c_fabric_resume(&module);
		answering = pending > 0 || w2c_fabric_busy(&module);
		/* Of very many who have nothing to say a part is gone through: frames come first. */
		if (pending == 0)
			return;
	}
}

bool engine_busy(void)
{
	return answering;
}

bool engine_configured(void)
{
	return configured;
}
