/**
 * What a record costs in this program: `node --import tsx test/bench/codec.ts [--json]`, after `make`. Clients of a crowd, of both
 * families, at a hundred servers: events that say that they wait, and commands that restore them.
 */
import { parseArgs } from 'node:util';
import { Codec } from '../../host/fabric/codec.ts';
import { loadModule } from '../../host/fabric/module.ts';
import type { Command } from '../../host/fabric/records.ts';
import { median, Report } from './report.ts';

const RECORDS = 2000;
const SERVERS = 100;
const ROUNDS = 400;
const WARM_UP_ROUNDS = 100;
/** As many as the link to a daemon puts into one piece. */
const PIECE_RECORDS = 1024;
const LIMIT_US = 0.3;

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });

const { codes } = loadModule();
const codec = new Codec(codes);

function restored(number: number): Command {
  const server = Math.floor((number * SERVERS) / RECORDS);
  const isVersion6 = number % 3 === 0;
  return {
    kind: 'restore',
    server: isVersion6 ? `2001:db8:178::${(server + 1).toString(16)}` : `172.27.178.${server}`,
    port: 443,
    client: isVersion6 ? `2001:db8:a::${(number + 1).toString(16)}` : `10.20.${number >> 8}.${number & 0xff}`,
    cause: 'unreachable',
    tries: 1 + (number % 5),
    triedPort: 443,
    firstUs: -number * 1000,
    lastUs: -number,
  };
}

const commands = Array.from({ length: RECORDS }, (_, number) => restored(number));
const waiting = Buffer.concat(commands.map((command) => codec.encode(command)));
for (let at = 0; at < waiting.length; at += codec.recordBytes)
  waiting[at + codes.number('Field.Kind')] = codes.number('Event.Waiting');

const WORK: Readonly<Record<string, () => number>> = {
  decode: () => {
    let tries = 0;
    for (let at = 0; at < waiting.length; at += codec.recordBytes) {
      const event = codec.decode(waiting, at);
      if (event.kind === 'waiting') tries += event.tries;
    }
    return tries;
  },
  encode: () => {
    let bytes = 0;
    for (const piece of codec.encodeAll(commands, PIECE_RECORDS)) bytes += piece.length;
    return bytes;
  },
};

/** Microseconds of the processor for one record. */
function round(work: () => number): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / RECORDS;
}

const report = new Report('codec', values.json);
report.line(`a record, ${ROUNDS} rounds`, 'CPU µs', 'at most', '');
let isOver = false;
for (const [name, work] of Object.entries(WORK)) {
  for (let i = 0; i < WARM_UP_ROUNDS; i++) work();
  const us = median(Array.from({ length: ROUNDS }, () => round(work)));
  isOver ||= us > LIMIT_US;
  report.line(name, us.toFixed(3), LIMIT_US.toFixed(1), us > LIMIT_US ? 'MISSED' : 'ok');
  report.record({ work: name, us, limitUs: LIMIT_US, isWithin: us > LIMIT_US ? 0 : 1 });
}
report.end();
process.exit(isOver ? 1 : 0);
