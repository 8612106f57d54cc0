import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { random } from '../../random.ts';
import { SATO, SERVER, TANAKA, WEB } from './configuration.ts';
import { Town } from './town.ts';

describe('No outage', () => {
  it('follows from EMFILE while 100 are asked', async (test) => {
    const webs = Array.from({ length: 100 }, (_, i) => ({ server: `172.27.180.${i}`, port: 80 }));
    const town = await Town.begin(test, { known: webs });
    town.script = (client) => (client === SATO ? 'resets' : 'answers');
    town.exhausted = 'EMFILE';
    for (const web of webs) town.tries(SATO, web);
    await town.pass(30);
    for (const web of webs) town.tries(TANAKA, web);
    await town.pass(30);
    town.exhausted = null;
    await town.pass(120);
    assert.deepEqual([town.wasEverDown, town.told], [false, []]);
    assert.equal(town.outcomes.length, webs.length);
  });

  it('follows from 5 % loss and 1,000 suspicions of a living service', async (test) => {
    const town = await Town.begin(test);
    await town.goesWell(WEB);
    const chance = random(5);
    const isLost = (): boolean => chance() < 0.05;
    town.script = (client) => {
      const fate = client.startsWith('10.') ? 'resets' : 'answers';
      return isLost() || isLost() ? 'drops' : fate;
    };
    for (let i = 0; i < 1000; i++) {
      town.tries(`10.0.${i >> 8}.${i & 255}`, WEB, { patience: 3 });
      if (i % 10 === 0) town.tries(TANAKA, WEB);
      await town.pass(2);
    }
    await town.pass(60);
    assert.deepEqual([town.wasEverDown, town.told], [false, []]);
    assert.ok(town.asked >= 900, `asked ${town.asked} times`);
  });
});

describe('Where strangers who wait for other servers fill the table', () => {
  it('a server that dies is noticed by a stranger, and who is known is told', async (test) => {
    const webs = Array.from({ length: 14 }, (_, i) => ({ server: `172.27.180.${i}`, port: 80 }));
    const town = await Town.begin(test, { known: [...webs, WEB], room: 64 });
    let isDown = false;
    town.script = (_, { server }) => (server === SERVER && !isDown ? 'answers' : 'drops');
    await town.goesWell(WEB);
    await town.pass(60);
    for (const [i, web] of webs.entries()) {
      for (let j = 0; j < 80; j++) town.tries(`10.0.${i}.${j}`, web, { patience: 5 });
      await town.pass(40);
    }
    isDown = true;
    town.tries('10.1.0.1', WEB);
    await town.pass(60);
    assert.ok(town.down.includes(`${SERVER} 0`), town.down.join(', '));
    town.tries(SATO, WEB);
    await town.pass(40);
    town.script = () => 'answers';
    await town.pass(100);
    assert.deepEqual(town.told, ['sato']);
  });
});

describe('Everything at once', () => {
  it('1,000 servers cut at once: all decided, none lost', async (test) => {
    const servers = Array.from({ length: 1000 }, (_, i) => `172.27.${180 + (i >> 8)}.${i & 255}`);
    const webs = servers.map((server) => ({ server, port: 80 }));
    const town = await Town.begin(test, { page: [80], known: webs });
    town.script = () => 'noNetwork';
    for (const web of webs) town.tries(SATO, web);
    await town.pass(40);
    assert.equal(town.down.length, servers.length);
    town.script = () => 'answers';
    await town.pass(100);
    assert.deepEqual([town.down, town.hidden], [[], []]);
    const told = town.mails.flatMap(({ text }) => text.match(/172\.27\.18\d\.\d+/g) ?? []);
    assert.deepEqual(new Set(told), new Set(servers));
  });
});
