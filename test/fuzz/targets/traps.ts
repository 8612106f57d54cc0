/** The trap socket: no datagram stops it, and a trap behind each is taken. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { machineTime } from '../../../host/time.ts';
import { readEnvelope } from '../../../host/traps/envelope.ts';
import { listenForTraps, type Trap } from '../../../host/traps/listener.ts';
import { COLD_START, LINK_UP, OPS } from '../../host/recovery/support.ts';
import { recordingLog } from '../../host/tools.ts';
import {
  communityMessage,
  pdu,
  trapOidVarbind,
  trapVersion1,
  UP_TIME,
  userMessage,
} from '../../host/traps/ber.ts';
import type { Target } from '../target.ts';

const ENGINE = Buffer.from('80001f8880aabbccdd', 'hex');
const MAX_BYTES = 60_000;

/** How long it says that it is: the outermost element with its head. */
function wholeBytes(message: Buffer): number {
  const first = message[1] ?? 0;
  return first < 0x80 ? 2 + first : 2 + (first & 0x7f) + message.readUIntBE(2, first & 0x7f);
}

export async function open(): Promise<Target> {
  const { log, lines } = recordingLog();
  let onMarker = (): void => {};
  const onTrap = ({ oid }: Trap): void => {
    if (oid === LINK_UP) onMarker();
  };
  const configuration = {
    listen: { host: '127.0.0.1', port: 0 },
    communities: ['public'],
    users: [OPS],
    relays: ['127.0.0.1'],
    accept: ['coldStart', 'warmStart', 'linkUp'],
  };
  const listener = await listenForTraps(configuration, onTrap, { log, time: machineTime });
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const marker = communityMessage(1, pdu(0xa7, [UP_TIME, trapOidVarbind(LINK_UP)]));
  const good = pdu(0xa7, [UP_TIME, trapOidVarbind(COLD_START)]);
  return {
    seeds: [
      communityMessage(0, trapVersion1(0)),
      communityMessage(1, good),
      communityMessage(1, pdu(0xa6, [UP_TIME, trapOidVarbind(COLD_START)])),
      userMessage('ops', ENGINE, 3, good),
      userMessage('ops', ENGINE, 1, good),
      userMessage('', Buffer.alloc(0), 4, pdu(0xa0, [])),
    ],
    async play(input) {
      if (readEnvelope(input) !== null)
        assert.ok(wholeBytes(input) <= input.length, 'half a message has no envelope');
      const before = { ...listener.counters };
      const through = new Promise<void>((resolve) => {
        onMarker = resolve;
      });
      socket.send(input.subarray(0, MAX_BYTES), listener.address.port, '127.0.0.1');
      socket.send(marker, listener.address.port, '127.0.0.1');
      await through;
      const failed = lines.filter(({ event }) => event === 'trap.failed');
      lines.length = 0;
      assert.deepEqual(failed, []);
      const counted = Object.entries(listener.counters).filter(
        ([name, count]) => count !== before[name as keyof typeof before],
      );
      const times = counted.reduce(
        (sum, [name, count]) => sum + count - before[name as keyof typeof before],
        0,
      );
      assert.ok(times === 1 || times === 2, `it and the marker are counted: ${times}`);
      return counted.map(([name]) => name).join(' ');
    },
  };
}
