/** What `history` and `outbox` say of themselves. */

const RECORDS_HELP = `Asks the process behind the control socket; if none runs, looks into the database in \`state\` itself.
Times are ISO 8601, or null where the router's clock was wrong; seconds are right in any case.`;

export const HISTORY_HELP = `The latest come first.
${RECORDS_HELP}

--json prints {"outages": [{"server", "port", "cause", "from", "to", "seconds", "sign", "clients", "people", "told", "queued",
"failed", "untold": {"noAddress", "stale", "stopped", "limited"}, "handedOver": {"clients", "sent", "queued", "failed"}}]}.
Port 0 is the host as a whole; sign is null when nobody waited any more. Clients waited; people, who may have several of them,
were to be told: told are those whose mail the mail server has taken, the mails of others are queued, or have failed (null: an
older version did not count). Others are not told: of noAddress clients nobody's address is known, stale people tried too long
ago, stopped ones want no notices; limited are those of the queued who had as many mails as allowed. handedOver are clients on
a list for a relay of whom nobody is known here, and what has become of the lists. A relay prints
{"lists": [{"server", "part", "parts", "clients", "people", "told", "queued", "failed", "received"}]}.`;

export const OUTBOX_HELP = `list   undelivered ones first, oldest first; then sent and given up ones, latest first
retry  tries those that wait now, and those that were given up as if they were new
drop   gives up those that wait

MESSAGE-ID is the beginning of one, long enough to tell it from all others. When it can't be done for one
of several, it is done for none; --all leaves out what is being sent at this moment.
${RECORDS_HELP}

--json prints {"queued": 1, "notices": [{"id", "messageId", "mail", "servers", "clients", "list", "state", "beingSent",
"tries", "reason", "entered", "next", "nextInSeconds", "finished"}]}; queued counts those that are not listed, too.
list is null, or of a list of who waited {"part", "parts", "clients"}, with their number.
After retry and drop it is {"notices": 1, "beingSent": 0}: for how many it was done, and how many were left out.`;
