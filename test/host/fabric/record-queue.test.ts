/** Events on their way in this process. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Codec } from '../../../host/fabric/codec.ts';
import { loadModule } from '../../../host/fabric/module.ts';
import { RecordQueue } from '../../../host/fabric/record-queue.ts';
import { SERVER } from './fabric.ts';

const { codes } = loadModule();
const codec = new Codec(codes);
/** More than a queue keeps room for. */
const CROWD = 10_000;

/** So many events in a row, told apart by their ports, from there on. */
function records(ports: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(ports.length * codec.recordBytes);
  for (const [at, port] of ports.entries()) {
    const record = codec.encode({ kind: 'release', server: SERVER.address, port });
    record[0] = codes.number('Event.ReleaseEnd');
    bytes.set(record, at * codec.recordBytes);
  }
  return bytes;
}

function taken(queue: RecordQueue, count: number): number[] {
  return Array.from({ length: count }, () => {
    const event = queue.take();
    assert.ok(event.kind === 'releaseEnd');
    assert.equal(event.server, SERVER.address);
    return event.port;
  });
}

describe('A queue of records', () => {
  it('gives them in the order in which they came, however many there are', () => {
    const queue = new RecordQueue(codec);
    const ports = Array.from({ length: CROWD }, (_, at) => at + 1);
    const bytes = records(ports);
    const half = (bytes.length / codec.recordBytes / 2) * codec.recordBytes;
    queue.add(bytes, 0, half);
    queue.add(bytes, half, bytes.length);
    assert.deepEqual(taken(queue, CROWD), ports);
  });

  it('has copied what came: memory that changes afterwards changes nothing', () => {
    const queue = new RecordQueue(codec);
    const bytes = records([7, 8]);
    queue.add(bytes, codec.recordBytes, bytes.length);
    bytes.fill(0);
    assert.deepEqual(taken(queue, 1), [8]);
  });

  it('takes more while some are being heard, and begins anew when it is empty', () => {
    const queue = new RecordQueue(codec);
    queue.add(records([1, 2]), 0, 2 * codec.recordBytes);
    assert.deepEqual(taken(queue, 1), [1]);
    const crowd = records(Array.from({ length: CROWD }, (_, at) => at + 3));
    queue.add(crowd, 0, crowd.length);
    assert.deepEqual(taken(queue, 3), [2, 3, 4]);
    queue.clear();
    queue.add(records([9]), 0, codec.recordBytes);
    assert.deepEqual(taken(queue, 1), [9]);
  });
});
