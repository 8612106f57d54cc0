/** Relays in a world (embodiments 2 and 3): lists come by mail, and those on them are told once, whatever happens on the way. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { played } from './played.ts';

const KEY = '5f2b9c41d8e7a6035f2b9c41d8e7a603';
const PEOPLE = `
    clients:
      - {address: 172.27.179.150, mail: tanaka@example.jp}
      - {address: 172.27.179.151, mail: sato@example.jp, language: ja}`;
const DOWN = `
  - {at: 5s, do: [kill s80, forget s80]}
  - {at: 6s, do: try c151 s80}
  - {at: 12s, do: try c150 s80}`;

function ofServer(steps: string, seconds = 240): string {
  return `
for: ${seconds}s
router:
  recover: {settle: 2s}
  notify: {via: server}
  list_key: ${KEY}
  servers: [{address: 172.27.178.80, ports: [80], mail: sav_1@example.jp}]
relays:
  s80:
    relay: {pop: {user: sav_1, password: of this mailbox, every: 30s}, resolve: false}
    list_key: ${KEY}${PEOPLE}
network: lab
hosts: {s80: {boot: 10s}}
script:${DOWN}${steps}
expect: [{told: nobody else}]
`;
}

function ofStation(steps: string, { seconds, every }: { seconds: number; every: string }): string {
  return `
for: ${seconds}s
router:
  recover: {settle: 2s}
  notify: {via: station}
  list_key: ${KEY}
  station: {mail: station@example.jp}
  servers: [{address: 172.27.178.80, ports: [80]}]
relays:
  station:
    relay: {pop: {user: station, password: of this mailbox, every: ${every}}, traps: {communities: [public]}, resolve: false}
    list_key: ${KEY}${PEOPLE}
network: lab
hosts: {s80: {boot: 10s}}
script:${steps}
expect: [{told: nobody else}]
`;
}

describe('A relay on a server', () => {
  it('tells those on the list once the server is back', async () => {
    const heard = await played(ofServer('\n  - {at: 40s, do: revive s80}'));
    assert.equal(heard.times('list.sent'), 1);
    assert.equal(heard.times('list.received', { clients: 2, told: 2 }), 1);
    assert.deepEqual(heard.told, ['sato', 'sav_1', 'tanaka']);
    assert.deepEqual(
      heard.mails.map(({ by }) => by),
      ['router', 's80', 's80'],
    );
  });

  it('sends no other mail when it is killed in the middle', async () => {
    // It looks into the mailbox every 30 s: this is right after a look that found the list.
    const base = await played(ofServer('\n  - {at: 40s, do: revive s80}'));
    const receivedAt = base.when('list.received');
    const killAt = (receivedAt + 0.1).toFixed(1);
    const heard = await played(
      ofServer(`\n  - {at: 40s, do: revive s80}\n  - {at: ${killAt}s, do: kill ringback s80, back: 5s}`),
    );
    assert.ok(heard.programs.includes('s80 killed'));
    assert.equal(heard.times('list.received'), 1);
    // What was sent, and is not known to have been, is sent again under its name: mail programs show it once.
    assert.equal(new Set(heard.mails.map(({ to, messageId }) => `${to} ${messageId}`)).size, 3);
    assert.ok(heard.mails.length > 3, 'it was killed before it had noted what it sent');
  });

  it('tells them when it gets to its mailbox again', async () => {
    const steps = `
  - {at: 40s, do: revive s80}
  - {at: 60s, do: mail away}
  - {at: 300s, do: mail well}`;
    const heard = await played(ofServer(steps, 900));
    assert.deepEqual(
      heard.told.filter((one) => one !== 'sav_1'),
      ['sato', 'tanaka'],
    );
    assert.ok((heard.mails.at(-1)?.seconds ?? 0) > 300);
  });
});

describe('A relay on the management station', () => {
  it('looks into its mailbox as soon as the server’s trap reaches it', async () => {
    const heard = await played(
      ofStation(
        `
  # Later than its start has it look often.
  - {at: 305s, do: [kill s80, forget s80]}
  - {at: 306s, do: try c151 s80}
  - {at: 312s, do: try c150 s80}
  - {at: 340s, do: revive s80}
  - {at: 355s, do: [notify s80, notify s80 station]}`,
        { seconds: 540, every: '10m' },
      ),
    );
    assert.equal(
      heard.lines.filter(({ by, event }) => by === 'station' && event === 'recovery.signal').length,
      1,
    );
    assert.deepEqual(heard.told, ['sato', 'station', 'tanaka']);
    assert.ok((heard.mails.at(-1)?.seconds ?? 1000) < 369, 'before the next look');
  });

  it('looks on after that trap until the list has come, of a service that answers long after it', async () => {
    const heard = await played(
      ofStation(
        `
  - {at: 5s, do: stop s80}
  - {at: 6s, do: try c151 s80}
  - {at: 12s, do: try c150 s80}
  - {at: 40s, do: [notify s80, notify s80 station]}
  - {at: 130s, do: start s80}`,
        { seconds: 300, every: '1h' },
      ),
    );
    const sentAt = heard.when('list.sent');
    assert.ok(sentAt > 130, `the list is sent at ${sentAt} s`);
    for (const event of ['list.received', 'notice.sent']) {
      const laterS = heard.when(event) - sentAt;
      assert.ok(laterS >= 0 && laterS <= 10, `${event} ${laterS} s after list.sent`);
    }
    assert.deepEqual(heard.told, ['sato', 'station', 'tanaka']);
  });
});
