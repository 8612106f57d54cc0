/** The keys of `takeover` that both nodes of a pair have. */

import * as v from 'valibot';
import { HOUR_MS, MINUTE_MS } from '../../net/duration.ts';
import { hooks, orNone } from '../sections.ts';
import { entry, list, mapping } from '../shape.ts';
import { duration, durationOrFalse, flag, key, line, oneOf, wholeNumber } from '../values.ts';
import type { ActiveConfiguration } from './types.ts';

/** An answer may take 10 ms through the daemon. */
const MIN_CHECK_MS = 20;

const heartbeat = v.pipe(
  mapping({
    every: entry('From one heartbeat to the next.', v.optional(duration(5, MINUTE_MS), '100ms')),
    lost: entry(
      'So many missing in a row are a death.',
      v.optional(wholeNumber('a number of heartbeats', 2, 1000), 3),
    ),
  }),
  v.transform(({ every, lost }) => ({ everyMs: every, lost })),
);

const announce = v.pipe(
  mapping({
    forms: entry(
      'ARP requests, replies, or both; IPv6 has one form.',
      v.optional(
        list(oneOf(['request', 'reply']), { allowed: 'a list of request and reply', min: 1, max: 2 }),
        ['request'],
      ),
    ),
    repeat: entry('How often again.', v.optional(wholeNumber('a number of repetitions', 0, 1000), 0)),
    every: entry('From one repetition to the next.', v.optional(duration(10, HOUR_MS), '1s')),
    pace: entry("Between two addresses' repetitions.", v.optional(duration(0, MINUTE_MS), '5ms')),
  }),
  v.transform(({ forms, repeat, every, pace }) => ({
    forms: [...new Set(forms)],
    repeat,
    everyMs: every,
    paceMs: pace,
  })),
);

export const common = {
  name: entry(
    'What this node is called; of an active the name that its standby has for it. Read at the start.',
    v.optional(line('a name', 63)),
    'the host name',
  ),
  key: entry('Authenticates all messages; the same on both.', key),
  old_key: entry('Accepted as well, while the key is changed.', v.optional(key)),
  heartbeat: entry(
    'How often the nodes hear of each other; false: a machine that dies without a word is not noticed.',
    v.optional(orNone(heartbeat), {}),
  ),
  check: entry(
    'For so long it is asked whether anybody answers for an address before that is taken unasked; false: not at all.',
    v.optional(durationOrFalse(MIN_CHECK_MS, MINUTE_MS), '200ms'),
  ),
  announce: entry('How the network is told that an address has moved.', v.optional(announce, {})),
  arp: entry(
    'Each interface answers for its own addresses only: arp_ignore, arp_announce, rp_filter and rules are set.',
    v.optional(flag, true),
  ),
  real_time: entry('It runs before all other programs, however busy the machine is.', v.optional(flag, true)),
  hooks: entry(
    'Commands that are run on every change: with the event, address, interface, and peer.',
    v.optional(hooks, []),
  ),
};

interface CommonKeys {
  readonly name?: string | undefined;
  readonly key: string;
  readonly old_key?: string | undefined;
  readonly heartbeat: ActiveConfiguration['heartbeat'];
  readonly check: number | null;
  readonly announce: ActiveConfiguration['announce'];
  readonly arp: boolean;
  readonly real_time: boolean;
  readonly hooks: ActiveConfiguration['hooks'];
}

export function commonOf(keys: CommonKeys) {
  return {
    name: keys.name ?? null,
    key: keys.key,
    oldKey: keys.old_key ?? null,
    heartbeat: keys.heartbeat,
    checkMs: keys.check,
    announce: keys.announce,
    arp: keys.arp,
    realTime: keys.real_time,
    hooks: keys.hooks,
  };
}
