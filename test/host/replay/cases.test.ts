/** Captures as other machines have written them; what is right of each is by tshark. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { machineChance } from '../../../host/chance.ts';
import { replayCommand } from '../../../host/cli/replay.ts';
import type { Replayed } from '../../../host/replay/replay.ts';

const WEB = '192.0.2.10 40000 → 198.51.100.80 80';
const WEB_6 = '2001:db8:1::10 40001 → 2001:db8:2::80 80';

/** What is found, in the words of the command, and what it warns of. */
async function replayed(name: string) {
  const file = fileURLToPath(new URL(`cases/${name}.pcap`, import.meta.url));
  const [printed, warned]: [string[], string[]] = [[], []];
  const given = {
    ...{ files: [file], config: undefined, watch: [], unanswered: undefined, json: true },
    chance: machineChance,
  };
  const whole = await replayCommand(given, (line) => printed.push(line), (line) => warned.push(line)); // biome-ignore format: a line
  const { packets, malformed, failed, unread }: Replayed = JSON.parse(printed[0] ?? '');
  const attempts = failed.map(
    ({ client, clientPort, server, serverPort, sequence, outcome }) =>
      `${client} ${clientPort} → ${server} ${serverPort} ${sequence} ${outcome}`,
  );
  return { whole, packets, malformed, attempts, unread, warned };
}

describe('A capture of a kind that is rarer', () => {
  for (const [name, attempts] of [
    ['syn-options-cut-by-snaplen', ['192.0.2.10 49152 → 198.51.100.20 443 1000 open']],
    ['modified-a1b2cd34', [`${WEB} 1000 open`]],
    ['null-le', [`${WEB} 1000 open`, `${WEB_6} 2000 open`]],
    ['null-be-af', [`${WEB} 1000 open`]],
    ['loop-108', [`${WEB} 1000 open`, `${WEB_6} 2000 open`]],
    ['ppp-hdlc-50', [`${WEB} 1000 open`]],
  ] as const) {
    it(`is read: ${name}`, async () => {
      const found = await replayed(name);
      assert.deepEqual(found.attempts, attempts);
      assert.deepEqual([found.whole, found.packets, found.malformed], [true, attempts.length, 0]);
      assert.deepEqual([found.unread, found.warned], [undefined, []]);
    });
  }

  for (const [name, linkType, kind] of [
    ['chdlc-104', 104, 'Cisco HDLC'],
    ['ieee80211-105', 105, 'IEEE 802.11'],
  ] as const) {
    it(`is named where it is not read: ${name}`, async () => {
      const { whole, attempts, unread, warned } = await replayed(name);
      assert.deepEqual([whole, attempts], [false, []]);
      assert.deepEqual(unread, [{ linkType, name: kind, packets: 1 }]);
      assert.equal(warned.length, 1);
      assert.match(
        warned[0] ?? '',
        new RegExp(`: nothing of it was read: link type ${linkType} \\(${kind}\\); `),
      );
    });
  }
});
