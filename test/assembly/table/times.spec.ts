import { hashAddress } from '../../../assembly/table/hash';
import { provide } from '../../../assembly/table/memory';
import { addServer, Server, serverAt, serversBytes, setUpServers } from '../../../assembly/table/servers';
import { clearTimes, isTimed, MAX_TIMED, MIN_TIMED, noteTime, SPANS } from '../../../assembly/table/times';
import { SERVER } from '../addresses';
import { random, seed } from '../random';

function fresh(): Server {
  provide(serversBytes(4));
  setUpServers(4);
  return serverAt(addServer(SERVER, hashAddress(SERVER), 80));
}

function note(server: Server, span: u32, times: u32): void {
  for (let i: u32 = 0; i < times; i++) noteTime(server, span, false);
}

function sumOf(server: Server): u32 {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < 8; i++) {
    sum +=
      <u32>((server.timesLow >> ((<u64>i) << 3)) & 0xff) +
      <u32>((server.timesHigh >> ((<u64>i) << 3)) & 0xff);
  }
  return sum;
}

describe('what is known of how long answers take', () => {
  it('is nothing until there are enough of them', () => {
    const server = fresh();
    note(server, 2, MIN_TIMED - 1);
    expect<bool>(isTimed(server)).toBe(false);
    note(server, 2, 1);
    expect<bool>(isTimed(server)).toBe(true);
    expect<u32>(server.within).toBe(2);
    clearTimes(server);
    expect<bool>(isTimed(server)).toBe(false);
    expect<u32>(sumOf(server)).toBe(0);
  });

  it('is the longest of fewer than a hundred, and of more all but one in a hundred', () => {
    const server = fresh();
    note(server, 1, 50);
    note(server, 9, 1);
    expect<u32>(server.within).toBe(9);
    note(server, 1, 48);
    expect<u32>(server.within).toBe(9, 'one of 99');
    note(server, 1, 1);
    expect<u32>(server.within).toBe(1, 'one of 100');
    note(server, 12, 1);
    expect<u32>(server.within).toBe(9, 'two of 101');
  });

  it('is about the latest answers: what others show replaces what was', () => {
    const server = fresh();
    note(server, 9, 5000);
    expect<u32>(server.within).toBe(9);
    let needed = 0;
    while (server.within != 3 && needed < 2000) {
      note(server, 3, 1);
      needed++;
    }
    assert(needed > <i32>MAX_TIMED / 2 && needed < 1000, 'some hundreds of answers later');
    let slow = 0;
    while (server.within != 9) {
      note(server, 9, 1);
      slow++;
    }
    assert(slow <= 3, 'a service that has become slow is known at once');
  });

  it('changes with the first proof that nobody waits long enough, however many answers there were', () => {
    for (let answers: u32 = 0; answers < 1000; answers += 7) {
      const server = fresh();
      note(server, 0, answers);
      noteTime(server, 8, true);
      assert(server.within == 8, 'it counts at once');
    }
    const server = fresh();
    note(server, 0, 199);
    noteTime(server, 8, true);
    note(server, 0, 50);
    expect<u32>(server.within).toBe(8, 'and for some time');
    note(server, 0, 400);
    expect<u32>(server.within).toBe(0, 'but not for ever');
  });

  it('counts as many answers as there are, whatever comes', () => {
    const server = fresh();
    seed(7);
    for (let i = 0; i < 50_000; i++) {
      noteTime(server, random(SPANS), random(10) == 0);
      assert(sumOf(server) == <u32>server.timed, 'the sum of all spans');
      assert(<u32>server.timed < MAX_TIMED, 'no more than there may be');
      assert(<u32>server.within < SPANS, 'and one of the spans');
    }
  });
});
