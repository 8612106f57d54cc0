import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Calendar } from '../../../host/emulator/kernel/calendar.ts';
import { Stream } from '../../../host/emulator/kernel/streams.ts';

interface Happened {
  readonly us: number;
  readonly what: number;
  readonly subject: number;
}

function recording(): { calendar: Calendar; happened: Happened[]; actor: number } {
  const calendar = new Calendar();
  const happened: Happened[] = [];
  const happens = (what: number, subject: number): void => {
    happened.push({ us: calendar.nowUs, what, subject });
  };
  return { calendar, happened, actor: calendar.admit({ happens }) };
}

describe('The calendar of a world', () => {
  it('is in the order of time, and what is due at once in the order of entering: as a sort has it', () => {
    // Many at the same moment; some in each drawer of its wheel; and more than one turn of it.
    for (const spanUs of [500, 500_000_000, 86_400_000_000]) {
      const stream = new Stream(7, 'entries');
      const { calendar, happened, actor } = recording();
      const entered = Array.from({ length: 20_000 }, (_, index) => ({
        us: stream.below(spanUs / 100) * 100,
        what: 0,
        subject: index,
      }));
      for (const { us, what, subject } of entered) calendar.enter(us, actor, what, subject);
      while (calendar.next(Number.POSITIVE_INFINITY));
      assert.deepEqual(
        happened,
        entered.toSorted((a, b) => a.us - b.us || a.subject - b.subject),
      );
    }
  });

  it('stays so while entries come and go', () => {
    const stream = new Stream(8, 'entries');
    const { calendar, happened, actor } = recording();
    const waiting: { us: number; subject: number }[] = [];
    let subject = 0;
    for (let round = 0; round < 30_000; round++) {
      if (waiting.length === 0 || stream.below(5) < (waiting.length > 800 ? 1 : 3)) {
        // Soon, or much later.
        const us = calendar.nowUs + stream.below(stream.below(3) === 0 ? 400_000_000 : 40);
        waiting.push({ us, subject });
        calendar.enter(us, actor, subject & 0xff, subject++);
        continue;
      }
      const next = waiting.reduce((a, b) => (b.us < a.us ? b : a));
      waiting.splice(waiting.indexOf(next), 1);
      // Looking at what is next changes nothing.
      if (round % 7 === 0) assert.equal(calendar.nextUs, next.us);
      assert.ok(calendar.next(Number.POSITIVE_INFINITY));
      assert.deepEqual(happened.at(-1), { us: next.us, what: next.subject & 0xff, subject: next.subject });
    }
    assert.equal(calendar.size, waiting.length);
  });

  it('keeps 32 bits of what is entered, and does nothing before its time', () => {
    const { calendar, happened, actor } = recording();
    calendar.enter(5, actor, 0xffff_ffff, 0xffff_fffe);
    assert.equal(calendar.next(4), false);
    assert.equal(calendar.nowUs, 0);
    assert.equal(calendar.nextUs, 5);
    assert.equal(calendar.next(5), true);
    calendar.enter(1, actor, 1, 1);
    assert.equal(calendar.next(9), true);
    assert.deepEqual(happened, [
      { us: 5, what: 0xffff_ffff, subject: 0xffff_fffe },
      { us: 5, what: 1, subject: 1 },
    ]);
    assert.equal(calendar.nextUs, null);
  });
});
