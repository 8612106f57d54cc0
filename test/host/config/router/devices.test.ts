import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { devicesHere } from '../../../../host/cli/devices.ts';
import { type Devices, deviceWarnings } from '../../../../host/config/router/devices.ts';
import type { FabricConfiguration } from '../../../../host/config/types.ts';

/** A router with OpenWrt's networks lan and wan, of which wan is not up yet. */
const ROUTER: Devices = {
  names: ['br-lan', 'eth1', 'lo'],
  numberOf: (name) => ({ 'br-lan': 4, eth1: 3, enx0: 3, lo: 1 })[name] ?? null,
  carrierOf: (name) => ({ lan: 'br-lan', wan: 'pppoe-wan', odd: 'unknown' })[name] ?? null,
};
const BESIDE = { user: 'root', host: '192.0.2.1', port: 22, keys: '/etc/ringback/beside' };

function said(
  interfaces: readonly string[],
  more: Partial<FabricConfiguration> = {},
  devices: Devices | null = ROUTER,
): readonly string[] {
  const fabric: FabricConfiguration = {
    ...{ interfaces, seesEverything: [], daemon: ['/usr/sbin/ringback-fabricd'], socket: null, remote: null },
    ...{ capacity: { servers: 16, clients: 16, attempts: 16 }, ...more },
  };
  return deviceWarnings(fabric, devices);
}

describe('Interfaces of a configuration', () => {
  it('that are there are not spoken of, nor networks that are known', () => {
    assert.deepEqual(said(['br-lan', 'eth1']), []);
    assert.deepEqual(said(['lan', 'wan']), []);
    assert.deepEqual(said(['odd']), [], 'netifd does not answer');
  });

  it('that are not there are named, with those that are', () => {
    const [warning = '', ...more] = said(['lan0', 'eth1', 'wan0']);
    assert.match(
      warning,
      /^fabric\.interfaces: lan0 and wan0 are no interfaces of this machine, which has br-lan, eth1, and lo/,
    );
    assert.deepEqual(more, []);
    assert.match(said(['eth7']).join(), /eth7 is no interface of this machine/);
  });

  it('that are one device by two names are named together', () => {
    for (const [names, device] of [
      [['lan', 'br-lan'], 'br-lan'],
      [['enx0', 'eth1'], 'eth1'],
    ] as const) {
      const [warning = '', ...more] = said(names);
      assert.match(
        warning,
        new RegExp(`^fabric\\.interfaces: ${names[0]} and ${names[1]} are one device \\(${device}\\)`),
      );
      assert.deepEqual(more, []);
    }
  });

  it('may be anything where the daemon is on another machine, or nobody has looked', () => {
    assert.deepEqual(said(['lan0'], { daemon: ['ssh', 'router', 'ringback-fabricd'] }), []);
    assert.deepEqual(said(['lan0'], { daemon: null, remote: BESIDE }), []);
    assert.deepEqual(said(['lan0'], { daemon: null, socket: '/run/ringback-fabricd.sock' }), []);
    assert.deepEqual(said(['lan0'], {}, null), []);
  });

  it('are looked for in this machine’s kernel', () => {
    const here = devicesHere();
    assert.ok(here?.names.includes('lo'));
    assert.deepEqual([here?.numberOf('lo'), here?.numberOf('nope0'), here?.carrierOf('lo')], [1, null, null]);
  });
});
