/** What a machine with IPv6 says when it starts, as Linux does. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { play } from '../../../host/emulator/play.ts';
import { parseScenario } from '../../../host/emulator/scenario/load.ts';
import { makeWorld } from '../../../host/emulator/world/world.ts';
import { addressText } from '../../../host/net/address.ts';
import { machineTime } from '../../../host/time.ts';

interface Said {
  readonly seconds: number;
  readonly is: 'probe' | 'report' | 'router solicitation';
  readonly from: string;
  readonly to: string;
  readonly hops: number;
  readonly about: string;
  readonly bytes: number;
}

const NEXT_HEADER = 20;
const INSIDE = 54;
const BEHIND_OPTIONS = INSIDE + 8;

/** Of s80, which has power again after 20 s. */
async function saidBy(more = ''): Promise<Said[]> {
  const text = `scenario: 1
title: A machine starts
for: 60s
${more}
script: [{at: 5s, do: kill s80}, {at: 20s, do: revive s80}]
`;
  const said: Said[] = [];
  await play(
    parseScenario(text, 'test.yaml'),
    ({ calendar }) => ({
      ...{ tried: () => {}, tryEnded: () => {}, service: () => {}, path: () => {}, line: () => {} },
      ...{ mail: () => {}, steered: () => {}, program: () => {}, step: () => {} },
      frame: (_iface, isOut, bytes) => {
        const one = isOut ? null : readSaid(bytes, calendar.nowUs / 1_000_000);
        if (one !== null) said.push(one);
      },
    }),
    { make: makeWorld, machine: machineTime },
  );
  return said;
}

function readSaid(bytes: Uint8Array, seconds: number): Said | null {
  if (bytes[12] !== 0x86 || bytes[13] !== 0xdd) return null;
  const type =
    bytes[NEXT_HEADER] === 0 ? bytes[BEHIND_OPTIONS] : bytes[NEXT_HEADER] === 58 ? bytes[INSIDE] : 0;
  const [from, to] = [addressText(bytes.slice(22, 38)), addressText(bytes.slice(38, 54))];
  const is =
    type === 143
      ? 'report'
      : type === 133
        ? 'router solicitation'
        : type === 135 && from === '::'
          ? 'probe'
          : null;
  if (is === null) return null;
  const about = is === 'probe' ? addressText(bytes.slice(INSIDE + 8, INSIDE + 24)) : '';
  return { seconds, is, from, to, hops: bytes[21] ?? 0, about, bytes: bytes.length };
}

describe('A machine with IPv6 that starts', () => {
  it('joins its groups, asks whether its addresses are taken, and looks for a router again and again', async () => {
    const said = await saidBy();
    const of = (is: Said['is']): Said[] => said.filter((one) => one.is === is);
    const reports = of('report');
    assert.equal(reports.length, 3);
    for (const { from, to, hops, bytes } of reports)
      assert.deepEqual([from, to, hops, bytes], ['::', 'ff02::16', 1, 110]);
    assert.ok(reports[1] !== undefined && reports[1].seconds <= 20.15);
    const probes = of('probe');
    assert.deepEqual(
      probes
        .map(({ about, to, hops, bytes }) => [
          about.startsWith('fe80::') ? 'link' : about,
          to.slice(0, 11),
          hops,
          bytes,
        ])
        .sort(),
      [
        ['2001:db8:178::80', 'ff02::1:ff0', 255, 86],
        ['link', 'ff02::1:ff0', 255, 86],
      ],
    );
    const solicitations = of('router solicitation');
    const probed = probes.find(({ about }) => about.startsWith('fe80::'));
    assert.ok(probed !== undefined && probed.seconds >= 20.1 && probed.seconds < 20.9);
    const [first] = solicitations;
    assert.deepEqual([first?.from, first?.to, first?.hops, first?.bytes], [probed.about, 'ff02::2', 255, 70]);
    const after = solicitations.map(({ seconds }) => Math.round((seconds - probed.seconds) * 1000) / 1000);
    assert.deepEqual(after, [1, 5, 13, 29]);
  });

  it('says nothing of it in a lab, and before the world began', async () => {
    assert.deepEqual(await saidBy('kernel: lab'), []);
    const others = (await saidBy()).filter(({ seconds }) => seconds < 20);
    assert.deepEqual(others, []);
  });
});
