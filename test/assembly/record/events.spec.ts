import {
  EVENT_CAPACITY,
  Event,
  emit,
  eventsAt,
  eventsTaken,
  hasRoom,
  lostEvents,
  pendingEvents,
} from '../../../assembly/record/events';
import { Field, RECORD_BYTES } from '../../../assembly/record/layout';
import { SATO6, SERVER } from '../addresses';
import { eventAt } from '../said';

const ROOM: u32 = 240;

describe('an event', () => {
  it('has all its fields in their places, little-endian', () => {
    eventsTaken();
    emit(Event.Waiting, 0x1122334455667788)
      .code(3)
      .port(0x0102)
      .tries(0x0304)
      .server(SERVER)
      .client(SATO6)
      .first(-2)
      .last(0x0807060504030201);
    const at = eventsAt();
    expect<u32>(load<u8>(at)).toBe(Event.Waiting);
    expect<u8>(load<u8>(at, 1)).toBe(3);
    expect<u16>(load<u16>(at, 2)).toBe(0x0102);
    expect<u16>(load<u16>(at, 6)).toBe(0x0304);
    expect<i64>(load<i64>(at, 8)).toBe(0x1122334455667788);
    expect<i32>(memory.compare(at + 16, changetype<usize>(SERVER), 16)).toBe(0);
    expect<i32>(memory.compare(at + 32, changetype<usize>(SATO6), 16)).toBe(0);
    expect<i64>(load<i64>(at, 48)).toBe(-2);
    expect<u8>(load<u8>(at, 56)).toBe(1);
    expect<u8>(load<u8>(at, 63)).toBe(8);
  });

  it('about an attempt has its numbers where others have the time of the last try', () => {
    eventsTaken();
    emit(Event.Attempt, 0).attempt(0xa1a2a3a4, 40_001);
    expect<u32>(load<u32>(eventsAt(), Field.Sequence)).toBe(0xa1a2a3a4);
    expect<u16>(load<u16>(eventsAt(), Field.ClientPort)).toBe(40_001);
  });

  it('begins clear, whatever stood in its place', () => {
    memory.fill(eventsAt(), 0xff, RECORD_BYTES * 2);
    eventsTaken();
    emit(Event.SyncEnd, 0);
    for (let i: u32 = 8; i < RECORD_BYTES; i++) assert(load<u8>(eventsAt() + i) == 0, 'it is clear');
    expect<u8>(load<u8>(eventsAt() + RECORD_BYTES)).toBe(0xff, 'the next place is not touched');
  });
});

describe('the event buffer', () => {
  it('holds as many as it says, the oldest first, and each has its number', () => {
    eventsTaken();
    emit(Event.SyncEnd, 0);
    const first = eventAt(0).serial;
    for (let i: u32 = 1; i < EVENT_CAPACITY; i++) emit(Event.SyncEnd, i);
    expect<u32>(pendingEvents()).toBe(EVENT_CAPACITY);
    for (let i: u32 = 0; i < EVENT_CAPACITY; i++) {
      assert(eventAt(i).serial == ((first + i) & 0xffff), 'numbers follow each other');
      assert(eventAt(i).nowUs == i, 'the oldest is first');
    }
    eventsTaken();
    expect<u32>(pendingEvents()).toBe(0);
  });

  it('counts what it loses when it is full, and leaves a gap in the numbers', () => {
    eventsTaken();
    const lost = lostEvents();
    for (let i: u32 = 0; i < EVENT_CAPACITY + 44; i++) emit(Event.SyncEnd, i).code(7).client(SATO6);
    expect<u32>(pendingEvents()).toBe(EVENT_CAPACITY);
    expect<u64>(lostEvents()).toBe(lost + 44);
    const last = eventAt(EVENT_CAPACITY - 1);
    const serial = last.serial;
    expect<i64>(last.nowUs).toBe(EVENT_CAPACITY - 1, 'what was there stays');
    eventsTaken();
    emit(Event.SyncEnd, 0);
    expect<u32>(eventAt(0).serial).toBe((serial + 45) & 0xffff);
  });

  it('goes on counting when its numbers are used up', () => {
    eventsTaken();
    emit(Event.SyncEnd, 0);
    const serial = eventAt(0).serial;
    for (let i: u32 = 0; i < 65_536; i++) {
      eventsTaken();
      emit(Event.SyncEnd, 0);
    }
    expect<u32>(eventAt(0).serial).toBe(serial);
  });

  it('keeps some places free from long answers', () => {
    eventsTaken();
    for (let i: u32 = 0; i < ROOM; i++) {
      assert(hasRoom(), 'there is room');
      emit(Event.SyncEnd, 0);
    }
    expect<bool>(hasRoom()).toBe(false);
    eventsTaken();
    expect<bool>(hasRoom()).toBe(true);
  });
});
