import {
  commandBuffer,
  drained,
  EVENT_CAPACITY,
  eventBuffer,
  FRAME_BYTES,
  frame,
  frameBuffer,
  RECORD_BYTES,
  resume,
  tick,
} from '../../assembly/index';
import { Link } from '../../assembly/path/frame';
import { nowUs } from '../../assembly/path/options';
import { Direction } from '../../assembly/path/packet';
import { Verdict } from '../../assembly/path/verdict';
import { Event, pendingEvents } from '../../assembly/record/events';
import { SATO, SERVER } from './addresses';
import { frameBytes, frameLength } from './frames';
import { WAIT_US } from './numbers';
import { EVERYTHING } from './orders';
import { syn } from './packets';
import { fresh, give, now, pass } from './play';
import { saidTimes } from './said';

function overlap(first: usize, firstBytes: u32, second: usize, secondBytes: u32): bool {
  return first < second + secondBytes && second < first + firstBytes;
}

describe('the door of the module', () => {
  it('has a buffer for the frame, one for the command and one for the events, each by itself', () => {
    const events = EVENT_CAPACITY * RECORD_BYTES;
    expect<bool>(overlap(frameBuffer(), FRAME_BYTES, commandBuffer(), RECORD_BYTES)).toBe(false);
    expect<bool>(overlap(frameBuffer(), FRAME_BYTES, eventBuffer(), events)).toBe(false);
    expect<bool>(overlap(commandBuffer(), RECORD_BYTES, eventBuffer(), events)).toBe(false);
    expect<bool>(eventBuffer() + events <= __heap_base).toBe(true);
    expect<usize>((frameBuffer() | commandBuffer() | eventBuffer()) & 7).toBe(0);
  });

  it('takes times of 64 bits in two halves', () => {
    fresh();
    const start = nowUs();
    tick(<u32>start, <u32>(<u64>start >> 32) + 1);
    expect<i64>(nowUs()).toBe(start + 0x100000000);
    pass(nowUs() - now());
    syn(SATO, SERVER, 7);
    memory.copy(frameBuffer(), frameBytes(), frameLength());
    const later = start + 0x100000000 + 5;
    frame(Link.Ethernet, 1, Direction.In, frameLength(), frameLength(), <u32>later, <u32>(<u64>later >> 32));
    expect<i64>(nowUs()).toBe(later);
  });

  it('tells with every answer how many events wait, until they were taken', () => {
    fresh();
    syn(SATO, SERVER, 7);
    expect<u32>(give()).toBe(Verdict.SynNoted);
    pass(WAIT_US);
    const us = now();
    expect<u32>(tick(<u32>us, <u32>(<u64>us >> 32))).toBe(2);
    expect<u32>(pendingEvents()).toBe(2);
    drained();
    expect<u32>(resume()).toBe(0);
  });

  it('loses events rather than what it knows, when nobody takes them away', () => {
    fresh(EVERYTHING, 16, 1024, 1024);
    for (let i: u32 = 0; i < 600; i++) {
      syn(SATO, SERVER, i);
      give();
    }
    pass(WAIT_US);
    const us = now();
    tick(<u32>us, <u32>(<u64>us >> 32));
    expect<u32>(saidTimes(Event.Waiting)).toBe(1);
  });
});
