/** The seed's figures 2 to 5 (JP 2001-144806) in a world: real nodes, real bytes, frames of the module, terminals that learn. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadScenario } from '../../../host/emulator/scenario/load.ts';
import { C, D, duplex, E, Played, trying } from './duplex.ts';

describe('a takeover in a world', () => {
  it('of one address, figures 2 and 3: the standby answers for it, and terminals write to it', async () => {
    const played = await Played.of(
      duplex(
        [
          [1, trying('t21', E), trying('t24', E)],
          [5, { verb: 'stop', node: 'shop', port: null }],
          [8, trying('t21', E)],
        ],
        12,
      ),
    );
    assert.deepEqual(played.ends, [`t21 ${E} served`, `t24 ${E} served`, `t21 ${E} served`]);
    assert.deepEqual(
      played.events(/fault|asked|released|taken$/, 'shop').map(([event]) => event),
      ['takeover.fault', 'takeover.asked', 'takeover.released'],
    );
    assert.deepEqual(played.holders(E), ['standby']);
    const [own, taken] = [played.mac('shop', 'eth0'), played.mac('standby', 'eth1')];
    assert.deepEqual(
      played.learnt.filter((line) => line.startsWith('t') && line.includes(E)),
      [`t21 ${E} ${own}`, `t24 ${E} ${own}`, `t21 ${E} ${taken}`, `t24 ${E} ${taken}`],
    );
    assert.equal(played.outcome?.world.promise.announcements('standby', E), 1, 'one ARP request');
    const announcement = played.frames.find((frame) =>
      frame.includes(`0001${taken.replaceAll(':', '')}ac1bb252`),
    );
    // ARP, target MAC 0, target the subnet's broadcast address (paragraph 42).
    assert.match(
      announcement ?? '',
      /ffffffffffff[0-9a-f]{12}08060001080006040001[0-9a-f]{12}ac1bb252000000000000ac1bb2ff$/,
    );
    played.keepsPromises();
  });

  it('of two addresses, figures 4 and 5: one after the other, the card that it listens on last', async () => {
    const played = await Played.of(duplex([[5, { verb: 'stop', node: 'web', port: null }]], 12));
    assert.deepEqual(played.events(/asked|released/, 'web'), [
      ['takeover.asked', C],
      ['takeover.released', C],
      ['takeover.asked', D],
      ['takeover.released', D],
    ]);
    assert.deepEqual(
      played.lines
        .filter(({ event, by }) => event === 'takeover.taken' && by === 'standby')
        .map(({ fields }) => [fields.address, fields.adapter]),
      [
        [C, 'eth1'],
        [D, 'eth0'],
      ],
    );
    played.keepsPromises();
  });

  it('follows when the active loses its power, and comes back when that returns and somebody wishes so', async () => {
    const script = duplex(
      [
        [1, trying('t21', E)],
        [5, { verb: 'kill', node: 'shop' }],
        [7, trying('t21', E)],
        [20, { verb: 'revive', node: 'shop' }],
        [60, trying('t21', E)],
      ],
      70,
      {
        standby: { return: 'automatic', return_after: '5s' },
      },
    );
    const played = await Played.of(script);
    assert.deepEqual(played.ends, [`t21 ${E} served`, `t21 ${E} served`, `t21 ${E} served`]);
    const taken = played.lines.find(({ event, by }) => event === 'takeover.taken' && by === 'standby');
    assert.deepEqual([taken?.fields.address, taken?.fields.cause], [E, 'heartbeat']);
    const lateMs = ((taken?.us ?? 0) - 5_000_000) / 1000;
    assert.ok(lateMs > 200 && lateMs < 1000, `3 heartbeats and a check later: ${lateMs} ms`);
    assert.deepEqual(played.holders(E), ['shop']);
    assert.equal(played.entry('t21', E), played.mac('shop', 'eth0'));
    played.keepsPromises();
  });

  it('of a pair that hears nothing of each other ends with one of them once it hears again', async () => {
    const script: Parameters<typeof duplex>[0] = [
      [1, trying('t21', E)],
      [5, { verb: 'split', nodes: ['shop', 'standby'] }],
      [10, trying('t21', E)],
      [20, { verb: 'heal', nodes: [] }],
      [25, trying('t21', E)],
    ];
    const played = await Played.of(duplex(script, 45));
    const taken = played.line('takeover.taken', 'standby', E);
    const released = played.line('takeover.released', 'shop', E);
    assert.ok(taken.us > 5_000_000 && taken.us < 6_000_000, `it heard nobody: ${taken.us}`);
    assert.ok(released.us > 20_000_000 && released.us < 22_000_000, `until then both had it: ${released.us}`);
    assert.deepEqual(played.ends, Array(3).fill(`t21 ${E} served`));
    assert.deepEqual(played.holders(E), ['standby']);
    assert.equal(
      played.entry('t21', E),
      taken.fields.adapter === 'eth1' ? played.mac('standby', 'eth1') : null,
    );
    played.keepsPromises();
  });

  it('follows a cable that is out, and the standby’s own goes to another card', async () => {
    const script: Parameters<typeof duplex>[0] = [
      [1, trying('t21', E)],
      [5, { verb: 'unplug', node: 'shop-0' }],
      [8, trying('t21', E)],
      [10, { verb: 'unplug', node: 'standby-1' }],
      [15, trying('t21', E)],
    ];
    const played = await Played.of(duplex(script, 20));
    assert.equal(played.line('takeover.taken', 'standby', E).fields.cause, 'link');
    assert.equal(played.line('takeover.moved', 'standby', E).fields.adapter, 'eth0');
    assert.deepEqual(played.ends, Array(3).fill(`t21 ${E} served`));
    assert.equal(played.entry('t21', E), played.mac('standby', 'eth0'));
    played.keepsPromises();
  });

  it('does not follow when only the program of the active is gone: its addresses answer', async () => {
    const script: Parameters<typeof duplex>[0] = [
      [5, { verb: 'killProgram', what: 'shop' }],
      [15, trying('t21', E)],
      [20, { verb: 'startProgram', what: 'shop' }],
    ];
    const played = await Played.of(duplex(script, 30));
    assert.deepEqual(played.events(/taken$|doubted/), [['takeover.doubted', E]]);
    assert.deepEqual([played.holders(E), played.ends], [['shop'], [`t21 ${E} served`]]);
    played.keepsPromises();
  });

  it('is shipped as a scenario, with what must be in it', async () => {
    const scenario = loadScenario('takeover');
    const played = await Played.of(scenario);
    assert.deepEqual(
      played.ends.map((end) => end.split(' ').at(-1)),
      Array(7).fill('served'),
    );
    const is = (kind: 'taken' | 'returned', address: string): number =>
      played.events(new RegExp(`takeover.${kind}$`)).filter(([, about]) => about === address).length;
    assert.deepEqual(
      [C, D, E].map((address) => [is('taken', address), is('returned', address)]),
      [
        [1, 1],
        [1, 1],
        [2, 2],
      ],
    );
    assert.deepEqual(
      [C, D, E].flatMap((address) => played.holders(address)),
      ['web', 'web', 'shop'],
    );
    played.keepsPromises();
  });

  it('is the same to the last byte when it is played again', async () => {
    const script = duplex(
      [
        [1, trying('t21', E)],
        [5, { verb: 'kill', node: 'web' }],
        [9, { verb: 'revive', node: 'web' }],
        [12, { verb: 'killProgram', what: 'standby' }],
        [14, { verb: 'startProgram', what: 'standby' }],
      ],
      30,
    );
    const [one, other] = [await Played.of(script), await Played.of(script)];
    assert.deepEqual(one.lines, other.lines);
    assert.deepEqual(one.frames, other.frames);
    assert.ok(one.frames.length > 500, `${one.frames.length}`);
    one.keepsPromises();
    const another = await Played.of({ ...script, seed: 2 });
    assert.notDeepEqual(another.frames, one.frames);
  });
});
