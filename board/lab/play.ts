/**
 * Plays a scenario with real kernels: the file that the emulator plays, its verbs by `act`, its people by curl. What of a scenario a
 * lab does not have (populations, traffic, other hosts and networks) is refused.
 */
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { parseScenario } from '../../host/emulator/scenario/load.ts';
import type { Scenario, ScriptStep, Verb } from '../../host/emulator/scenario/types.ts';
import { address, type Lab } from './lab.ts';
import type { LogEvent } from './log-lines.ts';
import type { Mail } from './mail.ts';
import { Ringback, writeScenarioConfiguration } from './ringback.ts';

type Try = Extract<Verb, { verb: 'try' }>;
/** As a world says it. `shown`: the page answered. */
type LabTryEnd = 'served' | 'shown' | 'refused' | 'unreachable' | 'gaveUp';

interface LabTry extends Try {
  /** As the step has it, and when curl was really started. */
  readonly atUs: number;
  readonly beganUs: number;
  readonly tookUs: number;
  readonly end: LabTryEnd;
}

interface LabPlayed {
  readonly scenario: Scenario;
  /** In the order in which they ended. */
  readonly tries: readonly LabTry[];
  /** What the router's program said, by the scenario's clock. */
  readonly lines: readonly (LogEvent & { readonly us: number })[];
  readonly mails: readonly Mail[];
  /** Captures of what passed on the switch, by each machine that sent it. */
  readonly captures: { readonly lan: string; readonly wan: string };
  /** When the scenario began: microseconds since 1970. */
  readonly startUs: number;
}

/** Longer than any kernel tries. */
const LONGEST_S = 150;
/** What is on its way at the end. */
const LINGER_MS = 300;

/** What curl says with -v of the call that failed. */
const ENDS: readonly (readonly [RegExp, LabTryEnd])[] = [
  [/refused/i, 'refused'],
  [/no route to host|unreachable/i, 'unreachable'],
];

export async function playInLab(lab: Lab, file: string): Promise<LabPlayed> {
  const text = readFileSync(file, 'utf8');
  const scenario = parseScenario(text, file);
  refuseWhatIsNotThere(scenario);
  const { router = {} } = parse(text) as { router?: Record<string, unknown> };
  for (const { name, serves, isUp } of scenario.hosts)
    if (isUp) for (const port of serves) await lab.start(name, port);
  const captures = {
    lan: await recorded(lab, 'lan'),
    wan: await recorded(lab, 'wan'),
  };
  const ringback = await Ringback.starting(lab, writeScenarioConfiguration(lab, router));
  const player = new Player(lab, scenario);
  await player.play();
  const { startUs, tries } = player;
  const lines = ringback.events.map((event) => ({ ...event, us: Date.parse(event.time) * 1000 - startUs }));
  await ringback.stop();
  return { scenario, tries, lines, mails: await lab.mails(), captures, startUs };
}

function refuseWhatIsNotThere({ people, servers, traffic, router, kernel }: Scenario): void {
  const is =
    people.length + servers.length > 0
      ? 'a population'
      : traffic.length > 0
        ? 'traffic'
        : router === null
          ? 'no router'
          : kernel === 'real'
            ? 'kernels on real wires; kernel: lab is right'
            : null;
  if (is !== null) throw new Error(`the lab cannot play this scenario: it has ${is}`);
}

async function recorded(lab: Lab, bridge: 'lan' | 'wan'): Promise<string> {
  const file = `${lab.directory}/${bridge}.pcapng`;
  const recorder = lab.record(bridge);
  recorder.stdout?.pipe(createWriteStream(file));
  for (let said = ''; !said.includes('recording\n'); ) {
    const [more] = (await once(recorder.stderr as NodeJS.EventEmitter, 'data')) as [Buffer];
    said += more;
  }
  return file;
}

class Player {
  readonly tries: LabTry[] = [];
  startUs = 0;
  readonly #lab: Lab;
  readonly #scenario: Scenario;
  readonly #going: Promise<void>[] = [];

  constructor(lab: Lab, scenario: Scenario) {
    this.#lab = lab;
    this.#scenario = scenario;
  }

  async play(): Promise<void> {
    const { script, endUs } = this.#scenario;
    this.startUs = Date.now() * 1000;
    for (const step of script) {
      await this.#until(step.atUs);
      for (const verb of step.verbs) await this.#carryOut(verb, step);
    }
    await this.#until(endUs);
    const failed = (await Promise.allSettled(this.#going)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    await sleep(LINGER_MS);
  }

  /** It is waited for in the end. */
  #begin(going: Promise<void>): void {
    going.catch(() => undefined);
    this.#going.push(going);
  }

  get #nowUs(): number {
    return Date.now() * 1000 - this.startUs;
  }

  async #until(us: number): Promise<void> {
    const waitMs = (us - this.#nowUs) / 1000;
    if (waitMs > 0) await sleep(waitMs);
  }

