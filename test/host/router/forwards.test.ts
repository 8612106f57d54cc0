import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadModule } from '../../../host/fabric/module.ts';
import type { Command } from '../../../host/fabric/records.ts';
import type { Forward, FoundForwards } from '../../../host/forwarding/forward.ts';
import { nameOf, type Target } from '../../../host/net/target.ts';
import { Forwards } from '../../../host/router/forwards.ts';
import { MINIMAL } from '../config/example.ts';
import { parseRouterConfiguration } from '../config/parsed.ts';
import { FakeTime } from '../fake-time.ts';
import { recordingLog } from '../tools.ts';

const OUTER = '203.0.113.5';
const given = (more: string, detect = '') =>
  parseRouterConfiguration(`${MINIMAL.replace('detect: {', `detect: {${detect}`)}${more}`, 'r.yaml');
const page = 'page: {ports: [8080]}\nsmtp: {host: a.example, from: a@example.jp}\n';
const forward = (port: number, server = '172.27.178.80', realPort = 80): Forward => ({
  outer: { server: OUTER, port },
  real: { server, port: realPort },
});
const found = (...forwards: Forward[]): FoundForwards => ({ forwards, left: 0, unread: 0, before: [] });

/** A fabric that knows what it was told of forwarded ports, and how often it was told what it can not do. */
class Told {
  readonly records = new Map<string, string>();
  readonly answered = new Set<number>();
  readonly refused: string[] = [];

  forward(commands: readonly Command[]): void {
    for (const command of commands) {
      if (command.kind === 'forward') this.records.set(nameOf(command), nameOf(command.real));
      else if (command.kind === 'unforward') {
        if (!this.records.delete(nameOf(command))) this.refused.push(nameOf(command));
      } else if (command.kind === 'answerFor') {
        if (command.on) this.answered.add(command.port);
        else this.answered.delete(command.port);
      }
    }
  }

  get ports(): string[] {
    return [...this.records]
      .filter(([name]) => !name.endsWith(' 0'))
      .map(([name, real]) => `${name} ${real}`);
  }
}

interface Options {
  readonly configuration?: ReturnType<typeof given>;
  readonly room?: number;
  readonly own?: readonly string[];
}

class Machine {
  readonly time = new FakeTime();
  readonly told = new Told();
  readonly log = recordingLog();
  /** Ports of this machine that answer others alone. */
  readonly shut = new Set<string>();
  rules: FoundForwards | null = found();
  looks = 0;
  /** Until then a look lasts. */
  wait: Promise<void> = Promise.resolve();
  readonly forwards: Forwards;

  constructor({ configuration = given(page), room = 1024, own = [] }: Options = {}) {
    this.forwards = new Forwards(configuration, {
      find: async () => {
        this.looks++;
        const { rules } = this;
        await this.wait;
        return rules;
      },
      addresses: () => new Set(own),
      services: { isShut: (target: Target) => this.shut.has(nameOf(target)) },
      ...{ room, log: this.log.log, time: this.time },
    });
    this.forwards.connect({ fabric: this.told, changes: { tell: () => {} } });
    this.forwards.begin();
  }

  async settled(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  }

  async look(): Promise<void> {
    await this.time.pass(60_000);
    await this.settled();
  }
}

describe('Forwarded ports, to the fabric', () => {
  it('are there as long as rules say so, with the page for the port behind', async () => {
    const machine = new Machine();
    machine.rules = found(forward(8080));
    await machine.look();
    assert.deepEqual(machine.told.ports, [`${OUTER} 8080 172.27.178.80 80`]);
    assert.deepEqual([...machine.told.answered], [80]);
    machine.rules = found();
    await machine.look();
    assert.deepEqual([...machine.told.records], []);
    assert.deepEqual([...machine.told.answered], [], 'its own answers are signs of its life again');
    assert.deepEqual(machine.told.refused, []);
  });

  it('lead where they led last, after nobody knew where to', async () => {
    const machine = new Machine({
      configuration: given(`${page}servers: [{address: ${OUTER}, ports: [8080]}]\n`),
      own: [OUTER],
    });
    machine.shut.add(`${OUTER} 8080`);
    await machine.look();
    assert.deepEqual(machine.told.ports, [`${OUTER} 8080 ${OUTER} 8080`]);
    machine.rules = found(forward(8080));
    await machine.look();
    assert.deepEqual(machine.told.ports, [`${OUTER} 8080 172.27.178.80 80`]);
    machine.shut.clear();
    await machine.look();
    assert.deepEqual(machine.told.ports, [`${OUTER} 8080 172.27.178.80 80`]);
    machine.rules = found(forward(8080, '172.27.178.81'));
    await machine.look();
    assert.deepEqual(machine.told.ports, [`${OUTER} 8080 172.27.178.81 80`]);
    assert.deepEqual(machine.told.refused, []);
  });

  it('are as many as it has room for, named and watched ones first', async () => {
    const named = `servers: [{address: ${OUTER}, ports: [99], real: 172.27.178.82}]\n`;
    const machine = new Machine({ configuration: given(page + named), room: 4 });
    machine.rules = found(forward(1), forward(2), forward(3), forward(4, '10.0.0.1'));
    await machine.look();
    assert.deepEqual(
      machine.told.ports.map((text) => text.split(' ')[1]),
      ['99', '1', '2'],
    );
    assert.equal(machine.told.records.size, 4);
  });

  it('are as many as the module has', () => {
    const room = loadModule().codes.number('MAX_FORWARDS');
    const servers = (ports: number): string =>
      `servers: [{address: ${OUTER}, real: 172.27.178.82, ports: [${Array.from({ length: ports }, (_, i) => i + 1)}]}]\n`;
    given(servers(room - 1));
    assert.throws(
      () => given(servers(room)),
      /servers: forwards 1,024 ports of 1 addresses; there is room for 1,024/,
    );
  });
});

describe('A look at rules', () => {
  it('is over before another one begins', async () => {
    const machine = new Machine();
    await machine.look();
    const { looks } = machine;
    let end = (): void => {};
    machine.wait = new Promise((resolve) => {
      end = resolve;
    });
    await machine.time.pass(180_000);
    assert.equal(machine.looks, looks + 1);
    end();
    await machine.settled();
    await machine.look();
    assert.equal(machine.looks, looks + 2);
  });

  it('is for the configuration that there is at its end', async () => {
    const machine = new Machine();
    await machine.look();
    let end = (): void => {};
    machine.wait = new Promise((resolve) => {
      end = resolve;
    });
    machine.rules = found(forward(8080));
    await machine.time.pass(60_000);
    machine.forwards.reconfigure(given(page, 'forwarded: named, '));
    end();
    await machine.settled();
    assert.deepEqual(machine.told.ports, []);
    assert.equal(machine.forwards.realOf({ server: OUTER, port: 8080 }).server, OUTER);
  });

  it('says once that rules are too many to be read, and forgets nothing for that', async () => {
    const machine = new Machine();
    machine.rules = found(forward(8080));
    await machine.look();
    machine.rules = { ...found(), isTooLong: true };
    await machine.look();
    await machine.look();
    const said = machine.log.lines.filter(({ event }) => event === 'forward.oversize');
    assert.deepEqual(
      said.map(({ fields }) => fields),
      [{ limit: 1 << 20 }],
    );
    assert.deepEqual(machine.told.ports, [`${OUTER} 8080 172.27.178.80 80`]);
  });

  it('says how many rules were not understood, once', async () => {
    const machine = new Machine();
    machine.rules = { ...found(), unread: 2, left: 3 };
    await machine.look();
    await machine.look();
    const said = machine.log.lines.filter(({ event }) => event === 'forward.left');
    assert.deepEqual(
      said.map(({ fields }) => fields),
      [{ unread: 2, left: 3 }],
    );
  });
});
