/** The configuration of `ringback takeover`: its keys, their defaults, and what they become. */

import * as v from 'valibot';
import { orNone } from '../sections.ts';
import { isMapping, list, mapping, type Shape } from '../shape.ts';
import {
  address,
  addressOnNetwork,
  command,
  duration,
  durationOrFalse,
  endpoint,
  flag,
  interfaceName,
  key,
  line,
  oneOf,
  place,
  socketPath,
  wholeNumber,
} from '../values.ts';
import type { ActiveConfiguration, StandbyConfiguration, TakeoverConfiguration } from './types.ts';

/** Where a standby listens, if nothing else is said. */
const PORT = 7373;
const MINUTE_MS = 60_000;
/** An answer may take 10 ms through the daemon. */
const LEAST_CHECK_MS = 20;
/** A message of the pair names all of an active's addresses, in one frame. */
const MOST_ADDRESSES = 40;
/** The daemon listens on so many. */
const MOST_ADAPTERS = 32;
const MOST_ACTIVES = 64;

const failures = v.optional(wholeNumber('a number of failures', 1, 1000), 3);
const everyMs = v.optional(duration(100, 60 * MINUTE_MS), '1s');

const common = {
  name: v.optional(line('a name', 63)),
  key,
  old_key: v.optional(key),
  heartbeat: v.optional(
    orNone(
      v.pipe(
        mapping({
          every: v.optional(duration(5, MINUTE_MS), '100ms'),
          lost: v.optional(wholeNumber('a number of heartbeats', 2, 1000), 3),
        }),
        v.transform(({ every, lost }) => ({ everyMs: every, lost })),
      ),
    ),
    {},
  ),
  check: v.optional(durationOrFalse(LEAST_CHECK_MS, MINUTE_MS), '200ms'),
  announce: v.optional(
    v.pipe(
      mapping({
        forms: v.optional(
          list(oneOf(['request', 'reply']), { allowed: 'a list of request and reply', min: 1, max: 2 }),
          ['request'],
        ),
        repeat: v.optional(wholeNumber('a number of repetitions', 0, 1000), 0),
        every: v.optional(duration(10, 60 * MINUTE_MS), '1s'),
        pace: v.optional(duration(0, MINUTE_MS), '5ms'),
      }),
      v.transform(({ forms, repeat, every, pace }) => ({
        forms: [...new Set(forms)],
        repeat,
        everyMs: every,
        paceMs: pace,
      })),
    ),
    {},
  ),
  arp: v.optional(flag, true),
  real_time: v.optional(flag, true),
  hooks: v.optional(
    list(command, { allowed: 'a list of commands, as in [[/usr/libexec/ringback/changed]]', max: 16 }),
    [],
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

function commonOf(keys: CommonKeys) {
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

const service = v.pipe(
  mapping({ address: addressOnNetwork, adapter: interfaceName }),
  v.transform(({ address: { address, length }, adapter }) => ({ address, length, adapter })),
);

const health = v.pipe(
  mapping({ command, every: everyMs, failures }),
  v.transform((keys) => ({ command: keys.command, everyMs: keys.every, failures: keys.failures })),
);

const gateway = v.pipe(
  mapping({ address, every: everyMs, failures }),
  v.transform((keys) => ({ address: keys.address, everyMs: keys.every, failures: keys.failures })),
);

const ofStandby = 'belongs to a standby; this is an active';
const ofActive = 'belongs to an active; this is a standby';

const active: Shape<ActiveConfiguration> = v.pipe(
  mapping(
    {
      role: oneOf(['active', 'standby']),
      listen: v.optional(endpoint),
      standby: place(PORT),
      addresses: list(service, {
        allowed: `1 to ${MOST_ADDRESSES} addresses, as in [{address: 172.27.178.80/24, adapter: eth0}]`,
        min: 1,
        max: MOST_ADDRESSES,
      }),
      health: v.optional(list(health, { allowed: 'a list of {command, every, failures}', max: 64 }), []),
      gateway: v.optional(orNone(gateway)),
      link: v.optional(flag, true),
      stop: v.optional(oneOf(['keep', 'give']), 'keep'),
      ...common,
    },
    {
      adapters: ofStandby,
      actives: ofStandby,
      share: ofStandby,
      warm: ofStandby,
      return: ofStandby,
      return_after: ofStandby,
    },
  ),
  v.transform((keys) => ({
    role: 'active' as const,
    listen: keys.listen ?? null,
    standby: keys.standby,
    addresses: keys.addresses,
    health: keys.health,
    gateway: keys.gateway ?? null,
    link: keys.link,
    stop: keys.stop,
    ...commonOf(keys),
  })),
);

const standby: Shape<StandbyConfiguration> = v.pipe(
  mapping(
    {
      role: oneOf(['active', 'standby']),
      listen: place(PORT),
      adapters: list(interfaceName, {
        allowed: `1 to ${MOST_ADAPTERS} interfaces in the order of use, as in [eth1, eth0]`,
        min: 1,
        max: MOST_ADAPTERS,
      }),
      actives: list(
        v.pipe(
          mapping({
            name: line('a name', 63),
            address,
            key: v.optional(key),
            addresses: v.optional(list(address, { allowed: 'a list of addresses', max: MOST_ADDRESSES }), []),
          }),
          v.transform((keys) => ({
            name: keys.name,
            address: keys.address,
            key: keys.key ?? null,
            addresses: keys.addresses,
          })),
        ),
        {
          allowed: `whom it serves, as in [{name: web, address: 172.27.178.11}]`,
          min: 1,
          max: MOST_ACTIVES,
        },
      ),
      share: v.optional(flag, false),
      warm: v.optional(flag, true),
      return: v.optional(oneOf(['manual', 'automatic']), 'manual'),
      return_after: v.optional(duration(0, 24 * 60 * MINUTE_MS), '30s'),
      ...common,
    },
    {
      standby: `${ofActive}, and there is one standby only`,
      addresses: ofActive,
      health: ofActive,
      gateway: ofActive,
      link: ofActive,
      stop: ofActive,
    },
  ),
  v.transform((keys) => ({
    role: 'standby' as const,
    listen: keys.listen,
    adapters: keys.adapters,
    actives: keys.actives,
    share: keys.share,
    warm: keys.warm,
    return: keys.return,
    returnAfterMs: keys.return_after,
    ...commonOf(keys),
  })),
);

/** Of a file that does not say which half it is for; never right. */
const roleless: Shape<never> = v.pipe(
  v.looseObject({ role: oneOf(['active', 'standby']) }, () => 'is missing; active, standby'),
  v.rawTransform(({ addIssue, NEVER }) => {
    addIssue({ message: 'needs a role; active, standby' });
    return NEVER;
  }),
);

const half: Shape<ActiveConfiguration | StandbyConfiguration> = v.pipe(
  v.lazy((input): Shape<ActiveConfiguration | StandbyConfiguration> => {
    if (!isMapping(input) || input.role === 'active') return active;
    return input.role === 'standby' ? standby : roleless;
  }),
  v.description('{role: active, …} or {role: standby, …}'),
);

/** Keys at the top of the files that the other commands read. */
const ELSEWHERE = {
  relay: 'belongs to "ringback relay"; give that command a configuration file of its own',
  detect: 'belongs to "ringback run"; give that command a configuration file of its own',
};

/** A whole file of `ringback takeover`, each key for itself; what keys mean to each other is for contradictions.ts. */
export const takeoverSchema: Shape<TakeoverConfiguration> = v.pipe(
  mapping(
    {
      takeover: half,
      fabric: v.optional(mapping({ daemon: v.optional(command, ['ringback-fabricd']) }), {}),
      control: v.optional(socketPath, '/var/run/ringback-takeover.sock'),
    },
    ELSEWHERE,
  ),
  v.transform((keys) => ({ takeover: keys.takeover, daemon: keys.fabric.daemon, control: keys.control })),
);
