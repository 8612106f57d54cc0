/** What the router says when it is asked why: a town for each reason to tell somebody, or not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clientSentences, type Known } from '../../../host/router/explained.ts';
import { People } from '../../../host/router/people.ts';
import { configurationOf, NAKAMURA, SATO, SERVER, TANAKA, WEB } from './configuration.ts';
import { Town } from './town.ts';

const STRANGER = '172.27.179.199';
const HOURS = 3600;

const says = async (town: Town, of: string): Promise<string> => (await town.explains(of)).says.join('\n');

describe('ringback explain says of a client', () => {
  it('that it was turned away alone, and what that means', async (test) => {
    const town = await Town.begin(test);
    town.script = (client) => (client === SATO ? 'resets' : 'answers');
    await town.goesWell(WEB);
    town.tries(SATO, WEB);
    await town.pass(20);
    const { is, says: all, lately } = await town.explains(SATO);
    assert.equal(is, 'client');
    assert.match(
      all.join('\n'),
      /sato@example\.jp is told of what 172\.27\.179\.151 tries, as clients: says/,
    );
    assert.match(all.join('\n'), /172\.27\.179\.151 waits for nothing/);
    assert.match(
      all.join('\n'),
      /It failed at 172\.27\.178\.80 port 80 before .*turned away alone, which is no outage/,
    );
    const events = lately.map(({ event }) => event);
    assert.ok(events.includes('client.waiting') && events.includes('suspicion.ended'), `${events}`);
  });

  it('that it waits, since when, and that its notice was sent', async (test) => {
    const town = await Town.begin(test);
    await town.goesWell(WEB);
    town.script = () => 'drops';
    town.tries(SATO, WEB);
    await town.pass(60);
    assert.match(
      await says(town, SATO),
      /It waits for 172\.27\.178\.80(?: port 80)?: \d+ tr(?:y|ies), the first at \d{4}-/,
    );
    town.script = () => 'answers';
    await town.pass(60);
    assert.deepEqual(town.told, ['sato']);
    const after = await says(town, SATO);
    assert.match(after, /waits for nothing/);
    assert.match(after, /Notice [0-9a-f]+ to sato@example\.jp about 172\.27\.178\.80 was sent at \d{4}-/);
    assert.match(await says(town, 'sato@example.jp'), /Notice [0-9a-f]+ to sato@example\.jp .* was sent at/);
  });

  it('that nobody knows its mail address, and where it is asked for one', async (test) => {
    const town = await Town.begin(test);
    await town.goesWell(WEB);
    town.script = () => 'drops';
    town.tries(STRANGER, WEB);
    await town.pass(60);
    const said = await says(town, STRANGER);
    assert.match(said, /Nobody's mail address is known at 172\.27\.179\.199: a page asks .* port 80, 443/);
    assert.match(said, /It waits for/);
  });

  it('that its last try is too old', async (test) => {
    const town = await Town.begin(test, { more: 'notify: {fresh: 1h}' });
    await town.goesWell(WEB);
    town.script = () => 'drops';
    town.tries(SATO, WEB);
    await town.pass(2 * HOURS);
    assert.match(
      await says(town, SATO),
      /Its last try is .* old: nobody is told of one older than 1h \(notify\.fresh\)/,
    );
  });

  it('that it does not count where only known ones do', () => {
    const given = configurationOf({});
    const configuration = { ...given, detect: { ...given.detect, knownClientsOnly: true } };
    const people = new People(configuration, {
      registered: [],
      stopped: { owners: new Set(), folded: new Set() },
      confirmed: new Set(),
    });
    const [said] = clientSentences({ configuration, people, outages: [] } as unknown as Known, STRANGER);
    assert.match(said ?? '', /it does not count \(detect\.known_clients_only\)/);
  });

  it('that its mail has to wait, and how long', async (test) => {
    const town = await Town.begin(test, { more: 'notify: {most: {hour: 1, day: 20}}' });
    await town.goesWell(WEB);
    for (let round = 0; round < 2; round++) {
      town.script = () => 'drops';
      town.tries(SATO, WEB);
      await town.pass(60);
      town.script = () => 'answers';
      await town.pass(60);
    }
    assert.deepEqual(town.told, ['sato']);
    const said = await says(town, 'sato@example.jp');
    assert.match(said, /it gets 1 mails? an hour and 20 a day at most/);
    assert.match(said, /Notice [0-9a-f]+ to sato@example\.jp about .* goes out in .*; it waits: /);
  });
});

describe('ringback explain says of a server', () => {
  it('that it is asked, down, answered for, settling, and over', async (test) => {
    const town = await Town.begin(test, {
      settle: '20s',
      more: `servers: [{address: ${SERVER}, name: www.example.jp}]`,
    });
    await town.goesWell(WEB);
    assert.match(
      await says(town, 'www.example.jp'),
      /www\.example\.jp \(172\.27\.178\.80\) is a server[\s\S]*have answered somebody: port 80\.[\s\S]*Nothing of it is down/,
    );
    town.script = () => 'drops';
    town.tries(TANAKA, WEB);
    town.tries(STRANGER, WEB);
    await town.pass(60);
    const down = await says(town, SERVER);
    assert.match(
      down,
      /is down \(unanswered\) since .*: 2 clients wait, of 1 of them a mail address is known/,
    );
    assert.match(down, /the page answers at port 80/);
    town.script = () => 'answers';
    await town.pass(15);
    assert.match(
      await says(town, SERVER),
      /It has answered again: people are told once it has done so for 20s/,
    );
    await town.pass(60);
    assert.match(
      await says(town, SERVER),
      /was down \(unanswered\) from .*: 1 of 1 people told; not: 1 client without address/,
    );
  });

  it('that it is in no watched network', async (test) => {
    const town = await Town.begin(test, { more: 'servers: [{address: 203.0.113.80, name: far.example.jp}]' });
    assert.match(
      await says(town, 'far.example.jp'),
      /in no network of detect\.watch \(172\.27\.176\.0\/21\): .* does not count/,
    );
  });

  it('that it is never connected to', async (test) => {
    const town = await Town.begin(test, { more: `servers: [{address: ${SERVER}, ask: none}]` });
    assert.match(await says(town, SERVER), /never connects to it \(ask: none\)/);
  });
});

describe('ringback explain', () => {
  it('knows a server by the address and port that this machine forwards to it', async (test) => {
    const town = await Town.begin(test, {
      more: `servers: [{address: 203.0.113.5, ports: [8080], real: "${SERVER}:80", name: shop.example.jp}]`,
    });
    await town.goesWell(WEB);
    town.script = () => 'drops';
    town.tries(TANAKA, WEB);
    await town.pass(60);
    for (const called of ['shop.example.jp', '203.0.113.5', '203.0.113.5:8080', SERVER]) {
      const { of, says: all } = await town.explains(called);
      assert.equal(of, SERVER, called);
      assert.match(
        all.join('\n'),
        /shop\.example\.jp \(172\.27\.178\.80\) is a server: what clients meet there counts/,
      );
      assert.match(all.join('\n'), /known as 203\.0\.113\.5:8080 is down/);
    }
  });

  it('does not say that nobody is told where somebody else knows whom to tell', async (test) => {
    const town = await Town.begin(test, {
      more: 'notify: {via: station}\nstation: {mail: station@example.jp}\nlist_key: a-long-key-of-the-list',
    });
    await town.goesWell(WEB);
    town.script = () => 'drops';
    town.tries(STRANGER, WEB);
    await town.pass(60);
    const said = await says(town, STRANGER);
    assert.match(said, /Of 172\.27\.178\.80 it is on the list for the station, which knows whom to tell/);
    assert.doesNotMatch(said, /Nobody's mail address/);
    assert.match(await says(town, SERVER), /Its people are told by the station, from a list/);
  });

  it('says when, and in which zone', async (test) => {
    const town = await Town.begin(test);
    await town.goesWell(WEB);
    town.script = () => 'drops';
    town.tries(SATO, WEB);
    await town.pass(60);
    assert.match(await says(town, SERVER), /since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d, for /);
  });

  it('names the signs that this router listens for, and no others', async (test) => {
    const town = await Town.begin(test);
    await town.goesWell(WEB);
    town.script = () => 'drops';
    town.tries(SATO, WEB);
    await town.pass(60);
    const said = await says(town, SERVER);
    assert.match(
      said,
      /looked into at once when ARP, neighbour discovery or an answer to a client speaks for it/,
    );
  });
});

describe('ringback explain is refused', () => {
  for (const of of ['', 'nobody', 'a@b@c', '172.27.178.800']) {
    it(`for ${JSON.stringify(of)}`, async (test) => {
      const town = await Town.begin(test);
      await assert.rejects(async () => town.explains(of), /expected|no mail address/);
    });
  }

  it('for nobody of whom nothing is known: it says so', async (test) => {
    const town = await Town.begin(test);
    assert.match(await says(town, 'ito@example.jp'), /Nothing is known of ito@example\.jp/);
    assert.match(await says(town, NAKAMURA), /nakamura@example\.jp is told/);
  });
});
