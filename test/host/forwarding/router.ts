/** A router in the network of this test file, with clients on two of its interfaces, and a kernel that says where it leads whom. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findForwards } from '../../../host/forwarding/find.ts';
import type { FoundForwards } from '../../../host/forwarding/forward.ts';
import { listeningPorts } from '../../../host/forwarding/listening.ts';
import { ownAddressesByInterface } from '../../../host/net/address.ts';
import { OWN_TABLE } from '../../../host/page/steering/ruleset.ts';
import { cable, ip } from '../takeover/machine/own-network.ts';
import { until } from '../tools.ts';

/** Clients by the interface on which they come in. */
export const CLIENTS = {
  wan: ['203.0.113.50', '203.0.113.51', '2001:db8:113::50', '2001:db8:113::51'],
  lan: ['192.168.1.50', '192.168.1.51', '2001:db8:1::50', '2001:db8:1::51'],
} as const;

const ADDRESSES = {
  wan: ['203.0.113.1/24', '203.0.113.5/24', '2001:db8:113::1/64'],
  lan: ['192.168.1.1/24', '2001:db8:1::1/64'],
  dmz: ['10.0.0.1/24', '2001:db8:178::1/64'],
};

/** Notes of each new connection, by the port that its client has, where it goes. */
const WITNESS = ['ip', 'ip6']
  .map((family) => {
    const note = (where: string): string => `chain ${where} {
      type filter hook ${where} priority -300;
      meta l4proto tcp ct direction original add @seen { th sport . ${family} daddr . th dport }
    }`;
    return `table ${family} witness {
      set seen { type inet_service . ${family === 'ip' ? 'ipv4_addr' : 'ipv6_addr'} . inet_service; size 65535; flags dynamic; }
      set arrived { type inet_service; size 65535; flags dynamic; }
      chain raw {
        type filter hook prerouting priority -400;
        meta l4proto tcp add @arrived { th sport }
      }
      ${note('forward')}
      ${note('input')}
    }`;
  })
  .join('\n');

export interface Packet {
  readonly from: string;
  readonly to: string;
  readonly port: number;
}

const FIRST_OF_CLIENTS = 5000;
const run = promisify(execFile);

export class TestRouter {
  readonly #clients = new Map<string, ChildProcess>();
  readonly #places: ChildProcess[] = [];
  /** No two packets have the same, for the kernel would remember. */
  #nextPort = FIRST_OF_CLIENTS;

  static async begin(): Promise<TestRouter> {
    const router = new TestRouter();
    ip('link', 'set', 'lo', 'up');
    for (const file of ['ipv4/ip_forward', 'ipv6/conf/all/forwarding'])
      writeFileSync(`/proc/sys/net/${file}`, '1');
    cable('dmz', 'dmz-far');
    // Nobody is there, and none has to be.
    ip('link', 'set', 'dmz', 'arp', 'off');
    ip('link', 'set', 'dmz-far', 'up');
    for (const [name, clients] of Object.entries(CLIENTS)) await router.#connect(name, clients);
    for (const [name, addresses] of Object.entries(ADDRESSES)) {
      for (const address of addresses)
        ip('address', 'add', address, 'dev', name, ...(address.includes(':') ? ['nodad'] : []));
      ip('link', 'set', name, 'up');
    }
    return router;
  }

