/** What a node does to a real machine, and tells its operator. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it, type TestContext } from 'node:test';
import type { TakeoverConfiguration } from '../../../../host/config/takeover/types.ts';
import { Machine } from '../../../../host/takeover/machine/machine.ts';
import { MACHINE, recordingLog, until } from '../../tools.ts';
import { cable, ip, noNetwork } from './own-network.ts';
import { activeOn, C, cleared, connected, type Other, setting, standbyOn } from './real.ts';
import { standIns } from './stand-in.ts';

const D = { address: '192.0.2.81', length: 24 };

describe('the machine of a node', { skip: noNetwork }, () => {
  let other: Other;
  before(async () => {
    other = await connected();
  });
  afterEach(cleared);
  after(() => other.end());

  async function started(context: TestContext, configuration: TakeoverConfiguration) {
    const { log, lines } = recordingLog();
    const conflicts: string[] = [];
    const machine = new Machine(
      configuration,
      { ...MACHINE, interfaces: ['eth0', 'eth1'], log },
      {
        onConflict: (...conflict) => void conflicts.push(conflict.join(' ')),
        onKernel: () => {},
        onLink: () => {},
      },
    );
    context.after(() => machine.close());
    await machine.start();
    return { machine, lines, conflicts, ports: machine.ports() };
  }

  it('lets each address be spoken for by its own interface only, also on those that come, until that is over', async (context) => {
    const { machine, ports } = await started(context, standbyOn(context));
    await ports.activate('eth0', C);
    const quiet = (ifname: string): string[] =>
      ['arp_ignore', 'arp_announce'].map((name) => setting(ifname, name));
    assert.deepEqual(
      [quiet('eth0'), quiet('eth1')],
      [
        ['1', '2'],
        ['1', '2'],
      ],
    );
    assert.equal(setting('eth0', 'promote_secondaries'), '1');
    assert.match(ip('rule', 'show'), /from 192\.0\.2\.80 lookup/);
    cable('late0', 'late1');
    await until('it keeps quiet, too', () => quiet('late0').join() === '1,2');
    await machine.interfaces.withdraw('eth0', C, true, true);
    machine.restore();
    for (const ifname of ['eth0', 'eth1', 'late0']) assert.deepEqual(quiet(ifname), ['0', '0']);
    cable('later0', 'later1');
    await until('it is known', () => machine.kernel.has('later0'));
    assert.deepEqual(quiet('later0'), ['0', '0']);
    ip('link', 'delete', 'late0');
    ip('link', 'delete', 'later0');
  });

  it('of an active sends what it sends as before, and leaves ARP alone where that is not wanted', async (context) => {
    const { machine, ports } = await started(context, activeOn(context, { arp: false }));
    await ports.activate('eth0', C);
    assert.deepEqual([setting('eth0', 'arp_ignore'), setting('eth0', 'promote_secondaries')], ['0', '1']);
    machine.use(activeOn(context));
    await ports.activate('eth0', D);
    assert.equal(setting('eth0', 'arp_ignore'), '1');
    assert.doesNotMatch(ip('rule', 'show'), /from 192\.0\.2\.8/);
    machine.restore();
  });

  it('announces more often by an interface that has just been switched on, once', async (context) => {
    const { machine, ports } = await started(context, standbyOn(context));
    const again: unknown[] = [];
    context.mock.method(machine.announcer, 'announce', async (...words: readonly unknown[]) => {
      again.push(words[2]);
    });
    await ports.activate('eth0', C);
    await ports.announce('eth0', C, 2);
    await ports.announce('eth0', C, 2);
    await ports.activate('eth0', D);
    await ports.announce('eth0', D);
    assert.deepEqual(again, [3, 2, 0]);
    machine.restore();
  });

  it('hears who has an address, who contradicts, and that nobody can be asked', async (context) => {
    const { machine, ports, conflicts } = await started(context, standbyOn(context));
    await machine.listen();
    await assert.rejects(ports.probe(C.address), { message: 'no interface has a carrier to ask by' });
    other.run('ip', 'address', 'add', '192.0.2.80/24', 'dev', 'far0');
    ip('link', 'set', 'eth0', 'up');
    await until('it has a carrier', () => machine.kernel.hasCarrier('eth0'));
    assert.equal(await ports.probe(C.address), other.mac);
    assert.equal(await ports.probe(C.address, 'eth0'), other.mac);
    await assert.rejects(ports.probe(C.address, 'eth1'), /no interface has a carrier/);
    ports.claim('eth0', C.address);
    // It asks for its way with that address.
    await until('that is heard', () => {
      other.run('ip', 'neighbour', 'flush', 'dev', 'far0');
      other.run('sh', '-c', 'ping -c 1 -W 1 -I 192.0.2.80 192.0.2.99 || true');
      return conflicts.length > 0;
    });
    assert.equal(conflicts[0], `${C.address} ${other.mac}`);
    other.run('ip', 'address', 'del', '192.0.2.80/24', 'dev', 'far0');
    assert.equal(await ports.probe(D.address), null);
  });

  it('tells the hooks in the words of the event, and what there is none of is a dash', async (context) => {
    const stand = standIns(context);
    stand.put('hook', 'echo "$*" >> "$D/told"');
    const configuration = standbyOn(context, { hooks: [['hook', 'first']] });
    const { machine, ports, lines } = await started(context, configuration);
    ports.tell('info', 'takeover.session', { peer: 'web' });
    machine.use(standbyOn(context, { hooks: [['hook', 'second']] }));
    ports.tell('warn', 'takeover.vanished', { address: C.address, adapter: 'eth0' });
    await until('all is told', () => stand.lines('told').length === 2);
    assert.deepEqual(stand.lines('told').sort(), [
      'first session - - web',
      'second vanished 192.0.2.80 eth0 -',
    ]);
    assert.deepEqual(
      lines.map(({ level, event }) => `${level} ${event}`),
      ['info takeover.session', 'warn takeover.vanished'],
    );
  });

  it('counts what it does not believe, and says it once', async (context) => {
    const { machine, lines } = await started(context, standbyOn(context));
    for (let i = 0; i < 3; i++) machine.refuse('forged', '192.0.2.99');
    machine.refuse('malformed', '192.0.2.99');
    assert.deepEqual(
      [machine.refused.forged, machine.refused.malformed, machine.refused.replayed],
      [3, 1, 0],
    );
    assert.equal(lines.length, 1);
    assert.match(String(lines[0]?.fields.reason), /another key/);
    machine.use(standbyOn(context, { key: 'a new secret', old_key: 'the old secret' }));
    assert.deepEqual(machine.keys(), ['a new secret', 'the old secret']);
  });
});
