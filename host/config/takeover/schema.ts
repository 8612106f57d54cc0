/** The configuration of `ringback takeover`: its keys, their defaults, and what they become. */

import * as v from 'valibot';
import { DAY_MS, HOUR_MS } from '../../net/duration.ts';
import { USUAL_CONTROL } from '../../role/control-place.ts';
import { repeated } from '../contradictions.ts';
import { DAEMON, log, ofCommand, orNone } from '../sections.ts';
import { choice, entry, isMapping, list, mapping, type Shape, twoNames } from '../shape.ts';
import {
  address,
  addressOnNetwork,
  command,
  duration,
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
import { common, commonOf } from './common.ts';
import type { ActiveConfiguration, StandbyConfiguration, TakeoverConfiguration } from './types.ts';

/** Where either node listens, if nothing else is said. */
export const TAKEOVER_PORT = 7373;
/** A message of the pair names all of an active's addresses, in one frame, with 24 bytes for each. */
export const MAX_ADDRESSES = 40;
/** The module tells of a conflict at each of so many. */
const MAX_INTERFACES = 32;
const MAX_ACTIVES = 64;

const failures = entry(
  'So many failures in a row are a fault.',
  v.optional(wholeNumber('a number of failures', 1, 1000), 3),
);
const everyMs = entry('From one try to the next.', v.optional(duration(100, HOUR_MS), '1s'));

const service = v.pipe(
  mapping({
    address: entry("An address that people use, never the machine's only one.", addressOnNetwork),
    adapter: twoNames('interface', 'The interface that has it.', interfaceName),
  }),
  v.transform(({ address: { address, length }, adapter }) => ({ address, length, ifname: adapter })),
);

const health = v.pipe(
  mapping({
    command: entry('A command that fails when this machine does not do its work.', command),
    every: everyMs,
    failures,
  }),
  v.transform((keys) => ({ command: keys.command, everyMs: keys.every, failures: keys.failures })),
);

const gateway = v.pipe(
  mapping({ address: entry('The address that is pinged.', address), every: everyMs, failures }),
  v.transform((keys) => ({ address: keys.address, everyMs: keys.every, failures: keys.failures })),
);

const ofStandby = 'belongs to a standby; this is an active';
const ofActive = 'belongs to an active; this is a standby';

const active: Shape<ActiveConfiguration> = v.pipe(
  mapping(
    {
      role: entry('Which node this is. Read at the start.', oneOf(['active'])),
      listen: entry(
        'Where it hears the standby. Read at the start.',
        v.optional(endpoint),
        `port ${TAKEOVER_PORT} of an own address that is none of addresses`,
      ),
      standby: entry('Where the standby listens. Read at the start.', place(TAKEOVER_PORT)),
      addresses: entry(
        'What goes to the standby, and comes back.',
        list(service, {
          allowed: `1 to ${MAX_ADDRESSES} addresses, as in [{address: 172.27.178.80/24, adapter: eth0}]`,
          min: 1,
          max: MAX_ADDRESSES,
        }),
      ),
      health: entry(
        'Commands that tell whether this machine does its work.',
        v.optional(list(health, { allowed: 'a list of {command, every, failures}', max: 64 }), []),
      ),
      gateway: entry('A neighbour without which this machine is of no use.', v.optional(orNone(gateway))),
      link: entry('A cable that is out is a fault.', v.optional(flag, true)),
      stop: entry(
        'What becomes of the addresses when this program is stopped: they stay (keep), or go to the standby (give).',
        v.optional(oneOf(['keep', 'give']), 'keep'),
      ),
      ...common,
    },
    {
      adapters: ofStandby,
      interfaces: ofStandby,
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

const servedActive = v.pipe(
  mapping({
    name: entry('The name that the active has for itself.', line('a name', 63)),
    address: entry("The active's own address, none of those that people use.", address),
    key: entry('What it authenticates its messages with.', v.optional(key), 'takeover.key'),
    addresses: entry(
      'Those of its addresses that people use, as far as they are known from the start: it tells them itself.',
      v.optional(list(address, { allowed: 'a list of addresses', max: MAX_ADDRESSES }), []),
    ),
  }),
  v.transform((keys) => ({
    name: keys.name,
    address: keys.address,
    key: keys.key ?? null,
    addresses: keys.addresses,
  })),
);

/** Each once; said here, where its key is by the word that the file has. */
const interfaces: Shape<readonly string[]> = v.pipe(
  list(interfaceName, {
    allowed: `1 to ${MAX_INTERFACES} interfaces in the order of use, as in [eth1, eth0]`,
    min: 1,
    max: MAX_INTERFACES,
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    const { value: input, typed } = dataset;
    if (!typed) return;
    repeated(
      input,
      (index) => [index],
      ([key], message) =>
        addIssue({
          message,
          path: [{ type: 'array', origin: 'value', input: [...input], key: Number(key), value: key }],
        }),
    );
  }),
);

const standby: Shape<StandbyConfiguration> = v.pipe(
  mapping(
    {
      role: entry('Which node this is. Read at the start.', oneOf(['standby'])),
      listen: entry('Where actives reach it. Read at the start.', place(TAKEOVER_PORT)),
      adapters: twoNames(
        'interfaces',
        'Interfaces that take addresses; the one that it listens on is used last in any case.',
        interfaces,
      ),
      actives: entry(
        'Whom it serves.',
        list(servedActive, {
          allowed: `whom it serves, as in [{name: web, address: 172.27.178.11}]`,
          min: 1,
          max: MAX_ACTIVES,
        }),
      ),
      share: entry('An interface may take several addresses.', v.optional(flag, false)),
      warm: entry(
        'Interfaces are up before they are needed: their negotiation takes seconds.',
        v.optional(flag, true),
      ),
      return: entry(
        'Whether addresses go back when an operator says so, or by themselves.',
        v.optional(oneOf(['manual', 'automatic']), 'manual'),
      ),
      return_after: entry(
        'With return: automatic, once the active has been well for so long.',
        v.optional(duration(0, DAY_MS), '30s'),
      ),
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
    interfaces: keys.adapters,
    actives: keys.actives,
    share: keys.share,
    warm: keys.warm,
    return: keys.return,
    returnAfterMs: keys.return_after,
    ...commonOf(keys),
  })),
);

/** Of a file that does not say which node it is for; never right. */
const roleless: Shape<never> = v.pipe(
  v.looseObject({ role: oneOf(['active', 'standby']) }, () => 'is missing; active, standby'),
  v.rawTransform(({ addIssue, NEVER }) => {
    addIssue({ message: 'needs a role; active, standby' });
    return NEVER;
  }),
);

const node: Shape<ActiveConfiguration | StandbyConfiguration> = v.pipe(
  choice<ActiveConfiguration | StandbyConfiguration>([active, standby], (input) => {
    if (!isMapping(input) || input.role === 'active') return active;
    return input.role === 'standby' ? standby : roleless;
  }),
  v.description('{role: active, …} or {role: standby, …}'),
);

/** Keys at the top of the files that the other commands read. */
const OF_ROUTER = ofCommand('run');
const OF_OTHERS = ofCommand('run" or "ringback relay');
const ELSEWHERE = {
  relay: ofCommand('relay'),
  detect: OF_ROUTER,
  recover: OF_ROUTER,
  servers: OF_ROUTER,
  station: OF_ROUTER,
  hooks: `${OF_ROUTER} (those of a pair are in takeover.hooks)`,
  page: OF_ROUTER,
  dashboard: OF_ROUTER,
  notify: OF_OTHERS,
  smtp: OF_OTHERS,
  clients: OF_OTHERS,
};
const OF_BESIDE =
  'is for "ringback run"; a pair moves addresses of the machine that it runs on, and cannot do so from beside it';
const FABRIC_ELSEWHERE = {
  ...{ interfaces: OF_ROUTER, socket: OF_ROUTER, capacity: OF_ROUTER },
  ...{ host: OF_BESIDE, router: OF_BESIDE, keys: OF_BESIDE },
};

/** A whole file of `ringback takeover`, each key for itself; what keys mean to each other is for contradictions.ts. */
export const takeoverSchema: Shape<TakeoverConfiguration> = v.pipe(
  mapping(
    {
      takeover: entry('This node of the pair.', node),
      fabric: entry(
        'What hears and says who has which address. Read at the start.',
        v.optional(
          mapping(
            { daemon: entry('The command that does it.', v.optional(command, [DAEMON])) },
            FABRIC_ELSEWHERE,
          ),
          {},
        ),
      ),
      log,
      control: entry(
        'The Unix socket on which it is asked. Read at the start.',
        v.optional(socketPath, USUAL_CONTROL.takeover),
      ),
    },
    ELSEWHERE,
  ),
  v.transform((keys) => ({
    takeover: keys.takeover,
    daemon: keys.fabric.daemon,
    log: keys.log,
    control: keys.control,
  })),
);
