/** Events of detection and recovery. */
import { type Entries, maybe } from './kinds.ts';

const TARGET = { server: 'text', port: 'number', protocol: maybe(['udp'] as const) } as const;
const CAUSE = ['unreachable', 'unanswered', 'refused'] as const;
const SIGN = maybe([
  'trap',
  'arp',
  'announcement',
  'syn-ack',
  'neighbour',
  'acknowledged',
  'conversation',
  'connect',
] as const);
const VERDICT = ['answered', 'reset', 'silent', 'void'] as const;
const TRAP = { peer: 'text', oid: maybe('text'), count: maybe('number') } as const;

export const DETECTION = {
  'client.waiting': {
    level: 'info',
    fields: { ...TARGET, client: 'text' },
    is: 'This client waits for that server.',
    act: null,
  },
  'client.passed': {
    level: 'debug',
    fields: { ...TARGET, client: 'text', reason: ['alone', 'answered', 'swept'] },
    is: 'This client is not, or no longer, counted among those who wait: the server answers others and turned him `alone` away; it has `answered` him since; or he tried too long ago.',
    act: null,
  },
  'client.untold': {
    level: 'debug',
    fields: { server: 'text', client: 'text', reason: ['noAddress', 'stale', 'stopped', 'handedOver'] },
    is: 'The server is back, and nobody is told for this client: no mail address is known, he tried too long ago, his people want no notices; or he is on the list of whoever knows.',
    act: null,
  },
  'suspicion.opened': {
    level: 'info',
    fields: { ...TARGET, cause: CAUSE },
    is: 'The first client failed there: the server is [asked](detection.md#a-suspicion-is-asked).',
    act: null,
  },
  'suspicion.ended': {
    level: 'info',
    fields: { ...TARGET, outcome: ['alone', 'short', 'outage', 'service', 'narrowed', 'dropped'] },
    is: 'It is found out what the suspicion was; `dropped`: its place was needed, or all who failed are forgotten.',
    act: null,
  },
  'suspicion.asked': {
    level: 'debug',
    fields: { ...TARGET, verdict: VERDICT, met: 'text' },
    is: 'A suspected service was asked: what the probe found, and what was seen of it.',
    act: null,
  },
  'service.asked': {
    level: 'debug',
    fields: { ...TARGET, verdict: VERDICT, met: 'text' },
    is: 'A living service was asked whether it admits this router.',
    act: null,
  },
  'forward.found': {
    level: 'info',
    fields: { server: 'text', port: 'number', place: 'text' },
    is: 'This machine forwards `place` to that service of a watched server, as its own rules say.',
    act: null,
  },
  'forward.left': {
    level: 'info',
    fields: { unread: 'number', left: 'number' },
    is: 'So many rules of this machine that translate destinations do so not for everybody, or for nobody knows whom, and so many ports are more than there is room for: what is forwarded there is not noticed, but for what `servers` names.',
    act: null,
  },
  'forward.oversize': {
    level: 'warn',
    fields: { limit: 'number' },
    is: "This machine's rules are more than `limit` bytes in nft's JSON, and not read: what they forward is not noticed, but for what was found before, and what `servers` names.",
    act: 'Name what matters in `servers`, with `real`; lists of addresses belong in sets, which do not count.',
  },
  'outage.opened': {
    level: 'info',
    fields: { ...TARGET, cause: CAUSE },
    is: 'It is down, for everybody. Port 0 is the host.',
    act: null,
  },
  'outage.closed': {
    level: 'info',
    fields: {
      ...TARGET,
      cause: CAUSE,
      sign: SIGN,
      clients: 'number',
      people: 'number',
      queued: 'number',
      told: 'number',
      failed: 'number',
      noAddress: maybe('number'),
      stale: maybe('number'),
      stopped: maybe('number'),
      handedOver: maybe('number'),
    },
    is: 'It is over. `sign` is the latest sign of life, null if nobody waited any more; what is counted: [notices](notices.md#words).',
    act: null,
  },
  'recovery.signal': {
    level: 'info',
    fields: {
      server: 'text',
      port: maybe('number'),
      protocol: TARGET.protocol,
      sign: SIGN,
      trap: maybe('text'),
    },
    is: 'A sign of life of a server that is down; on a relay a trap, which has no port.',
    act: null,
  },
  'recovery.confirmed': {
    level: 'info',
    fields: TARGET,
    is: 'It has answered for `recover.settle`.',
    act: null,
  },
  'recovery.denied': { level: 'info', fields: TARGET, is: 'It does not answer after all.', act: null },
  'trap.ignored': {
    level: 'info',
    fields: TRAP,
    is: 'A trap of a kind that is not accepted; `count` of them, a line a minute.',
    act: null,
  },
  'trap.malformed': {
    level: 'warn',
    fields: TRAP,
    is: 'A message to the port of traps is none; `count` of them, a line a minute.',
    act: null,
  },
  'trap.unauthorised': {
    level: 'warn',
    fields: TRAP,
    is: 'A trap with a community or a user that is not in the configuration; `count` of them, a line a minute.',
    act: 'If it is one of your machines: give both the same community or user.',
  },
  'trap.limited': {
    level: 'warn',
    fields: TRAP,
    is: 'More traps than are taken in a second; `count` of them, a line a minute.',
    act: null,
  },
  'trap.failed': {
    level: 'error',
    fields: { reason: 'text' },
    is: "The traps' socket has failed.",
    act: 'Look at the reason.',
  },
} as const satisfies Entries;
