/** Settings of a real kernel, changed and put back; and of a directory that is like the kernel's, where that would not do. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, it, type TestContext } from 'node:test';
import { StateFile } from '../../../../host/takeover/machine/state-file.ts';
import { Sysctls } from '../../../../host/takeover/machine/sysctl.ts';
import { directory } from '../../fabric/scripted.ts';
import { recordingLog } from '../../tools.ts';
import { cable, ip, noNetwork } from './own-network.ts';

const KERNEL = '/proc/sys/net/ipv4/conf';
const NAMES = ['arp_ignore', 'arp_announce', 'rp_filter', 'promote_secondaries'];

function setting(ifname: string, name: string): string {
  return readFileSync(`${KERNEL}/${ifname}/${name}`, 'utf8').trim();
}

function settings(ifname: string): string[] {
  return NAMES.map((name) => setting(ifname, name));
}

function set(ifname: string, ...values: readonly string[]): void {
  for (const [i, value] of values.entries()) writeFileSync(`${KERNEL}/${ifname}/${NAMES[i]}`, value);
}

function remembering(context: TestContext) {
  const place = directory();
  context.after(place.remove);
  const { log, lines } = recordingLog();
  const file = place.path('state');
  return {
    place,
    lines,
    file,
    memory: new StateFile(file, log),
    /** Of a process with what the one before has left. */
    next: (root?: string) => new Sysctls(new StateFile(file, log), log, root),
  };
}

describe('the settings of interfaces', { skip: noNetwork }, () => {
  beforeEach(() => {
    if (!existsSync(`${KERNEL}/eth0`)) cable('eth0', 'eth1');
    set('all', '0', '0', '0');
    for (const ifname of ['eth0', 'eth1']) set(ifname, '0', '0', '1', '0');
  });

  it('are those of an interface that answers for itself only, and afterwards what they were', (context) => {
    const { next, file } = remembering(context);
    set('eth1', '2', '1', '2', '1');
    next().isolate(['eth0', 'eth1']);
    assert.deepEqual(settings('eth0'), ['1', '2', '2', '0']);
    assert.deepEqual(settings('eth1'), ['1', '2', '2', '1']);
    next().prepare(['eth0']);
    assert.equal(setting('eth0', 'promote_secondaries'), '1');
    assert.equal(
      new StateFile(file, recordingLog().log).known.settings.length,
      6,
      'what was changed, and no more',
    );
    next().restore();
    assert.deepEqual(settings('eth0'), ['0', '0', '1', '0']);
    assert.deepEqual(settings('eth1'), ['2', '1', '2', '1']);
    assert.equal(existsSync(file), false);
  });

  it('of one that only keeps quiet let in what they let in', (context) => {
    const { next } = remembering(context);
    next().quieten(['eth0']);
    assert.deepEqual(settings('eth0'), ['1', '2', '1', '0']);
    next().restore();
  });

  it('that let in everything stay so, unless all interfaces are strict', (context) => {
    const { next } = remembering(context);
    set('eth0', '0', '0', '0');
    next().isolate(['eth0']);
    assert.equal(setting('eth0', 'rp_filter'), '0');
    set('all', '0', '0', '2');
    next().isolate(['eth0']);
    assert.equal(setting('eth0', 'rp_filter'), '0');
    set('all', '0', '0', '1');
    next().isolate(['eth0']);
    assert.equal(setting('eth0', 'rp_filter'), '2');
    next().restore();
    assert.equal(setting('eth0', 'rp_filter'), '0');
  });

  it('are what they were at first, however often they were changed by however many processes', (context) => {
    const { next } = remembering(context);
    next().isolate(['eth0']);
    // Somebody has changed it in the meantime.
    set('eth0', '3');
    next().isolate(['eth0', 'eth1']);
    assert.equal(setting('eth0', 'arp_ignore'), '1');
    next().isolate(['eth0']);
    next().restore();
    assert.deepEqual(settings('eth0'), ['0', '0', '1', '0']);
    assert.deepEqual(settings('eth1'), ['0', '0', '1', '0']);
  });

  it('are put back by the next process when one was killed before it had changed all of them', (context) => {
    const { next, memory } = remembering(context);
    const { log } = recordingLog();
    memory.change({ taken: [], settings: [] });
    const killed = {
      get known() {
        return memory.known;
      },
      change: (part: Parameters<StateFile['change']>[0]) => {
        memory.change(part);
        throw new Error('killed');
      },
    };
    assert.throws(() => new Sysctls(killed, log).isolate(['eth0']), /killed/);
    assert.deepEqual(settings('eth0'), ['0', '0', '1', '0'], 'nothing is changed that is not remembered');
    set('eth0', '1');
    next().restore();
    assert.deepEqual(settings('eth0'), ['0', '0', '1', '0']);
  });

  it('of an interface that is gone keep no other one from its own', (context) => {
    const { next, lines } = remembering(context);
    next().isolate(['eth0', 'eth7', 'eth1']);
    assert.deepEqual(settings('eth1'), ['1', '2', '2', '0']);
    assert.ok(
      lines.length > 0 &&
        lines.every(({ level, event }) => level === 'debug' && event === 'takeover.setting'),
    );
    ip('link', 'set', 'eth0', 'down');
    ip('link', 'set', 'eth0', 'name', 'old0');
    next().restore();
    assert.deepEqual(settings('eth1'), ['0', '0', '1', '0']);
    ip('link', 'set', 'old0', 'name', 'eth0');
  });

  it('that the kernel would not take are said once', (context) => {
    const { place, next, lines } = remembering(context);
    const root = place.path('conf');
    mkdirSync(`${root}/eth0/arp_ignore`, { recursive: true });
    writeFileSync(`${root}/eth0/arp_announce`, '0\n');
    const own = next(root);
    own.quieten(['eth0']);
    own.quieten(['eth0']);
    const path = `${root}/eth0/arp_ignore`;
    assert.deepEqual(
      lines.map(({ level, event, fields }) => [level, event, fields.path]),
      [
        ['warn', 'takeover.setting', path],
        ['debug', 'takeover.setting', path],
      ],
    );
    assert.equal(readFileSync(`${root}/eth0/arp_announce`, 'utf8'), '2');
  });

  it('are all that a memory is believed for', (context) => {
    const { place, next, memory } = remembering(context);
    const root = place.path('conf');
    mkdirSync(`${root}/eth0`, { recursive: true });
    const [own, other, elsewhere] = [`${root}/eth0/arp_ignore`, `${root}/eth0/tag`, place.path('other')];
    for (const path of [own, other, elsewhere]) writeFileSync(path, 'before');
    memory.change({
      settings: [
        [other, '12'],
        [other, ''],
        [other, '0\n1'],
        [elsewhere, '0'],
        [`${root}/../other`, '0'],
        [own, '0'],
      ],
    });
    next(root).restore();
    assert.deepEqual(
      [own, other, elsewhere].map((path) => readFileSync(path, 'utf8')),
      ['0', 'before', 'before'],
    );
    rmSync(root, { recursive: true });
  });
});
