/** The section `fabric` of `ringback run`: where the module listens, what carries it, how large its tables are. */

import * as v from 'valibot';
import type { Limits } from '../../fabric/sizes.ts';
import { DAEMON } from '../sections.ts';
import { choice, entry, isMapping, list, mapping, type Shape } from '../shape.ts';
import { argument, interfaceName, oneOf, socketPath, wholeNumber } from '../values.ts';
import { keyDirectory, sshPlace } from './ssh-place.ts';

/** The smallest table. */
export const MIN_RECORDS = 16;

interface Interface {
  readonly name: string;
  readonly seesEverything: boolean;
}

const nameAlone: Shape<Interface> = v.pipe(
  interfaceName,
  v.transform((name) => ({ name, seesEverything: false })),
);

const interfaceWithKeys = ({ sideless }: Limits): Shape<Interface> =>
  v.pipe(
    mapping({
      name: entry('The interface.', interfaceName),
      sees: entry(
        `Frames of clients and of servers come in here alike: a mirror port; one of the first ${sideless} interfaces.`,
        v.optional(oneOf(['everything'])),
        'one side of the router',
      ),
    }),
    v.transform(({ name, sees }) => ({ name, seesEverything: sees === 'everything' })),
  );

const networkInterface = (limits: Limits): Shape<Interface> => {
  const withKeys = interfaceWithKeys(limits);
  return choice([nameAlone, withKeys], (input) => (isMapping(input) ? withKeys : nameAlone));
};

const capacity = ({ servers, records }: Limits) =>
  mapping({
    servers: entry(
      'Records of servers and services.',
      v.optional(wholeNumber('a table size', MIN_RECORDS, servers), 1024),
    ),
    clients: entry(
      'Records of who waits.',
      v.optional(wholeNumber('a table size', MIN_RECORDS, records), 65_536),
    ),
    attempts: entry(
      'Records of connection attempts in flight.',
      v.optional(wholeNumber('a table size', MIN_RECORDS, records), 65_536),
    ),
    conversations: entry(
      'Records of conversations in which a client has sent something that is not acknowledged, where detect.conversations is true.',
      v.optional(wholeNumber('a table size', MIN_RECORDS, records), 4096),
    ),
  });

/** Where the program keeps its key for the router. */
const KEYS = '/etc/ringback/beside';

interface Carriers {
  readonly daemon?: unknown;
  readonly socket?: unknown;
  readonly host: 'router' | 'beside';
  readonly router?: unknown;
  readonly keys?: unknown;
}

/** Keys that are not for where the program runs, and what is missing there. */
function misplaced({ host, ...keys }: Carriers): [keyof Carriers, string][] {
  if (host === 'router') {
    const there = (['router', 'keys'] as const).filter((key) => keys[key] !== undefined);
    return there.map((key) => [key, 'is for host: beside alone; add that, or leave it away']);
  }
  const there = (['daemon', 'socket'] as const).filter((key) => keys[key] !== undefined);
  return [
    ...(keys.router === undefined
      ? ([
          ['router', 'is missing; host: beside needs the router as ssh reaches it, as in root@192.168.1.1'],
        ] as const)
      : []),
    ...there.map(
      (key) => [key, 'stands beside host: beside, which has a daemon of its own; keep one of them'] as const,
    ),
  ].map(([key, message]) => [key, message]);
}

export const fabric = (limits: Limits) =>
  v.pipe(
    mapping({
      interfaces: entry(
        'Where the daemon listens, on both sides: where clients come in, and where servers are. Networks of an OpenWrt router by their names, too (lan, wan): the device that carries one is followed. Needed unless socket is given.',
        v.optional(
          list(networkInterface(limits), {
            allowed: 'a list of interfaces, as in [lan0, wan0] or [lan0, {name: t1, sees: everything}]',
            min: 1,
            max: limits.interfaces,
          }),
        ),
      ),
      daemon: entry(
        'The command that carries the module, as in [ssh, router, ringback-fabricd].',
        v.optional(
          list(argument, { allowed: `a command and its arguments, as in [${DAEMON}]`, min: 1, max: 100 }),
        ),
        `[${DAEMON}], unless socket is given, or host: beside`,
      ),
      socket: entry(
        'The Unix socket of a daemon that runs already, in the place of a command.',
        v.optional(socketPath),
      ),
      host: entry(
        'Where this program runs: on the router, or on a machine beside one that has the daemon alone (beside).',
        v.optional(oneOf(['router', 'beside']), 'router'),
      ),
      router: entry('That router as ssh reaches it; needed with host: beside.', v.optional(sshPlace)),
      keys: entry(
        "The directory of the program's key for it, and of the router's own, which `ringback beside` makes.",
        v.optional(keyDirectory),
        `${KEYS} with host: beside`,
      ),
      capacity: entry('How large the tables are.', v.optional(capacity(limits), {})),
    }),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      for (const [key, message] of misplaced(dataset.value)) {
        const input = dataset.value;
        addIssue({ message, path: [{ type: 'object', origin: 'value', input, key, value: input[key] }] });
      }
    }),
    v.transform(({ interfaces = [], daemon, socket, capacity, host, router, keys = KEYS }) => ({
      interfaces: interfaces.map(({ name }) => name),
      seesEverything: interfaces.filter(({ seesEverything }) => seesEverything).map(({ name }) => name),
      daemon: daemon ?? (socket === undefined && host === 'router' ? [DAEMON] : null),
      socket: socket ?? null,
      remote: host === 'beside' && router !== undefined ? { ...router, keys } : null,
      capacity: {
        servers: capacity.servers,
        clients: capacity.clients,
        attempts: capacity.attempts,
        conversations: capacity.conversations,
      },
    })),
  );
