/** The daemon, with sanitizers, in a network namespace: whatever records it is given, it ends in good order with them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { Codec } from '../../../host/fabric/codec.ts';
import { build, noNamespace, RECORD_BYTES } from '../../board/fabricd.ts';
import { scriptOf } from '../../vectors/engines.ts';
import { STORIES } from '../../vectors/stories.ts';
import { dist, modulesOf } from '../script.ts';
import type { Target } from '../target.ts';

/** Tables of more take seconds to fill. */
const MAX_TABLE = 4096;

export function open(): Target {
  if (noNamespace !== false) throw new Error(noNamespace);
  const { sanitized } = build('fabric');
  const module = modulesOf(dist)();
  const codec = new Codec(module.codes);
  const configure = module.codes.number('Command.Configure');
  const stories = Object.values(STORIES).map((story) => {
    const commands = story().steps.filter(({ kind }) => kind === 'command');
    return Buffer.from(scriptOf(commands, module.codes, codec).join('').replaceAll('command ', ''), 'hex');
  });
  const flags = process.getuid?.() === 0 ? '-n' : '-Urn';
  return {
    seeds: [...stories, Buffer.alloc(0), Buffer.alloc(RECORD_BYTES + 1)],
    parts: recordsOf,
    play(input) {
      const sized = recordsOf(input).map((record) => withSmallTables(record, configure));
      const command = [flags, sanitized.daemon, '--stdio', '--interface', 'lo'];
      // The leak check at exit wants to look into the process, which a process that changed its user does not let it.
      const env = { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' };
      const { status, signal, stdout, stderr } = spawnSync('unshare', command, {
        input: Buffer.concat(sized),
        env,
        maxBuffer: 2 ** 28,
      });
      const said = stderr.toString('utf8');
      assert.deepEqual([status, signal], [0, null], said);
      assert.equal(stdout.length % RECORD_BYTES, 0, 'whole records');
      assert.equal(said.includes('in the middle of a record'), input.length % RECORD_BYTES !== 0, said);
      return [...new Set(recordsOf(stdout).map((record) => `${record[0]}/${record[1]}`))].sort().join(' ');
    },
  };
}

function recordsOf(bytes: Buffer): Buffer[] {
  const count = Math.ceil(bytes.length / RECORD_BYTES);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * RECORD_BYTES, (i + 1) * RECORD_BYTES));
}

function withSmallTables(record: Buffer, configure: number): Buffer {
  if (record[0] !== configure || record.length < RECORD_BYTES) return record;
  const small = Buffer.from(record);
  for (const at of [16, 20, 24, 28, 32]) small.writeUInt32LE(small.readUInt32LE(at) % (MAX_TABLE + 1), at);
  return small;
}
