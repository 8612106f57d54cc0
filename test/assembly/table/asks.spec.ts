import {
  addAsk,
  askAt,
  clearAsks,
  findAsk,
  hasAsks,
  MAX_ASKS,
  PROBE_PORTS,
  removeAsk,
} from '../../../assembly/table/asks';
import { hashAddress } from '../../../assembly/table/hash';
import { Address } from '../../../assembly/wire/address';
import { SATO6, SERVER, SERVER6, someClient } from '../addresses';
import { chance, random, seed } from '../random';

const NAMES: u32 = 300;
const STEPS: u32 = 60_000;

// The model: the first local port of each probe, or 0.
const portOf = new StaticArray<u32>(<i32>NAMES);

function add(server: Address, port: u32, probePort: u32): bool {
  return addAsk(server, hashAddress(server), port, probePort, 5);
}

function find(server: Address, port: u32): u32 {
  return findAsk(server, hashAddress(server), port);
}

describe('the probes under way', () => {
  it('are found by server and port, and know since when and from where they are', () => {
    clearAsks();
    expect<bool>(hasAsks()).toBe(false);
    expect<bool>(add(SERVER, 80, 30_000)).toBe(true);
    expect<bool>(hasAsks()).toBe(true);
    const ask = askAt(find(SERVER, 80));
    expect<bool>(ask.address.equals(SERVER)).toBe(true);
    expect<i64>(ask.sinceUs).toBe(5);
    expect<u32>(ask.met).toBe(0);
    expect<u32>(find(SERVER, 443) | find(SERVER6, 80) | find(SATO6, 80)).toBe(0);
    for (let i: u32 = 0; i < PROBE_PORTS; i++) expect<bool>(ask.isFrom(30_000 + i)).toBe(true);
    expect<bool>(ask.isFrom(29_999) || ask.isFrom(30_000 + PROBE_PORTS) || ask.isFrom(0)).toBe(false);
  });

  it('stay what a simple model says through tens of thousands of random steps', () => {
    clearAsks();
    let used: u32 = 0;
    seed(56);
    for (let i: u32 = 0; i < NAMES; i++) portOf[i] = 0;
    for (let step: u32 = 0; step < STEPS; step++) {
      const name = random(NAMES);
      const server = someClient(name >> 1);
      const port = name & 1;
      if (chance(60)) {
        const probePort = 1 + random(60_000);
        const isTaken = portOf[name] != 0 || used < MAX_ASKS;
        assert(add(server, port, probePort) == isTaken, 'there is room, or it is begun again');
        if (isTaken && portOf[name] == 0) used++;
        if (isTaken) portOf[name] = probePort;
      } else {
        assert(removeAsk(server, hashAddress(server), port) == (portOf[name] != 0), 'it was there');
        if (portOf[name] != 0) used--;
        portOf[name] = 0;
      }
      const index = find(server, port);
      assert((index != 0) == (portOf[name] != 0), 'it is found if it is there');
      if (index != 0) assert(askAt(index).isFrom(portOf[name]), 'and has its port');
      assert(hasAsks() == used > 0, 'it is known whether there are any');
    }
  });
});