  async #connect(name: string, addresses: readonly string[]): Promise<void> {
    const place = spawn('unshare', ['--net', 'setpriv', '--pdeathsig', 'KILL', 'sleep', 'infinity']);
    this.#places.push(place);
    await until(
      'a network of its own',
      () => execFileSync('readlink', [`/proc/${place.pid}/ns/net`]).compare(ownNetwork()) !== 0,
    );
    cable(name, `${name}-far`);
    ip('link', 'set', `${name}-far`, 'netns', String(place.pid));
    const inside = ['--target', String(place.pid), '--net'];
    const there = (...argv: string[]): void => void execFileSync('nsenter', [...inside, 'ip', ...argv]);
    there('link', 'set', 'lo', 'up');
    there('link', 'set', `${name}-far`, 'up');
    ip('link', 'set', name, 'up');
    for (const address of addresses) {
      const isSix = address.includes(':');
      there(
        'address',
        'add',
        `${address}/${isSix ? 64 : 24}`,
        'dev',
        `${name}-far`,
        ...(isSix ? ['nodad'] : []),
      );
    }
    const ways = (ADDRESSES[name as keyof typeof ADDRESSES] ?? []).map((one) => one.split('/')[0] ?? '');
    const [, hardware = ''] = /link\/ether (\S+)/.exec(ip('link', 'show', 'dev', name)) ?? [];
    // A firewall may leave questions about neighbours without an answer.
    for (const way of ways)
      there('neigh', 'replace', way, 'lladdr', hardware, 'dev', `${name}-far`, 'nud', 'permanent');
    for (const way of [ways[0] ?? '', ways.at(-1) ?? ''])
      there(way.includes(':') ? '-6' : '-4', 'route', 'add', 'default', 'via', way);
    const client = fileURLToPath(new URL('client.ts', import.meta.url));
    const node = ['setpriv', '--pdeathsig', 'KILL', process.execPath, '--import', 'tsx', client];
    this.#clients.set(
      name,
      spawn('nsenter', [...inside, ...node], { stdio: ['pipe', 'inherit', 'inherit'] }),
    );
  }

  /** These rules, and no others. */
  async load(rules: string): Promise<void> {
    await nft(
      `flush ruleset\n${WITNESS}\n${rules.replaceAll('; }', ';\n}\n').replaceAll('} table', '}\ntable')}\n`,
    );
  }

  /** What is found in them. */
  async found(isWatched: (server: string) => boolean = () => true): Promise<FoundForwards> {
    const search = {
      addresses: ownAddressesByInterface(),
      room: 1024,
      isWatched,
      listening: listeningPorts(),
    };
    const found = await findForwards(OWN_TABLE, search, {
      ask: async (argv) => (await run('nft', argv)).stdout,
      turn: async () => {},
    });
    if (found === null) throw new Error('the rules can not be read');
    return found;
  }

  /** Where these went, as `ADDRESS PORT`. */
  async led(packets: readonly Packet[]): Promise<ReadonlyMap<Packet, string>> {
    const ports = new Map<Packet, number>();
    for (const packet of packets) {
      const by = this.#nextPort++;
      ports.set(packet, by);
      this.#clients.get(entryOf(packet))?.stdin?.write(`${JSON.stringify({ ...packet, by })}\n`);
    }
    await until('packets of clients', async () => {
      const arrived = new Set(await elementsOf('arrived'));
      return [...ports.values()].every((by) => arrived.has(by));
    });
    const seen = new Map<unknown, string>();
    for (const element of await elementsOf('seen')) {
      const [by, address, port] = (element as { concat: unknown[] }).concat;
      seen.set(by, `${address} ${port}`);
    }
    const went = packets.map((packet): [Packet, string] => [
      packet,
      seen.get(ports.get(packet)) ?? 'nowhere',
    ]);
    return new Map(went);
  }

  end(): void {
    for (const child of [...this.#clients.values(), ...this.#places]) child.kill('SIGKILL');
  }
}

export const objectKey = ({ from, to, port }: Packet): string => `${from} ${to} ${port}`;

/** The interface by which a client comes in. */
export function entryOf({ from }: Pick<Packet, 'from'>): string {
  const [name = ''] = Object.entries(CLIENTS).find(([, those]) => [...those].includes(from as never)) ?? [];
  return name;
}

async function nft(script: string): Promise<void> {
  const child = spawn('nft', ['-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  child.stdin.end(script);
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(said);
}

function ownNetwork(): Buffer {
  return execFileSync('readlink', ['/proc/self/ns/net']);
}

async function elementsOf(set: string): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  for (const family of ['ip', 'ip6']) {
    const { stdout } = await run('nft', ['--json', 'list', 'set', family, 'witness', set], {
      maxBuffer: 1 << 26,
    });
    for (const { set } of JSON.parse(stdout).nftables)
      for (const element of set?.elem ?? []) all.push(element.elem?.val ?? element);
  }
  return all;
}
