/** The whole role in surroundings that a test has made: nothing of the machine, no socket, and no time but what the test lets pass. */
import assert from 'node:assert/strict';
import type { RemoteInfo } from 'node:dgram';
import { EventEmitter } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import type { RouterConfiguration } from '../../../host/config/types.ts';
import { InProcessFabric } from '../../../host/fabric/in-process.ts';
import { RouterRole } from '../../../host/router/role.ts';
import type { RouterSurroundings } from '../../../host/router/surroundings.ts';
import { Store } from '../../../host/store/store.ts';
import type { TrapSocket } from '../../../host/traps/socket.ts';
import { parseRouterConfiguration } from '../config/parsed.ts';
import { SATO, SERVER, syn } from '../fabric/fabric.ts';
import { fakeChance } from '../fake-chance.ts';
import { FakeTime } from '../fake-time.ts';
import { COLD_START } from '../recovery/support.ts';
import { type LoggedLine, recordingLog } from '../tools.ts';
import { communityMessage, pdu, trapOidVarbind, UP_TIME } from '../traps/ber.ts';

const TRAP = communityMessage(1, pdu(0xa7, [UP_TIME, trapOidVarbind(COLD_START)]));

function configurationOf(mailServer = '192.0.2.25'): RouterConfiguration {
  const text = `
detect: {watch: [172.27.178.0/24], ask: none}
fabric: {interfaces: [lan0]}
recover: {confirm: none, settle: 2s, traps: {listen: 162, communities: [public]}}
smtp: {host: ${mailServer}, from: ringback@router.example}
clients: [{address: ${SATO.address}, mail: sato@example.jp}]
page: {listen: 8480, ports: [80]}
`;
  return parseRouterConfiguration(text, 'test.yaml');
}

/** A socket to which the test sends. */
class Traps extends EventEmitter implements TrapSocket {
  readonly #close: () => void;

  constructor(onClose: () => void) {
    super();
    this.#close = onClose;
  }

  send(): void {}

  address(): { address: string; port: number } {
    return { address: '0.0.0.0', port: 162 };
  }

  close(onClosed: () => void): void {
    this.#close();
    onClosed();
  }

  comesFrom(address: string): void {
    const peer: RemoteInfo = { address, port: 4000, family: 'IPv4', size: TRAP.length };
    this.emit('message', TRAP, peer);
  }
}

/** A connection that nobody answers. */
class Silent extends EventEmitter {
  readonly connecting = true;

  end(): void {}

  resume(): void {}

  destroy(): void {
    queueMicrotask(() => this.emit('close'));
  }
}

class Place {
  readonly time = new FakeTime(1_000_000);
  readonly fabric = new InProcessFabric({ nowUs: () => Math.round(this.time.nowMs() * 1000) });
  readonly lines: LoggedLine[];
  readonly mails: string[] = [];
  /** Mail servers for which a sender was made. */
  readonly servers: string[] = [];
  /** What was opened, changed and closed, in order. */
  readonly done: string[] = [];
  readonly traps = new Traps(() => this.done.push('traps closed'));
  status: () => unknown = () => null;
  readonly role: RouterRole;

  static async made(test: TestContext): Promise<Place> {
    const { log, lines } = recordingLog();
    const time = new FakeTime(1_000_000);
    const store = await Store.open({ directory: null, log, time });
    test.after(() => store.close());
    return new Place(store, { log, lines, time });
  }

  private constructor(
    store: Store,
    { log, lines, time }: Pick<RouterSurroundings, 'log'> & { lines: LoggedLine[]; time: FakeTime },
  ) {
    this.time = time;
    this.lines = lines;
    this.role = new RouterRole({
      configuration: configurationOf(),
      ...{ store, log, time, chance: fakeChance(1) },
      link: this.fabric.connect,
      sockets: {
        connect: () => new Silent(),
        datagrams: () => assert.fail('nothing is sent'),
      },
      trapSocket: async ({ port }, section) => {
        this.done.push(`${section} at ${port}`);
        return this.traps;
      },
      sender: ({ host }) => {
        this.servers.push(host);
        return {
          send: async ({ to }) => {
            this.mails.push(to);
            return { outcome: 'delivered' };
          },
          close: () => {},
        };
      },
      seekNeighbour: () => {},
      findForwards: null,
      addresses: () => new Set(),
      startOutside: null,
      dashboard: null,
      networks: null,
      control: async (path, routes) => {
        this.done.push(`control at ${path}`);
        this.status = () => routes['GET /status']?.({ query: new URLSearchParams(), body: null });
        return { close: async () => void this.done.push('control closed') };
      },
      page: async ({ page }) => {
        this.done.push(`page on ${page.ports.join(' ')}`);
        return {
          serversChanged: () => this.done.push('page changed'),
          reconfigure: () => this.done.push('page reconfigured'),
          counters: () => ({}),
          close: async () => void this.done.push('page closed'),
        };
      },
    });
  }

  /** What was done since the last time. */
  took(): string[] {
    return this.done.splice(0);
  }

  logged(event: string): unknown[] {
    return this.lines
      .filter((line) => line.event === event)
      .map(({ fields }) => fields.sign ?? fields.server);
  }

  async pass(seconds: number): Promise<void> {
    for (let at = 0; at < seconds; at++) {
      await this.time.pass(1000);
      this.fabric.tick();
    }
    await this.time.pass(0);
  }
}

describe('The role in surroundings of a test', () => {
  it('has nothing but them from its opening to its end', async (test) => {
    const place = await Place.made(test);
    const { role } = place;
    await role.open();
    assert.deepEqual(place.took(), [
      `control at ${configurationOf().control}`,
      'recover.traps at 162',
      'page on 80',
    ]);
    assert.deepEqual(await role.begin(), { interfaces: 'lan0', networks: 1 });

    place.fabric.frame(syn(SATO, SERVER, 1));
    await place.pass(40);
    assert.deepEqual(place.logged('outage.opened'), [SERVER.address]);
    assert.deepEqual([...new Set(place.took())], ['page changed']);
    let text = '';
    for await (const part of (await place.status()) as AsyncIterable<string>) text += part;
    const { outages } = JSON.parse(text) as { outages: { server: string }[] };
    assert.deepEqual(
      outages.map(({ server }) => server),
      [SERVER.address],
    );

    place.traps.comesFrom(SERVER.address);
    await place.pass(1);
    assert.deepEqual(place.logged('recovery.signal'), ['trap']);
    assert.deepEqual(place.mails, [], 'it settles');
    await place.pass(5);
    assert.deepEqual(place.mails, ['sato@example.jp']);

    place.took();
    await role.take(configurationOf('192.0.2.26'));
    assert.deepEqual(place.servers, ['192.0.2.25', '192.0.2.26']);
    assert.deepEqual(place.took(), ['page reconfigured']);

    await role.stop();
    assert.deepEqual(place.took().sort(), ['control closed', 'page closed', 'traps closed']);
    place.fabric.frame(syn(SATO, SERVER, 2));
    await place.pass(60);
    assert.deepEqual(place.logged('outage.opened'), [SERVER.address], 'nothing more comes over the link');
    assert.equal(place.time.isIdle, true, 'and nothing by itself');
  });
});
