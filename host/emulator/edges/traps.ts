/** SNMP traps in a world: the socket on which a program gets them, and the machines that send them. */
import { EventEmitter } from 'node:events';
import type { TrapConfiguration } from '../../config/types.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import { coldStartVersion1, coldStartVersion2, coldStartVersion3 } from '../../traps/cold-start.ts';
import type { OpenTrapSocket, TrapSocket } from '../../traps/socket.ts';
import type { Loop } from '../kernel/loop.ts';
import type { Machines } from '../world/ports.ts';

export type SnmpVersion = 'v1' | 'v2c' | 'v3';

interface Listening {
  readonly world: Pick<Machines, 'listen'>;
  readonly loop: Loop;
  /** `router`, or a host's name. */
  readonly machine: string;
}

/** What a program on that machine opens to hear traps. */
export function trapSocketsOf({ world, loop, machine }: Listening): OpenTrapSocket {
  return async ({ host, port }: Endpoint) => {
    const socket = new WorldTrapSocket({ host, port }, () => world.listen(machine, port, null));
    world.listen(machine, port, (payload, from, fromPort) => {
      loop.stir();
      const family = from.includes(':') ? 'IPv6' : 'IPv4';
      // The world's own bytes: they change when the next datagram is made.
      const datagram = Buffer.from(payload);
      socket.emit('message', datagram, { address: from, port: fromPort, family, size: datagram.length });
    });
    return socket;
  };
}

class WorldTrapSocket extends EventEmitter implements TrapSocket {
  readonly #at: Endpoint;
  readonly #onClose: () => void;

  constructor(at: Endpoint, onClose: () => void) {
    super();
    this.#at = at;
    this.#onClose = onClose;
  }

  /** Nobody in this world waits for the answer to an inform. */
  send(_datagram: Uint8Array, _port: number, _address: string, onSent: () => void): void {
    onSent();
  }

  address(): { readonly address: string; readonly port: number } {
    return { address: this.#at.host, port: this.#at.port };
  }

  close(onClosed: () => void): void {
    this.#onClose();
    queueMicrotask(onClosed);
  }
}

/** RFC 3411 section 5: Net-SNMP's enterprise, and eight bytes of the engine's own. */
const ENGINE = Buffer.from('80001f8880', 'hex');

/** All machines that send traps; each says what the configuration takes from it. */
export class TrapSenders {
  #sent = 0;

  /** coldStart of a machine that started so long ago; null: nobody would take it. Without a version the first that is taken. */
  coldStart(
    { communities, users }: Pick<TrapConfiguration, 'communities' | 'users'>,
    { address, upMs, version }: { address: string; upMs: number; version?: SnmpVersion | undefined },
  ): Buffer | null {
    const [community] = communities;
    const [user] = users;
    const facts = { agent: address, upTime: Math.floor(upMs / 10), id: ++this.#sent };
    const said = version ?? (community === undefined ? 'v3' : 'v2c');
    if (said === 'v3') {
      if (user === undefined) return null;
      const own = Buffer.from(address.padEnd(8).slice(-8));
      const engine = { id: Buffer.concat([ENGINE, own]), boots: 1, time: Math.floor(upMs / 1000) };
      return coldStartVersion3(user, engine, facts);
    }
    if (community === undefined) return null;
    return (said === 'v1' ? coldStartVersion1 : coldStartVersion2)(community, facts);
  }
}
