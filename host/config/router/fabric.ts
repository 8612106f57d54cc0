/** The section `fabric` of `ringback run`: where the module listens, what carries it, how large its tables are. */

import * as v from 'valibot';
import type { Limits } from '../../fabric/sizes.ts';
import { DAEMON } from '../sections.ts';
import { choice, entry, isMapping, list, mapping, type Shape } from '../shape.ts';
import { argument, interfaceName, oneOf, socketPath, wholeNumber } from '../values.ts';

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
  });

export const fabric = (limits: Limits) =>
  v.pipe(
    mapping({
      interfaces: entry(
        'Where the daemon listens, on both sides: where clients come in, and where servers are. Needed unless socket is given.',
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
        `[${DAEMON}], unless socket is given`,
      ),
      socket: entry(
        'The Unix socket of a daemon that runs already, in the place of a command.',
        v.optional(socketPath),
      ),
      capacity: entry('How large the tables are.', v.optional(capacity(limits), {})),
    }),
    v.transform(({ interfaces = [], daemon, socket, capacity }) => ({
      interfaces: interfaces.map(({ name }) => name),
      seesEverything: interfaces.filter(({ seesEverything }) => seesEverything).map(({ name }) => name),
      daemon: daemon ?? (socket === undefined ? [DAEMON] : null),
      socket: socket ?? null,
      capacity: { servers: capacity.servers, clients: capacity.clients, attempts: capacity.attempts },
    })),
  );
