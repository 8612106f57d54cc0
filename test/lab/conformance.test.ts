import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { crowdInLab, crowdInWorld } from './conformance/crowd.ts';
import { conversations, handedOver, said, written } from './conformance/normal.ts';
import { pairInLab, type Seen, seenInLab, seenInWorld } from './conformance/players.ts';
import { story } from './support.ts';

/** Where a lab of namespaces is not the truth itself, or chance has its part: how much later a try may end there, and why. */
const LATER: readonly {
  readonly scenarios: readonly string[];
  readonly us: number;
  readonly reason: string;
}[] = [
  {
    scenarios: ['stale', 'reachable'],
    us: 1_200_000,
    reason:
      'the kernel looks for a lost neighbour with the next packet to it, and the program itself sends one every 2 s',
  },
  {
    scenarios: ['no-network'],
    us: 1_200_000,
    reason:
      'what comes while connect() still holds its socket counts with the next request only; on a busy machine the answer comes when it does no longer',
  },
];

/** What chance has its part in, on a machine that is busy with others, and why. */
const NOT_SAID: readonly {
  readonly scenario: string;
  readonly events: readonly string[];
  readonly reason: string;
}[] = [
  {
    scenario: 'banned',
    events: ['suspicion.opened', 'client.waiting', 'suspicion.ended'],
    reason:
      'whether a look at the service falls between two requests of who is banned decides whether it is asked because of him; nobody else notices either way',
  },
];

/** Of a kernel's timers, on a machine that is busy with others. */
const LATE_US = 1_000_000;
/**
 * All sockets by which kernels send ICMP share one buffer in a machine: a lab beside others loses whole cycles of messages, and what
 * comes then comes with the next cycle.
 */
const CYCLE_US = 3_070_000;

/** A machine that is busy with others starts a client's program so much later. */
const BUSY_US = 4_000_000;

const SCENARIOS = [
  'cold',
  'stale',
  'reachable',
  'frozen',
  'refused',
  'boot-with-trap',
  'boot-silent',
  'flap',
  'banned',
  'uplink-cut',
  'no-carrier',
  'no-network',
];

const laterIn = (name: string): number =>
  LATER.find(({ scenarios }) => scenarios.includes(name))?.us ?? LATE_US;

/** Each try ends alike, and after as long; where a cycle's message was lost, a cycle later. */
function triesAlike(name: string, lab: Seen, world: Seen): void {
  const laterUs = laterIn(name);
  assert.deepEqual(endsOf(lab), endsOf(world));
  for (const [index, { text, tookUs }] of lab.tries.entries()) {
    const other = world.tries[index]?.tookUs ?? 0;
    const lateUs = tookUs - other;
    // A busy machine may be late, and never early.
    const isAlike = lateUs > -laterUs && lateUs < CYCLE_US + BUSY_US;
    assert.ok(isAlike, `try ${text}: ${tookUs / 1e6} s in the lab, ${other / 1e6} s in the world`);
  }
}

const endsOf = ({ tries }: Seen): readonly string[] => tries.map(({ text, end }) => `${text} ${end}`);

describe('the emulator and the lab play alike', { concurrency: 4 }, () => {
  for (const name of SCENARIOS) {
    story(name, async (lab) => {
      const [inLab, inWorld] = [await seenInLab(lab, name), await seenInWorld(name)];
      assert.equal(inWorld.verdict.holds, true, inWorld.verdict.sentence);
      triesAlike(name, inLab, inWorld);
      const leftOut = NOT_SAID.find(({ scenario }) => scenario === name)?.events ?? [];
      const isLeftOut = (event: string): boolean => leftOut.includes(event);
      assert.deepEqual(said(inLab, isLeftOut), said(inWorld, isLeftOut));
      assert.deepEqual(written(inLab.mails), written(inWorld.mails));
      assert.deepEqual(conversations(inLab, laterIn(name)), conversations(inWorld, laterIn(name)));
    });
  }

  story('a crowd of 300', async (lab) => {
    const [inLab, inWorld] = [await crowdInLab(lab), crowdInWorld(await seenInWorld('crowd'))];
    for (const { messages } of [inLab, inWorld])
      assert.ok(messages >= 40 && messages <= 62, `${messages} ICMP messages`);
    assert.deepEqual([inLab.waiting, inWorld.waiting], [300, 300]);
  });

  for (const name of ['takeover', 'takeover-split']) {
    story(
      name,
      async (lab) => {
        const [inLab, inWorld] = [await pairInLab(lab, name), await seenInWorld(name)];
        assert.equal(inWorld.verdict.holds, true, inWorld.verdict.sentence);
        assert.deepEqual(endsOf(inLab), endsOf(inWorld));
        assert.deepEqual(handedOver(inLab), handedOver(inWorld));
      },
      'duplex',
    );
  }
});
