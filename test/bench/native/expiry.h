/* The end of connection requests: answered, judged when their time is over, or gone for others. */
#ifndef EXPIRY_H_
#define EXPIRY_H_

#include "outages.h"

/* Attempts that are passed by in the search for one that may go; more than any of them weighs. */
enum { MAX_PASSED = 8, WEIGHTS = 3 };

/* The end of an attempt. */
static inline void end(struct attempt *attempt, uint8_t outcome)
{
	static const uint8_t counters[] = {
		[OUTCOME_OPEN] = COUNTER_OPEN,
		[OUTCOME_ANSWERED] = COUNTER_ANSWERED,
		[OUTCOME_REFUSED] = COUNTER_REFUSED,
		[OUTCOME_UNANSWERED] = COUNTER_UNANSWERED,
		[OUTCOME_UNREACHABLE] = COUNTER_UNREACHABLE,
	};

	fabric.counters[counters[outcome]]++;
	if (fabric.options & OPTION_REPORT_ATTEMPTS) {
		struct event *event = emit(EVENT_ATTEMPT);

		event->code = outcome;
		event->port = (uint16_t)attempt->ports;
		event->tries = attempt->tries;
		event->server = attempt->server;
		event->client = attempt->client;
		event->firstUs = attempt->firstUs;
		event->sequence = attempt->sequence;
		event->clientPort = (uint16_t)(attempt->ports >> 16);
	}
	removeAttempt(&fabric.attempts, attempt);
}

/* What silence means: of a whole host that it is down, of one port only if a service is known there. */
static inline void judge(struct attempt *attempt)
{
	uint64_t clientHash = hashAddress(&fabric.key, attempt->client);
	uint64_t serverHash = hashAddress(&fabric.key, attempt->server);
	uint16_t port = (uint16_t)attempt->ports;
	struct server *outage = findOutage(attempt->server, serverHash, port);
	const struct server *host, *service;
	bool answers;

	if (attempt->acknowledged || attempt->credited == attempt->tries)
		return;
	if (outage != NULL) {
		credit(outage, attempt, clientHash);
		return;
	}
	service = findServer(&fabric.servers, attempt->server, serverHash, port);
	if (service != NULL && service->heardUs > attempt->lastUs) {
		fabric.counters[COUNTER_UNJUDGED]++;
		return;
	}
	host = findServer(&fabric.servers, attempt->server, serverHash, 0);
	answers = host != NULL && host->heardUs >= attempt->firstUs;
	if (isKnownService(attempt->server, serverHash, port))
		fail(attempt, clientHash, serverHash, answers ? port : 0, CAUSE_UNANSWERED);
	else if (!answers && (host == NULL || host->services == 0))
		fail(attempt, clientHash, serverHash, 0, CAUSE_UNANSWERED);
	else
		fabric.counters[COUNTER_SERVICES_UNKNOWN]++;
}

/* Where unreachable messages do not count, what one was about was silent all the same. */
static inline bool wasSilent(const struct attempt *attempt)
{
	return attempt->outcome == OUTCOME_UNREACHABLE && !(fabric.options & OPTION_UNREACHABLE);
}

/* What was doubted is judged now. */
static inline void judgeDoubted(struct attempt *attempt)
{
	uint64_t serverHash = hashAddress(&fabric.key, attempt->server);
	uint16_t port = attempt->flags & HOST_DOUBTED ? 0 : (uint16_t)attempt->ports;
	const struct server *server = findServer(&fabric.servers, attempt->server, serverHash, port);

	if (server != NULL && server->heardUs > attempt->deadlineUs - fabric.waitUs) {
		fabric.counters[COUNTER_UNJUDGED]++;
		return;
	}
	fail(attempt, hashAddress(&fabric.key, attempt->client), serverHash, port,
	     attempt->outcome == OUTCOME_REFUSED ? CAUSE_REFUSED : CAUSE_UNREACHABLE);
}

/* Whether in this wait the service has answered somebody between two of its requests. */
static inline bool isEarly(const struct attempt *attempt)
{
	uint64_t serverHash = hashAddress(&fabric.key, attempt->server);
	const struct server *service =
		findServer(&fabric.servers, attempt->server, serverHash, (uint16_t)attempt->ports);

	if (service == NULL || isDown(service))
		return false;
	return service->heardUs > attempt->deadlineUs - fabric.waitUs && service->heardUs < attempt->lastUs &&
	       attempt->lastUs + fabric.waitUs > fabric.nowUs;
}

/* Ends at most `most` attempts that are due. */
static inline void expire(uint32_t most)
{
	struct attempts *attempts = &fabric.attempts;

	for (uint32_t i = 0; i < most && hasRoom(); i++) {
		struct attempt *attempt = &attempts->at[attempts->settled.head];

		if (attempts->settled.head != 0 && attempt->deadlineUs <= fabric.nowUs) {
			if (fabric.options & OPTION_UNANSWERED && wasSilent(attempt))
				judge(attempt);
			if (attempt->flags & (SERVICE_DOUBTED | HOST_DOUBTED))
				judgeDoubted(attempt);
			end(attempt, attempt->outcome);
			continue;
		}
		attempt = &attempts->at[attempts->open.head];
		if (attempts->open.head == 0 || attempt->deadlineUs > fabric.nowUs)
			return;
		if (fabric.options & OPTION_UNANSWERED) {
			if (isEarly(attempt)) {
				extendAttempt(attempts, attempt, fabric.nowUs + fabric.waitUs);
				continue;
			}
			judge(attempt);
		}
		end(attempt, OUTCOME_UNANSWERED);
	}
}

/* How much an attempt matters: first whether its server has ever answered, then whether its client is known. */
static inline uint32_t weightOf(const struct attempt *attempt)
{
	uint64_t serverHash = hashAddress(&fabric.key, attempt->server);
	const struct server *host = findServer(&fabric.servers, attempt->server, serverHash, 0);

	if (host != NULL && hasAnswered(host))
		return 2;
	return isKnown(&fabric.known, attempt->client, hashAddress(&fabric.key, attempt->client));
}

/* The open attempt that goes: from a share at least half as full as the fullest, one of those that matter least. */
static inline uint32_t leastOpen(void)
{
	struct attempts *attempts = &fabric.attempts;
	uint32_t enough = fullestShare(attempts) >> 1, least = WEIGHTS, victim = 0;
	uint32_t oldest = nextCandidate(attempts), index = oldest;

	for (uint32_t passed = 0;; passed++) {
		const struct attempt *attempt = &attempts->at[index];
		uint32_t weight = attempts->shares[attempt->share] < enough ? WEIGHTS : weightOf(attempt);

		if (weight < least) {
			victim = index;
			least = weight;
		}
		if (weight == 0 || passed == MAX_PASSED)
			break;
		index = passed + 1 == MAX_PASSED ? attempts->open.tail : nextCandidate(attempts);
	}
	if (victim == 0)
		victim = oldest;
	if (victim != attempts->open.tail)
		attempts->candidate = attempts->at[victim].next;
	return victim;
}

static inline void makeRoomForAttempt(void)
{
	struct attempts *attempts = &fabric.attempts;
	uint32_t index = attempts->settled.head;

	if (attempts->freeHead != 0)
		return;
	fabric.counters[COUNTER_ATTEMPTS_EVICTED]++;
	if (index == 0) {
		index = leastOpen();
		fabric.counters[COUNTER_OPEN_EVICTED]++;
	}
	end(&attempts->at[index], attempts->at[index].outcome);
}

#endif
