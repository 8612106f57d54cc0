/** What an operator has in hand: hooks, a configuration that is reread, a program that is told to stop. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe } from 'node:test';
import { address } from '../../board/lab/lab.ts';
import { writeTakeoverConfiguration } from '../../board/lab/ringback.ts';
import { until } from '../host/tools.ts';
import {
  addressesOn,
  duplexStory,
  hardwareOf,
  meet,
  reaches,
  startActive,
  startPair,
  startStandby,
  tablesSay,
  unlocked,
} from './takeover/duplex.ts';

describe('an operator', { concurrency: 3 }, () => {
  duplexStory('has commands of his own told of every change, and none delays it', async (lab) => {
    const [, standby1 = ''] = await hardwareOf(lab, 'standby');
    const file = `${lab.directory}/changes`;
    const hooks = [['sh', '-c', 'sleep 600'], ['sh', '-c', 'echo "$@" >> "$0"', file], ['false']];
    const { standby, shop } = await startPair(lab, { standby: { hooks } });
    assert.equal((await shop.takeover('--give')).code, 0);
    await tablesSay(lab, { s82: standby1 });
    const expected = [`asked ${address('s82')} - shop`, `taken ${address('s82')} eth1 shop`];
    await until('both changes are told', () => {
      const told = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
      return expected.every((line) => told.includes(line));
    });
    await standby.event({ event: 'hook.failed', command: 'false', about: 'taken' });
    assert.equal(await standby.stop(), 0);
  });

  duplexStory('has both nodes reread what they are to do', async (lab) => {
    const [web0 = '', web1 = ''] = await hardwareOf(lab, 'web');
    const [, standby1 = ''] = await hardwareOf(lab, 'standby');
    const listen = `${address('standby')}:7373`;
    const actives = [
      { name: 'web', address: address('web') },
      { name: 'shop', address: address('shop') },
    ];
    const standby = await startStandby(lab, { adapters: ['eth1'] });
    const web = await startActive(lab, 'web');
    await standby.event({ event: 'takeover.capacity', needed: 2 });
    await meet(lab, ['s80', 's81']);
    assert.equal((await web.takeover('--give')).code, 1);
    await standby.event({ event: 'takeover.taken', address: address('s80') });

    writeFileSync(standby.configuration, 'takeover: {role: neither}');
    standby.signal('SIGHUP');
    await standby.event({ event: 'configuration.rejected' });
    assert.equal((await web.takeover('--give', address('s81'))).code, 1, 'the one before is kept');

    const takeover = { role: 'standby', listen, adapters: ['eth1'], actives, heartbeat: false, share: true };
    writeTakeoverConfiguration(lab, 'standby', takeover);
    standby.signal('SIGHUP');
    await standby.event({ event: 'configuration.reloaded' });
    await unlocked();
    assert.equal((await web.takeover('--give', address('s81'))).code, 0);
    await tablesSay(lab, { s80: standby1, s81: standby1 });
    assert.ok(await reaches(lab, 't21', 's81'));

    // The key is exchanged: first it is accepted, then it is used.
    const next = 'the secret of the year after this one';
    const said = JSON.parse(readFileSync(web.configuration, 'utf8')).takeover;
    writeTakeoverConfiguration(lab, 'standby', { ...takeover, key: next, old_key: said.key });
    standby.signal('SIGHUP');
    await standby.event({ event: 'configuration.reloaded' }, 30_000, standby.events.length);
    writeTakeoverConfiguration(lab, 'web', { ...said, key: next });
    web.signal('SIGHUP');
    await web.event({ event: 'configuration.reloaded' });
    writeTakeoverConfiguration(lab, 'standby', { ...takeover, key: next });
    standby.signal('SIGHUP');
    await standby.event({ event: 'configuration.reloaded' }, 30_000, standby.events.length);
    await unlocked();
    const { code, stderr } = await web.takeover('--return');
    assert.equal(code, 0, stderr);
    await tablesSay(lab, { s80: web0, s81: web1 });
    for (const service of ['s80', 's81']) assert.ok(await reaches(lab, 't24', service));
    assert.deepEqual(standby.matching({ event: 'takeover.refused' }), []);
  });

  duplexStory('stops an active that gives its addresses before', async (lab) => {
    const [standby0 = '', standby1 = ''] = await hardwareOf(lab, 'standby');
    const standby = await startStandby(lab);
    const web = await startActive(lab, 'web', { stop: 'give' });
    await web.event({ event: 'takeover.session' });
    await meet(lab, ['s80', 's81']);
    assert.equal(await web.stop(), 0);
    await standby.event({ event: 'takeover.taken', address: address('s80'), cause: 'stop' });
    await standby.event({ event: 'takeover.taken', address: address('s81'), cause: 'stop' });
    await standby.event({ event: 'takeover.stopped', peer: 'web' });
    await tablesSay(lab, { s80: standby1, s81: standby0 });
    for (const service of ['s80', 's81']) assert.ok(await reaches(lab, 't21', service));
    assert.ok(!((await addressesOn(lab, 'web', 'eth0')) ?? []).includes(`${address('s80')}/24`));
    assert.equal(web.matching({ event: 'takeover.released' }).length, 2);
  });

  duplexStory('stops an active that gives its addresses before, though nobody takes them', async (lab) => {
    const web = await startActive(lab, 'web', { stop: 'give' });
    await meet(lab, ['s80', 's81']);
    assert.equal(await web.stop(), 0);
    for (const service of ['s80', 's81']) assert.ok(await reaches(lab, 't21', service));
  });
});
