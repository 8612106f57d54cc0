import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tables } from '../../../host/fabric/module.ts';
import { until } from '../tools.ts';
import { down, prepared, started } from './plane.ts';
import { believing, SATO, SERVER, TANAKA } from './world.ts';

const REMOTE = { user: 'root', host: '192.168.1.1', port: 22, keys: '/etc/ringback/beside' };
const beside = { socket: null, remote: REMOTE };

describe('A daemon on a router beside this machine', () => {
  it('is waited for when it is not there at the start', async (context) => {
    const plane = prepared(context, believing(), { fabric: { ...beside, interfaces: ['lan0'] } });
    plane.daemon.stop();
    await plane.plane.start();
    assert.equal(plane.logged('fabric.lost'), 1);
    assert.equal(plane.plane.isThere, false);
    plane.daemon.start();
    await until('it is there', () => plane.logged('fabric.back') === 1);
    await down(plane, SATO);
  });

  it('that listens elsewhere than is wanted is told of, once for each difference', async (context) => {
    const fabric = { ...beside, interfaces: ['lan0', 'wan0'] };
    const plane = prepared(context, believing(), { fabric });
    const said = () =>
      plane.lines
        .filter(({ event }) => event === 'fabric.interfaces')
        .map(({ level, fields }) => [level, fields]);
    await plane.plane.start();
    assert.deepEqual(said(), [['error', { listening: 'lan0', wanted: 'lan0 wan0' }]]);
    const again = async (times: number) => {
      plane.daemon.disconnect();
      await until('it is back', () => plane.logged('fabric.back') === times);
    };
    await again(1);
    assert.equal(said().length, 1);
    plane.daemon.report({ number: 2, name: 'wan0' });
    await again(2);
    assert.equal(said().length, 1);
    plane.daemon.report({ number: 2, name: 'guest0' });
    await again(3);
    assert.deepEqual(said()[1], ['error', { listening: 'lan0 guest0', wanted: 'lan0 wan0' }]);
  });

  it('that has no room for the tables is told of with its key, and tried again', async (context) => {
    const { records } = tables.limits;
    const capacity = { servers: 1024, clients: records, attempts: records, conversations: 16 };
    const plane = prepared(context, believing(), { fabric: { ...beside, interfaces: ['lan0'], capacity } });
    await plane.plane.start();
    const [lost] = plane.lines.filter(({ event }) => event === 'fabric.lost');
    assert.match(
      String(lost?.fields.reason),
      /^root@192\.168\.1\.1 has no room for the tables: its key allows less \(--memory\), .*; ringback beside enters a key for them/,
    );
    await until('it is tried again', () => plane.daemon.count('configure') === 2);
  });

  it('that refuses larger tables goes on with those that it has; a new connection for them is not one', async (context) => {
    const { records } = tables.limits;
    const plane = await started(context, believing(), { fabric: { ...beside, interfaces: ['lan0'] } });
    await down(plane, SATO);
    const { fabric } = plane.configuration;
    const capacity = { servers: 1024, clients: records, attempts: records, conversations: 16 };
    plane.plane.reconfigure({ ...plane.configuration, fabric: { ...fabric, capacity } });
    await until('it is refused', () => plane.logged('fabric.refused') === 1);
    await plane.plane.settled();
    await down(plane, SATO, TANAKA);
    assert.equal(plane.logged('fabric.lost'), 0);
    const configured = plane.daemon.count('configure');
    plane.daemon.disconnect();
    const isNoRoom = ({ event, fields }: (typeof plane.lines)[number]): boolean =>
      event === 'fabric.lost' && /has no room for the tables/.test(String(fields.reason));
    await until('it is lost, for want of room', () => plane.lines.some(isNoRoom));
    await until('it is tried again', () => plane.daemon.count('configure') > configured + 1);
    assert.equal(plane.logged('fabric.back'), 0);
    assert.deepEqual(plane.waiting(), { [`${SERVER} 0`]: [SATO, TANAKA] });
    plane.plane.reconfigure(plane.configuration);
    await until('it is back', () => plane.logged('fabric.back') === 1);
    await plane.plane.settled();
    assert.deepEqual(plane.waiting(), { [`${SERVER} 0`]: [SATO, TANAKA] });
  });

  it('that has tables, and no room for those of a program that comes anew, is no fabric for it', async (context) => {
    const { records } = tables.limits;
    const plane = await started(context, believing(), { fabric: { ...beside, interfaces: ['lan0'] } });
    await down(plane, SATO);
    const capacity = { servers: 1024, clients: records, attempts: records, conversations: 16 };
    const fabric = { ...beside, interfaces: ['lan0'], capacity };
    const second = prepared(context, believing(), { fabric, daemon: plane.daemon });
    await second.plane.start();
    assert.deepEqual([second.logged('fabric.lost'), second.logged('fabric.refused')], [1, 0]);
    assert.equal(second.plane.isThere, false);
  });
});
