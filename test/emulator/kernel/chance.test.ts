import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { drawWait, exponential, logarithm, Ranks, Spans } from '../../../host/emulator/kernel/draw.ts';
import { Stream, Streams } from '../../../host/emulator/kernel/streams.ts';

const PINNED = [1268799965, 3455596817, 4142421427, 1913053993, 3185013941, 2539625811];
const PINNED_BELOW = [0, 307, 1635091978];
const PINNED_BYTES = 'e7021dbeebcb5a76';

const words = (stream: Stream, count: number): number[] => Array.from({ length: count }, () => stream.word());

const MASK = 0xffff_ffffn;

/** xoshiro128**, seeded by splitmix32 of an FNV-1a hash, as they are written down. */
function reference(seed: number, name: string, count: number): number[] {
  let hash = 0x811c9dc5n ^ BigInt(seed);
  for (const letter of name) hash = ((hash ^ BigInt(letter.charCodeAt(0))) * 0x01000193n) & MASK;
  const mixed = (): bigint => {
    hash = (hash + 0x9e3779b9n) & MASK;
    const once = ((hash ^ (hash >> 16n)) * 0x21f0aaadn) & MASK;
    const twice = ((once ^ (once >> 15n)) * 0x735a2d97n) & MASK;
    return twice ^ (twice >> 15n);
  };
  const turned = (word: bigint, by: bigint): bigint => ((word << by) | (word >> (32n - by))) & MASK;
  let [a, b, c, d] = [mixed(), mixed(), mixed(), mixed()];
  return Array.from({ length: count }, () => {
    const result = (turned((b * 5n) & MASK, 7n) * 9n) & MASK;
    const shifted = (b << 9n) & MASK;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = turned(d, 11n);
    return Number(result);
  });
}

describe('Streams of chance', () => {
  it('are the same ones everywhere and for ever', () => {
    assert.deepEqual(words(new Stream(1, 'clients'), 6), PINNED);
    const stream = new Stream(20261129, 'x');
    assert.deepEqual([stream.below(6), stream.below(1000), stream.below(2 ** 32)], PINNED_BELOW);
    assert.equal(new Stream(3, 'bytes').bytes(8).toString('hex'), PINNED_BYTES);
  });

  it('follow the algorithm of Blackman and Vigna', () => {
    for (const [seed, name] of [
      [0, ''],
      [1, 'clients'],
      [4_294_967_295, 'link lan'],
    ] as const) {
      assert.deepEqual(words(new Stream(seed, name), 50), reference(seed, name, 50));
    }
  });

  it('of other names are other ones, and none shifts another', () => {
    const [one, other] = [new Streams(5), new Streams(5)];
    words(one.of('new use'), 100);
    assert.deepEqual(words(one.of('clients'), 5), words(other.of('clients'), 5));
    assert.notDeepEqual(words(one.of('a'), 3), words(one.of('b'), 3));
  });
});

describe('Draws by tables', () => {
  it('have logarithms and powers that are right to twelve places', () => {
    for (const x of [1e-9, 0.1, 0.75, 1, 1.5, 2, 19, 65_536, 5e9]) {
      assert.ok(Math.abs(logarithm(x) - Math.log(x)) < 1e-12 * Math.max(1, Math.abs(Math.log(x))), `ln ${x}`);
    }
    for (const x of [-20, -1, 0, 0.3, 1, 10]) {
      assert.ok(Math.abs(exponential(x) / Math.exp(x) - 1) < 1e-12, `exp ${x}`);
    }
  });

  it('wait as long as is said on average', () => {
    const stream = new Stream(1, 'waits');
    let sum = 0;
    for (let draw = 0; draw < 50_000; draw++) sum += drawWait(stream, 1000);
    assert.ok(Math.abs(sum / 50_000 - 1000) < 15, `${sum / 50_000}`);
  });

  it('prefer the first by the law of Zipf', () => {
    const stream = new Stream(1, 'ranks');
    const ranks = new Ranks(1000, 1);
    const counts = new Uint32Array(1000);
    for (let draw = 0; draw < 200_000; draw++) {
      const rank = ranks.draw(stream);
      counts[rank] = (counts[rank] ?? 0) + 1;
    }
    // The first has 1 / H(1000) of it, the second half of that.
    const share = (counts[0] ?? 0) / 200_000;
    assert.ok(Math.abs(share - 1 / 7.485) < 0.005, `${share}`);
    assert.ok(Math.abs((counts[1] ?? 0) / (counts[0] ?? 1) - 0.5) < 0.05);
    assert.ok((counts[999] ?? 0) > 0);
    const even = new Ranks(4, 0);
    const seen = new Set(Array.from({ length: 100 }, () => even.draw(stream)));
    assert.equal(seen.size, 4);
  });

  it('have the median and the 95th of a hundred that are said', () => {
    const stream = new Stream(1, 'spans');
    const spans = new Spans({ kind: 'skewed', medianUs: 8_000_000, p95Us: 60_000_000 });
    const drawn = Array.from({ length: 20_000 }, () => spans.draw(stream)).sort((a, b) => a - b);
    assert.ok(Math.abs((drawn[10_000] ?? 0) / 8_000_000 - 1) < 0.05);
    assert.ok(Math.abs((drawn[19_000] ?? 0) / 60_000_000 - 1) < 0.1);
    const between = new Spans({ kind: 'between', fromUs: 5, toUs: 7 });
    assert.deepEqual(new Set(Array.from({ length: 100 }, () => between.draw(stream))), new Set([5, 6, 7]));
    assert.equal(new Spans({ kind: 'fixed', us: 3 }).draw(stream), 3);
  });
});
