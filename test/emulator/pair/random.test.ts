/** Pairs to which anything happens for a minute: when all is well again, each address is at one machine, and answers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Stream } from '../../../host/emulator/kernel/streams.ts';
import type { Verb } from '../../../host/emulator/scenario/types.ts';
import { C, D, duplex, E, Played, trying } from './duplex.ts';

const NODES = ['web', 'shop', 'standby'] as const;
const CARDS = { web: 3, shop: 2, standby: 2 } as const;
const SEEDS = 12;
/** Things go wrong until then, all of it is over at `WELL_S`, and is looked at when both nodes had time to find out. */
const [LAST_S, WELL_S, LOOK_S, END_S] = [60, 90, 150, 160];

type Mishap = readonly [wrong: Verb, right: Verb];

function mishap(stream: Stream): Mishap {
  const node = NODES[stream.below(3)] ?? 'web';
  const other = NODES[(NODES.indexOf(node) + 1 + stream.below(2)) % 3] ?? 'shop';
  const card = `${node}-${stream.below(CARDS[node])}`;
  const all: readonly Mishap[] = [
    [
      { verb: 'kill', node },
      { verb: 'revive', node },
    ],
    [
      { verb: 'split', nodes: [node, other] },
      { verb: 'heal', nodes: [node, other] },
    ],
    [
      { verb: 'unplug', node: card },
      { verb: 'plug', node: card },
    ],
    [
      { verb: 'stop', node, port: null },
      { verb: 'start', node, port: null },
    ],
    [
      { verb: 'killProgram', what: node },
      { verb: 'startProgram', what: node },
    ],
    [
      { verb: 'unplug', node },
      { verb: 'plug', node },
    ],
  ];
  return all[stream.below(all.length)] as Mishap;
}

function script(stream: Stream): [number, ...Verb[]][] {
  const steps: [number, ...Verb[]][] = [];
  for (let atS = 3; atS < LAST_S; atS += 1 + stream.below(8)) {
    const [wrong, right] = mishap(stream);
    const fromS = atS + stream.below(1000) / 1000;
    steps.push([fromS, wrong], [fromS + 0.1 + stream.below(20_000) / 1000, right]);
  }
  const well = NODES.flatMap((node): Verb[] => [
    { verb: 'revive', node },
    { verb: 'plug', node },
    { verb: 'start', node, port: null },
    { verb: 'startProgram', what: node },
  ]);
  steps.push([WELL_S, { verb: 'heal', nodes: [] }, ...well]);
  steps.push([LOOK_S, trying('t21', C), trying('t21', D), trying('t24', E)]);
  return steps.sort(([one], [other]) => one - other);
}

describe('A pair to which anything happens', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    it(`keeps its promises, and comes to an end (seed ${seed})`, async () => {
      const stream = new Stream(seed, 'mishaps');
      const standby = stream.below(2) === 1 ? { return: 'automatic', return_after: '3s' } : {};
      const played = await Played.of(duplex(script(stream), END_S, { seed, standby }));
      played.keepsPromises();
      for (const address of [C, D, E]) assert.equal(played.holders(address).length, 1, address);
      const looked = played.ends.filter((end) => end.endsWith(' served'));
      assert.equal(looked.length, 3, played.ends.join('; '));
    });
  }
});
