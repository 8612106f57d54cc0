/** Both nodes of a takeover, each on a real machine: what they find there, and leave. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { after, afterEach, before, describe, it, type TestContext } from 'node:test';
import { ActiveNode } from '../../../../host/takeover/active/node.ts';
import { StandbyNode } from '../../../../host/takeover/standby/node.ts';
import { MACHINE, recordingLog, until } from '../../tools.ts';
import { ip, noNetwork } from './own-network.ts';
import { activeOn, C, children, cleared, connected, type Other, OWN, setting, standbyOn } from './real.ts';
import { standIns } from './stand-in.ts';

function isOn(ifname: string): boolean {
  return /[<,]UP[,>]/.test(ip('link', 'show', ifname));
}

function put(ifname: string, address = '192.0.2.80/24'): void {
  ip('link', 'set', ifname, 'up');
  ip('address', 'add', address, 'dev', ifname);
}

describe('a node on a real machine', { skip: noNetwork }, () => {
  let other: Other;
  before(async () => {
    other = await connected();
  });
  afterEach(cleared);
  after(() => other.end());

  type Active = ReturnType<typeof activeOn>;
  async function active(context: TestContext, configuration: Active) {
    const { log, lines } = recordingLog();
    const node = await ActiveNode.open(configuration, configuration.takeover, log, MACHINE);
    let closed = false;
    const close = async (): Promise<void> => {
      if (!closed) await node.close();
      closed = true;
    };
    context.after(close);
    const status = () =>
      node.status() as { healthy: boolean; faults: string[]; addresses: { state: string }[] };
    return { node, lines, close, status, events: () => lines.map(({ event }) => event) };
  }

  async function standby(context: TestContext, configuration: ReturnType<typeof standbyOn>) {
    const { log, lines } = recordingLog();
    const node = await StandbyNode.open(configuration, configuration.takeover, log, MACHINE);
    let closed = false;
    const close = async (): Promise<void> => {
      if (!closed) await node.close();
      closed = true;
    };
    context.after(close);
    const taken = () =>
      (node.status() as { taken: { address: string; adapter: string; active: string }[] }).taken;
    return { node, lines, close, taken, events: () => lines.map(({ event }) => event) };
  }

  it('that cannot listen leaves nothing behind', async (context) => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(7373, OWN, resolve));
    const { log } = recordingLog();
    const [one, two] = [activeOn(context), standbyOn(context, { warm: true })];
    await assert.rejects(ActiveNode.open(one, one.takeover, log, MACHINE), {
      code: 'unavailable',
      message: /7373/,
    });
    await assert.rejects(StandbyNode.open(two, two.takeover, log, MACHINE), {
      code: 'unavailable',
      message: /7373/,
    });
    assert.deepEqual([isOn('eth0'), isOn('eth1'), setting('eth0', 'arp_ignore')], [false, false, '0']);
    assert.doesNotMatch(ip('rule', 'show'), /192\.0\.2\.13/);
    assert.deepEqual(
      [one, two].map(({ control }) => existsSync(`${control}.state`)),
      [false, false],
    );
    await until(
      'all that was started has ended',
      () => children().filter((name) => name !== 'sleep').length === 0,
    );
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  });

  it('of an active finds a cable that is out, unless that is not looked at', async (context) => {
    put('eth0');
    const configuration = activeOn(context);
    const { node, status } = await active(context, configuration);
    assert.deepEqual([status().healthy, status().addresses.map(({ state }) => state)], [true, ['here']]);
    other.run('ip', 'link', 'set', 'far0', 'down');
    await until('that is a fault', () => !status().healthy);
    assert.deepEqual(status().faults, ['eth0 has no carrier']);
    node.reconfigure({ ...configuration, takeover: { ...configuration.takeover, link: false } });
    assert.equal(status().healthy, true);
    other.run('ip', 'link', 'set', 'far0', 'up');
  });

  it('of an active finds a cable that is in again, and an interface that was switched off', async (context) => {
    put('eth0');
    const { lines, status } = await active(context, activeOn(context));
    other.run('ip', 'link', 'set', 'far0', 'down');
    await until('that is a fault', () => !status().healthy);
    other.run('ip', 'link', 'set', 'far0', 'up');
    await until(
      'that is over, and the address here',
      () => status().healthy && status().addresses[0]?.state === 'here',
    );
    ip('link', 'set', 'eth0', 'down');
    const faults = (): unknown[] =>
      lines.filter(({ event }) => event === 'takeover.fault').map(({ fields }) => fields.reason);
    await until('that is a fault', () => faults().length === 2);
    assert.deepEqual(faults(), ['eth0 has no carrier', 'eth0 is switched off']);
  });

  it('of an active is as ill as its health commands say', async (context) => {
    put('eth0');
    const stand = standIns(context);
    stand.put('healthy', '[ ! -e "$D/ill" ]');
    const health = [{ command: ['healthy'], every: '1s', failures: 1 }];
    const { status } = await active(context, activeOn(context, { health }));
    stand.write('ill', '');
    await until('it is ill', () => !status().healthy);
    assert.deepEqual(status().faults, ['healthy: status 1']);
    stand.remove('ill');
    await until('it is well', () => status().healthy);
  });

  it('of an active misses what it needs', async (context) => {
    put('eth0');
    ip('address', 'del', `${OWN}/32`, 'dev', 'lo');
    const addresses = [
      { address: '192.0.2.80/24', adapter: 'eth0' },
      { address: '192.0.2.81/24', adapter: 'none0' },
    ];
    const { lines, node } = await active(context, activeOn(context, { addresses, listen: undefined }));
    ip('address', 'add', `${OWN}/32`, 'dev', 'lo');
    assert.deepEqual(
      lines.slice(0, 2).map(({ level, event, fields }) => [level, event, fields.adapter]),
      [
        ['warn', 'takeover.adapter', 'none0'],
        ['warn', 'takeover.mute', undefined],
      ],
    );
    assert.equal(node.about.from, '0.0.0.0:7373');
    await assert.rejects(node.give(['192.0.2.82']), {
      code: 'usage',
      message: "192.0.2.82 is none of this active's addresses; there are 192.0.2.80, 192.0.2.81",
    });
    await assert.rejects(node.giveBack(['192.0.2.82']), { code: 'usage' });
    assert.deepEqual(
      (await node.give([C.address])).map(({ done }) => done),
      [false],
    );
  });

  it('of an active talks by its own address, and leaves the machine as it was', async (context) => {
    put('eth0');
    put('eth1', '192.0.2.11/24');
    const { close, events } = await active(context, activeOn(context, { listen: '192.0.2.11:7373' }));
    assert.match(ip('rule', 'show'), /from 192\.0\.2\.11 lookup/);
    assert.equal(setting('eth0', 'arp_ignore'), '1');
    await close();
    assert.doesNotMatch(ip('rule', 'show'), /from 192\.0\.2\.11/);
    assert.equal(setting('eth0', 'arp_ignore'), '0');
    assert.deepEqual(events().slice(-1), ['takeover.kept']);
  });

  it('says what it can change only when it is started again', async (context) => {
    put('eth0');
    const configuration = activeOn(context);
    const { node } = await active(context, configuration);
    const changed = (more: object): readonly string[] => node.reconfigure(activeOn(context, more));
    assert.deepEqual(changed({ standby: '192.0.2.14' }), ['standby']);
    assert.deepEqual(changed({ name: 'shop', listen: undefined }), ['listen', 'name']);
    assert.deepEqual(changed({ addresses: [{ address: '192.0.2.80/24', adapter: 'eth1' }] }), ['addresses']);
    assert.deepEqual(
      changed({ heartbeat: { every: '50ms' }, addresses: [{ address: '192.0.2.82/24', adapter: 'eth0' }] }),
      [],
    );
    assert.deepEqual(node.reconfigure(standbyOn(context)), ['role']);
    await assert.rejects(node.give([C.address]), { message: /there are 192\.0\.2\.82$/ });
  });

  it('of a standby goes on with what the one before it had taken', async (context) => {
    put('eth1');
    const configuration = standbyOn(context, { warm: false });
    const taken = { ...C, adapter: 'eth1', active: 'web', cause: 'fault' };
    const strange = { ...taken, address: '192.0.2.82', active: 'shop' };
    const state = { taken: [taken, strange], raised: ['eth1'] };
    writeFileSync(`${configuration.control}.state`, JSON.stringify(state));
    const found = await standby(context, configuration);
    assert.deepEqual(
      found.taken().map(({ address, adapter }) => [address, adapter]),
      [[C.address, 'eth1']],
    );
    assert.equal(setting('eth1', 'arp_ignore'), '1');
    await assert.rejects(found.node.give(), { code: 'usage', message: /this is a standby/ });
    await assert.rejects(found.node.giveBack(['shop']), {
      code: 'usage',
      message: 'shop is no active and no address that is here; there are web, 192.0.2.80',
    });
    await found.close();
    assert.ok(found.lines.some(({ level, event }) => level === 'warn' && event === 'takeover.kept'));
    assert.ok(isOn('eth1'));
    assert.equal(setting('eth1', 'arp_ignore'), '1');
    const left = JSON.parse(readFileSync(`${configuration.control}.state`, 'utf8'));
    assert.deepEqual([left.taken, left.raised], [[taken], ['eth1']]);
    for (const ifname of ['eth0', 'eth1']) writeFileSync(`/proc/sys/net/ipv4/conf/${ifname}/arp_ignore`, '0');
  });

  it('of a standby has its interfaces on before they are needed, if they are to be, and off when it ends', async (context) => {
    const configuration = standbyOn(context, { warm: true, adapters: ['eth0', 'eth1', 'none0'] });
    const found = await standby(context, configuration);
    assert.deepEqual([isOn('eth0'), isOn('eth1')], [true, true]);
    assert.deepEqual(found.events(), ['takeover.adapter']);
    const changed = (more: object): readonly string[] => found.node.reconfigure(standbyOn(context, more));
    assert.deepEqual(changed({ listen: `${OWN}:7374`, adapters: ['eth0', 'eth2'] }), ['listen', 'adapters']);
    assert.deepEqual(changed({ adapters: ['eth0'] }), []);
    assert.deepEqual(found.node.reconfigure(activeOn(context)), ['role']);
    await found.close();
    assert.deepEqual([isOn('eth0'), isOn('eth1')], [false, false]);
    assert.equal(existsSync(`${configuration.control}.state`), false);
  });

  it('of a standby believes no strangers, and counts them', async (context) => {
    const { node, lines } = await standby(context, standbyOn(context));
    const refused = (): number => (node.status() as { refused: { forged: number } }).refused.forged;
    const socket = createSocket('udp4');
    for (let i = 0; i < 5; i++) socket.send(Buffer.from('hello'), 7373, OWN);
    await until('they are counted', () => refused() === 5);
    socket.close();
    assert.equal(lines.filter(({ event }) => event === 'takeover.refused').length, 1);
  });
});
