/** What the module has said: events, as a host reads them. */

import { busy, drained, eventBuffer, resume } from '../../assembly/index';
import { Event, pendingEvents } from '../../assembly/record/events';
import { Field, OF_DATAGRAMS, RECORD_BYTES, Transport } from '../../assembly/record/layout';
import { Address } from '../../assembly/wire/address';
import { DATAGRAMS } from '../../assembly/wire/udp';

/** An event as the host reads it. */
@unmanaged
export class Said {
  get kind(): u32 {
    return load<u8>(changetype<usize>(this), Field.Kind) & ~OF_DATAGRAMS;
  }

  get code(): u32 {
    return load<u8>(changetype<usize>(this), Field.Code);
  }

  /** One of UDP is numbered from DATAGRAMS on, as in the module. */
  get port(): u32 {
    const isOfDatagrams = (load<u8>(changetype<usize>(this), Field.Kind) & OF_DATAGRAMS) != 0;
    return load<u16>(changetype<usize>(this), Field.Port) | (isOfDatagrams ? DATAGRAMS : 0);
  }

  get triedPort(): u32 {
    const port = load<u16>(changetype<usize>(this), Field.TriedPort);
    return port | (this.isOf(Transport.TriedDatagrams) ? DATAGRAMS : 0);
  }

  private isOf(transport: Transport): bool {
    return (load<u8>(changetype<usize>(this), Field.Transports) & <u8>transport) != 0;
  }

  get serial(): u32 {
    return load<u16>(changetype<usize>(this), Field.Serial);
  }

  get tries(): u32 {
    return load<u16>(changetype<usize>(this), Field.Tries);
  }

  get answeredPort(): u32 {
    const port = load<u16>(changetype<usize>(this), Field.AnsweredPort);
    return port | (this.isOf(Transport.AnsweredDatagrams) ? DATAGRAMS : 0);
  }

  get nowUs(): i64 {
    return load<i64>(changetype<usize>(this), Field.NowUs);
  }

  get server(): Address {
    return changetype<Address>(changetype<usize>(this) + Field.Server);
  }

  get client(): Address {
    return changetype<Address>(changetype<usize>(this) + Field.Client);
  }

  get firstUs(): i64 {
    return load<i64>(changetype<usize>(this), Field.FirstUs);
  }

  get lastUs(): i64 {
    return load<i64>(changetype<usize>(this), Field.LastUs);
  }

  /** The last byte of a MAC address 02:00:00:00:00:XX. */
  get hardware(): u32 {
    const at = changetype<usize>(this) + Field.Hardware;
    assert(load<u32>(at) == 2 && load<u8>(at, 4) == 0, 'the MAC address is one of the tests');
    return load<u8>(at, 5);
  }

  get state(): u32 {
    return load<u8>(changetype<usize>(this), Field.State);
  }
}

export function eventAt(index: u32): Said {
  return changetype<Said>(eventBuffer() + <usize>(index * RECORD_BYTES));
}

/** How many of the pending events are of that kind. */
export function saidTimes(kind: Event): u32 {
  let times: u32 = 0;
  for (let i: u32 = 0; i < pendingEvents(); i++) if (eventAt(i).kind == <u32>kind) times++;
  return times;
}

/** The `nth` pending event of that kind, counted from 0. */
export function said(kind: Event, nth: u32 = 0): Said {
  let left = nth;
  for (let i: u32 = 0; i < pendingEvents(); i++) {
    if (eventAt(i).kind != <u32>kind) continue;
    if (left == 0) return eventAt(i);
    left--;
  }
  assert(false, 'that event was not said');
  return eventAt(0);
}

/** Whether a pending event of that kind names this client. */
export function saidOf(kind: Event, client: Address): bool {
  for (let i: u32 = 0; i < pendingEvents(); i++) {
    if (eventAt(i).kind == <u32>kind && eventAt(i).client.equals(client)) return true;
  }
  return false;
}

/** Takes the pending events away, and what a long answer still has to say: returns how many there were of that kind. */
export function hearAll(kind: Event): u32 {
  let times = saidTimes(kind);
  drained();
  while (resume() != 0 || busy() != 0) {
    times += saidTimes(kind);
    drained();
  }
  return times;
}
