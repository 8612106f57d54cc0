import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ComparedRun,
  compared,
  comparisonJson,
  comparisonText,
} from '../../../host/emulator/capture/compare.ts';
import type { Directory } from '../../../host/emulator/truth/witness.ts';

const SERVER = '172.27.178.80';
const PEOPLE = [
  { name: 'c150', address: '172.27.179.150', mail: 'tanaka@example.jp' },
  { name: 'c151', address: '172.27.179.151', mail: 'sato@example.jp' },
  { name: 'c152', address: '172.27.179.152', mail: 'nakamura@example.jp' },
];
const DIRECTORY: Directory = {
  clients: PEOPLE.length,
  services: 1,
  clientAt: (address) => PEOPLE.findIndex((one) => one.address === address),
  servicesAt: () => [0],
  client: (client) => PEOPLE[client] ?? assert.fail(),
  service: () => ({ name: 's80', address: SERVER, port: 80 }),
};

/** All three try, and this is what the program says. */
function run(said: readonly (readonly [second: number, event: string, fields: object])[]): ComparedRun {
  let nowUs = 0;
  const heard = new ComparedRun(DIRECTORY, () => nowUs);
  for (const [client] of PEOPLE.entries()) heard.tryEnded(client, 0, 'unreachable', 6_000_000 + client);
  heard.tryEnded(0, 0, 'served', 1_000_000);
  for (const [second, event, fields] of said) {
    nowUs = second * 1e6;
    heard.line('router', 'info', event, { server: SERVER, ...fields });
  }
  return heard;
}

const opened = [9, 'outage.opened', { port: 0, cause: 'unreachable' }] as const;
const closed = [40, 'outage.closed', { port: 0 }] as const;
const waits = (client: number) => [9, 'client.waiting', { client: PEOPLE[client]?.address }] as const;
const sent = (client: number) =>
  [41, 'notice.sent', { client: PEOPLE[client]?.address, mail: PEOPLE[client]?.mail }] as const;
/** Of one person's two addresses. */
const alsoSent = [
  41,
  'notice.sent',
  { client: '172.27.179.99', otherClients: `172.27.179.98 ${PEOPLE[1]?.address}`, mail: PEOPLE[1]?.mail },
] as const;
const whys = (comparison: ReturnType<typeof compared>, column: 0 | 1) =>
  comparison.rows.map(({ outcomes }) => outcomes[column].whyNot);

describe('two configurations side by side', () => {
  it('say who is told with which of them, when, and why not', () => {
    const mine = run([opened, waits(0), waits(1), waits(2), closed, sent(0), alsoSent]);
    const theirs = run([
      opened,
      waits(0),
      waits(1),
      closed,
      sent(0),
      [41, 'notice.held', { client: PEOPLE[1]?.address }],
    ]);
    const comparison = compared(['mine.yaml', 'theirs.yaml'], [mine, theirs]);
    assert.deepEqual(whys(comparison, 0), [
      null,
      null,
      'no mail address of this client is known, or the try was too old',
    ]);
    assert.deepEqual(whys(comparison, 1), [
      null,
      'as many mails as notify.most allows were sent before',
      'the outage was noticed, but not this try',
    ]);
    const text = comparisonText(comparison).split('\n');
    assert.equal(text[0], 'Turned away: 3. Told: 2 with mine.yaml, 1 with theirs.yaml.');
    assert.match(
      text[4] ?? '',
      /^c151 → s80 at 6\.0 s +told at 41\.0 s \(sato@example\.jp\) +not told: as many/,
    );
    assert.equal(JSON.stringify(comparisonJson(comparison)).includes('"told":41'), true);
  });

  it('say why nobody is: nothing noticed, alone, not over, still asked', () => {
    const nothing = run([]);
    const alone = run([[9, 'suspicion.opened', {}], waits(0), [11, 'suspicion.ended', { outcome: 'alone' }]]);
    assert.deepEqual(whys(compared(['a', 'b'], [nothing, alone]), 0), Array(3).fill('nothing was noticed'));
    assert.equal(
      whys(compared(['a', 'b'], [nothing, alone]), 1)[0],
      'turned away alone: the server answered when it was asked',
    );
    const open = run([opened, waits(0)]);
    const asked = run([[9, 'suspicion.opened', {}], waits(0)]);
    const both = compared(['a', 'b'], [open, asked]);
    assert.equal(whys(both, 0)[0], 'the outage was not over at the end');
    assert.equal(whys(both, 1)[0], 'the server was still being asked at the end');
  });
});
