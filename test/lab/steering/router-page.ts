/** A page on the lab's router (`page.ts`), what it is told, and what it says. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { address, type IpVersion, type Lab } from '../../../board/lab/lab.ts';
import type { Target } from '../../../host/net/target.ts';
import { until } from '../../host/tools.ts';

const PORT = 8480;
const PROGRAM = fileURLToPath(new URL('page.ts', import.meta.url));

/** The command that runs it, with words before it such as `env PATH=…`. */
export function pageCommand(lab: Lab, before: readonly string[] = []): readonly string[] {
  return [
    ...before,
    process.execPath,
    '--import',
    'tsx',
    PROGRAM,
    String(PORT),
    `${lab.directory}/page.sock`,
  ];
}

interface Answer {
  readonly tookMs?: number;
  readonly error?: string;
}

export class RouterPage {
  readonly #child: ChildProcess;
  readonly #orders: Socket;
  readonly #answers: AsyncIterator<string>;
  /** What it logged, and what it wrote for people. */
  readonly #said: string[];

  private constructor(child: ChildProcess, orders: Socket, said: string[]) {
    this.#child = child;
    this.#orders = orders;
    this.#answers = createInterface(orders)[Symbol.asyncIterator]();
    this.#said = said;
  }

  static async open(lab: Lab, before: readonly string[] = []): Promise<RouterPage> {
    rmSync(`${lab.directory}/page.sock`, { force: true });
    const child = lab.spawn('router', pageCommand(lab, before));
    const said: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => said.push(text));
    }
    await until('the page is ready', () => {
      assert.equal(child.exitCode, null, said.join(''));
      return said.join('').includes('"ready"');
    });
    const orders = createConnection(`${lab.directory}/page.sock`);
    await once(orders, 'connect');
    return new RouterPage(child, orders, said);
  }

  get said(): string {
    return this.#said.join('');
  }

  /** How long the kernel took to have it, in milliseconds. */
  async set(targets: readonly Target[], pass: readonly string[] = []): Promise<number> {
    const { tookMs, error } = await this.order({ targets, pass });
    assert.equal(error, undefined);
    return tookMs ?? Number.NaN;
  }

  /** The next one who connects, but none of the others (addresses). */
  async letThrough(target: Target, others: readonly string[] = []): Promise<void> {
    const { error } = await this.order({ letThrough: target, others });
    assert.equal(error, undefined);
  }

  async letTry(target: Target, client: string): Promise<void> {
    const { error } = await this.order({ letTry: target, client });
    assert.equal(error, undefined);
  }

  /** Sends any order, and waits for the answer. */
  async order(order: unknown): Promise<Answer> {
    this.#orders.write(`${JSON.stringify(order)}\n`);
    const { value } = await this.#answers.next();
    return JSON.parse(value);
  }

  /** In good order, as at SIGTERM. */
  async stop(): Promise<void> {
    const ended = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null], this.said);
  }

  async kill(): Promise<void> {
    const ended = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await ended;
  }

  /** It hangs, until it is thawed. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }
}

export function target(server: string, version: IpVersion = 4, port = 80): Target {
  return { server: address(server, version), port };
}

/** The server's targets over both IP versions. */
export function both(server: string, port = 80): readonly Target[] {
  return [target(server, 4, port), target(server, 6, port)];
}

/** What a person's curl gets to read, or what became of it. */
export async function ask(lab: Lab, client: string, { server, port }: Target): Promise<string> {
  const url = `http://${server.includes(':') ? `[${server}]` : server}:${port}/`;
  const argv = ['curl', '--noproxy', '*', '-sS', '--max-time', '20', url];
  const { code, stdout } = await lab.run(client, argv);
  if (code === 0) return stdout.trim();
  return code === 7 ? 'turned away' : `curl ended with ${code}`;
}

/** What the page answers to who asks for this. */
export function pageFor({ server, port }: Target): string {
  return `page for ${server} ${port}`;
}

/** Replaces the router's nftables rules, or adds to them. */
export async function nft(lab: Lab, script: string): Promise<void> {
  const { code, stderr } = await lab.run('router', ['nft', '-f', '-'], script);
  assert.equal(code, 0, stderr);
}

/** What nft says about one of the sets. */
export async function setOf(lab: Lab, name: string): Promise<string> {
  const { code, stdout, stderr } = await lab.run('router', ['nft', 'list', 'set', 'inet', 'ringback', name]);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** Everything of ours in the router's kernel, as nft and ip print it, but for how long elements still have. */
export async function kernelState(lab: Lab): Promise<string> {
  const commands = [
    ['nft', 'list', 'ruleset'],
    ['ip', '-4', 'route', 'show', 'table', 'local', 'to', 'root', '198.18.0.0/16'],
    ['ip', '-6', 'route', 'show', 'table', 'local', 'to', 'root', 'fd72:696e:6762:6163::/64'],
  ];
  const outputs = await Promise.all(commands.map((command) => lab.run('router', command)));
  return outputs
    .map(({ stdout }) => stdout)
    .join('')
    .replaceAll(/ expires \w+/g, '');
}

/** A conversation through one connection that goes on asking. */
interface Talk {
  readonly wanted: Target;
  readonly child: ChildProcess;
  /** What was answered; whoever reads may empty it. */
  said: string;
}

/** Goes on asking through one connection, and prints every answer. */
const CONVERSATION = `
  const socket = require('node:net').connect(80, process.argv[1]);
  socket.on('connect', () => setInterval(() => socket.write('again'), 50));
  socket.on('data', (data) => process.stdout.write(data));
  socket.on('error', ({ code }) => console.log('ended by ' + code)).on('close', () => process.exit(3));
`;

/** The client begins a conversation with each of these. Resolves when the page has answered in all. */
export async function talks(lab: Lab, client: string, targets: readonly Target[]): Promise<readonly Talk[]> {
  const begun = targets.map((wanted) => {
    const child = lab.spawn(client, [process.execPath, '-e', CONVERSATION, wanted.server]);
    const talk: Talk = { wanted, child, said: '' };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      talk.said += text;
    });
    return talk;
  });
  for (const talk of begun) {
    await until('the conversation has begun', () => talk.said.includes(pageFor(talk.wanted)));
  }
  return begun;
}

/** The page, and nobody else, goes on answering in these conversations. */
export async function goOn(begun: readonly Talk[]): Promise<void> {
  for (const talk of begun) {
    if (talk.child.exitCode === null) talk.said = '';
    await until(`the page answers on for ${talk.wanted.server}`, () => {
      assert.equal(
        talk.child.exitCode,
        null,
        `the connection to ${talk.wanted.server} was cut: ${talk.said.slice(-100)}`,
      );
      return talk.said.includes(pageFor(talk.wanted));
    });
    assert.doesNotMatch(talk.said, /at your service/);
  }
}