  async #carryOut(verb: Verb, step: ScriptStep): Promise<void> {
    const lab = this.#lab;
    switch (verb.verb) {
      case 'try':
        this.#begin(this.#try(verb, step.atUs));
        break;
      case 'start':
      case 'stop':
        for (const port of verb.port === null ? this.#portsOf(verb.node) : [verb.port])
          await lab[verb.verb](verb.node, port);
        break;
      case 'announce':
        for (const version of [4, 6] as const) await lab.announce(verb.node, version);
        break;
      case 'notify':
        await lab.trap(verb.node, '2c', undefined, verb.to);
        break;
      case 'unplug':
      case 'plug':
        await lab[verb.verb](this.#cableOf(verb.node));
        break;
      case 'kill':
      case 'revive':
        await this.#switch(verb.node, verb.verb === 'revive');
        break;
      case 'forget':
      case 'freeze':
      case 'thaw':
        await lab[verb.verb](verb.node);
        break;
      case 'cut':
      case 'mend':
        await this.#cut(verb.network, verb.verb === 'cut');
        break;
      case 'drop':
      case 'reset':
      case 'reject':
      case 'admit':
        await this.#wall(verb);
        break;
      default:
        throw new Error(`the lab has no ${verb.verb} in a scenario: ${step.text}`);
    }
  }

  /** The port of the switch. */
  #cableOf(node: string): string {
    return this.#scenario.interfaces.includes(node) ? `router-${node.replace('0', '')}` : node;
  }

  /** An interface of the router; the kernel loses its routes, and its addresses of IPv6. */
  async #switch(node: string, isOn: boolean): Promise<void> {
    if (!this.#scenario.interfaces.includes(node)) throw new Error(`the lab has no power switch at ${node}`);
    const ip = async (...argv: readonly string[]): Promise<void> => {
      const { code, stderr } = await this.#lab.run('router', ['ip', ...argv]);
      if (code !== 0) throw new Error(`ip ${argv.join(' ')} on the router failed: ${stderr}`);
    };
    await ip('link', 'set', node, isOn ? 'up' : 'down');
    const network = this.#scenario.networks.find((one) => one.interface === node);
    const [own] = (network?.router ?? []).filter((one) => one.includes(':'));
    if (isOn && own !== undefined) await ip('address', 'add', `${own}/64`, 'dev', node, 'nodad');
  }

  #portsOf(node: string): readonly number[] {
    return this.#scenario.hosts.find(({ name }) => name === node)?.serves ?? [];
  }

  /** Somewhere in the middle: the router's own port keeps its carrier, and nothing comes through. */
  async #cut(network: string, isCut: boolean): Promise<void> {
    const port = `router-${network}`;
    const rules = [`iifname ${port} drop`, `oifname ${port} drop`];
    await this.#nft(
      'switch',
      isCut
        ? [
            'add table bridge cut',
            'add chain bridge cut between { type filter hook forward priority 0; }',
            ...rules.map((rule) => `add rule bridge cut between ${rule}`),
          ]
        : ['delete table bridge cut'],
    );
  }

  async #nft(node: string, lines: readonly string[]): Promise<void> {
    const { code, stderr } = await this.#lab.run(node, ['nft', lines.join('; ')]);
    if (code !== 0) throw new Error(`nft on ${node} failed: ${stderr}`);
  }

  /** A firewall at the server. */
  async #wall(verb: Extract<Verb, { verb: 'drop' | 'reset' | 'reject' | 'admit' }>): Promise<void> {
    const { node, client, port } = verb;
    if (verb.verb === 'admit') {
      await this.#nft(node, ['delete table inet wall']);
      return;
    }
    const fate = {
      drop: 'drop',
      reset: 'reject with tcp reset',
      reject: 'reject with icmpx type admin-prohibited',
    }[verb.verb];
    const from =
      client === null ? [''] : [`ip saddr ${address(client)} `, `ip6 saddr ${address(client, 6)} `];
    const to = port === null ? 'meta l4proto tcp' : `tcp dport ${port}`;
    await this.#nft(node, [
      'add table inet wall',
      'add chain inet wall in { type filter hook input priority 0; }',
      ...from.map((who) => `add rule inet wall in ${who}${to} ${fate}`),
    ]);
  }

  /** A person asks for a page, and waits as long as he is patient, or his kernel. */
  async #try(verb: Try, atUs: number): Promise<void> {
    const { client, server, version, port, patienceUs } = verb;
    const host = version === 4 ? address(server) : `[${address(server, 6)}]`;
    const patienceS = patienceUs === null ? LONGEST_S : patienceUs / 1e6;
    const beganUs = this.#nowUs;
    const argv = ['--noproxy', '*', '-sv', '-o', '/dev/null', '-w', '%{http_code}'];
    const { code, stdout, stderr } = await this.#lab.run(client, [
      'curl',
      ...argv,
      '--max-time',
      String(patienceS),
      `http://${host}:${port}/`,
    ]);
    const end =
      code === 0
        ? stdout === '503'
          ? 'shown'
          : 'served'
        : code === 28
          ? 'gaveUp'
          : ENDS.find(([words]) => words.test(stderr))?.[1];
    if (end === undefined) throw new Error(`curl on ${client} failed with status ${code}: ${stderr}`);
    this.tries.push({ ...verb, atUs, beganUs, tookUs: this.#nowUs - beganUs, end });
  }
}
