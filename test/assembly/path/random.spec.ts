import { drained, FRAME_BYTES, frame, frameBuffer, resume } from '../../../assembly/index';
import { classify } from '../../../assembly/path/frame';
import { beginPacket, Direction } from '../../../assembly/path/packet';
import { Verdict } from '../../../assembly/path/verdict';
import { Command, Option } from '../../../assembly/record/commands';
import { lostEvents, pendingEvents } from '../../../assembly/record/events';
import { corpusBytes, corpusSize, openCorpus } from '../corpus';
import { SECOND_US } from '../numbers';
import { ASKING, bare, EVERYTHING } from '../orders';
import { framesCounted, fresh, now, pass, wait } from '../play';
import { chance, random, random64, randomBytes, seed } from '../random';
import { edge } from '../room';
import { checkTables } from '../tables';
import { choose, randomCommand, randomPacket } from '../world';

const FRAMES: u32 = 100_000;
const SERVERS: u32 = 12;
const CLIENTS: u32 = 40;
const ATTEMPTS: u32 = 24;
const STEPS: u32 = 60_000;
/** Puts random bytes, or a frame of the corpus with some bytes changed, to `at`; returns how many. */
function randomFrame(at: usize): u32 {
  if (chance(20)) {
    const length = random(FRAME_BYTES + 1);
    randomBytes(at, length);
    return length;
  }
  let length = min(openCorpus(random(corpusSize())), FRAME_BYTES);
  memory.copy(at, corpusBytes(), length);
  const changes = random(4);
  for (let i: u32 = 0; i < changes && length != 0; i++) store<u8>(at + random(length), <u8>random64());
  if (chance(20)) length = random(length + 1);
  if (chance(5)) {
    const more = random(FRAME_BYTES + 1 - length);
    randomBytes(at + length, more);
    length += more;
  }
  return length;
}

describe('any bytes as a frame', () => {
  it('are counted once and read no further than they were captured, on every link and at every length', () => {
    fresh(EVERYTHING | Option.ReportAttempts);
    seed(47);
    const pages = memory.size();
    for (let i: u32 = 0; i < FRAMES; i++) {
      const length = randomFrame(frameBuffer());
      const link = i % 5;
      const before = framesCounted();
      pass(random(<u32>SECOND_US));
      const us = now();
      const answer = frame(
        link,
        random(4),
        random(16),
        length,
        random(2 * FRAME_BYTES),
        <u32>us,
        <u32>(<u64>us >> 32),
      );
      assert((answer & 0xff) <= <u32>Verdict.ResetBadChecksum, 'every frame ends in a verdict');
      assert(framesCounted() == before + 1, 'and is counted once');
      drained();
    }
    expect<i32>(memory.size()).toBe(pages);
    checkTables(16, 64, 64);
  });

  it('trap nowhere when the memory ends with them', () => {
    fresh();
    seed(48);
    const bytes = heap.alloc(FRAME_BYTES);
    for (let i: u32 = 0; i < FRAMES; i++) {
      const length = randomFrame(bytes);
      const at = edge(length);
      memory.copy(at, bytes, length);
      beginPacket(1, i % 3, now(), 0);
      classify(1 + ((i >> 2) % 4), at, length);
      if (pendingEvents() > 200) drained();
    }
    checkTables(16, 64, 64);
  });

  it('have the same verdict, whatever lies behind them', () => {
    seed(49);
    const bytes = heap.alloc(FRAME_BYTES);
    for (let i: u32 = 0; i < 500; i++) {
      const length = randomFrame(bytes);
      const link = 1 + random(4);
      let first: u32 = 0;
      for (let fill: u32 = 0; fill < 2; fill++) {
        fresh();
        memory.fill(frameBuffer(), fill == 0 ? 0 : 0xff, FRAME_BYTES);
        memory.copy(frameBuffer(), bytes, length);
        const us = now();
        const answer = frame(link, 1, Direction.In, length, length, <u32>us, <u32>(<u64>us >> 32));
        if (fill == 0) first = answer;
        else assert(answer == first, 'what was not captured does not matter');
      }
    }
  });
});

function anything(): void {
  const pages = memory.size();
  for (let step: u32 = 0; step < STEPS; step++) {
    choose();
    if (chance(80)) randomPacket();
    else if (chance(2)) bare(Command.Sync);
    else randomCommand();
    if (chance(10)) wait(<i64>random(10) * SECOND_US);
    else pass(random(50_000));
    if (pendingEvents() > 200 || chance(5)) {
      drained();
      if (chance(80)) while (resume() != 0) drained();
    }
    if (step % 20 == 0) checkTables(SERVERS, CLIENTS, ATTEMPTS);
  }
  expect<i32>(memory.size()).toBe(pages);
}

describe('anything that may happen, in any order', () => {
  it('leaves the tables consistent, and grows no memory', () => {
    fresh(EVERYTHING, SERVERS, CLIENTS, ATTEMPTS);
    seed(50);
    anything();
  });

  it('does so, too, where the server is asked', () => {
    fresh(ASKING, SERVERS, CLIENTS, ATTEMPTS);
    seed(54);
    anything();
  });

  it('does so, too, where waits are learnt', () => {
    for (let asking = 0; asking < 2; asking++) {
      fresh((asking == 0 ? EVERYTHING : ASKING) | Option.LearnWait, SERVERS, CLIENTS, ATTEMPTS);
      seed(55 + asking);
      anything();
    }
  });

  it('loses no event while the engine takes them away in time', () => {
    seed(51);
    const lost = lostEvents();
    for (let step: u32 = 0; step < STEPS; step++) {
      if (step % (STEPS / 2) == 0) {
        const asking: u32 = step == 0 ? 0 : Option.Ask;
        fresh(EVERYTHING | Option.ReportAttempts | asking, SERVERS, CLIENTS, ATTEMPTS);
      }
      choose();
      if (chance(80)) randomPacket();
      else if (chance(2)) bare(Command.Sync);
      else randomCommand();
      pass(random(<u32>SECOND_US));
      if (pendingEvents() <= 240) continue;
      drained();
      while (resume() != 0) drained();
    }
    expect<u64>(lostEvents()).toBe(lost);
  });
});
