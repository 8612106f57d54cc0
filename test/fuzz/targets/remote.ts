/** The daemon for a program on another machine, with sanitizers: whatever one connection says, the next one finds it as it was. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Errand, ErrandWriter } from '../../../host/fabric/errands.ts';
import { build, noNamespace, RECORD_BYTES } from '../../board/fabricd.ts';
import { dist, modulesOf } from '../script.ts';
import type { Target } from '../target.ts';

/** What the first connection says comes on standard input; the second one listens for a record. All ends with the shell. */
const CONNECTIONS = `ip link set lo up
"$@" >/dev/null
echo second
mkfifo "$0.pipe"
exec 3<>"$0.pipe"
"$@" <&3 | head -c 64
rm "$0.pipe"`;

export function open(directory: string): Target {
  if (noNamespace !== false) throw new Error(noNamespace);
  const { sanitized } = build('fabric');
  const { codes } = modulesOf(dist)();
  const writer = new ErrandWriter(codes);
  const ready = codes.number('Carrier.Ready');
  const connections = codes.number('CarrierField.Connections');
  const configure = codes.number('Command.Configure');
  const socket = join(directory, 'remote.sock');
  const flags = process.getuid?.() === 0 ? ['-n'] : ['-Urn'];
  const daemon = [sanitized.daemon, '--remote', '--socket', socket, '--interface', 'lo'];
  const place = { server: '192.0.2.1', port: 80 };
  const errands: readonly Errand[] = [
    { kind: 'connect', ticket: 1, localPort: 20_000, ...place },
    { kind: 'connect', ticket: 1, localPort: 0, ...place },
    { kind: 'connect', ticket: 2, localPort: 0, server: '127.0.0.1', port: 80 },
    { kind: 'datagram', localPort: 0, ticket: 3, server: '::1', port: 9 },
    { kind: 'close', ticket: 1 },
    { kind: 'close', ticket: 9 },
  ];
  const records = errands.map((errand) => Buffer.from(writer.encode(errand)));
  return {
    seeds: [...records, Buffer.concat(records), Buffer.alloc(0), Buffer.alloc(RECORD_BYTES - 1, 64)],
    parts: (input) =>
      Array.from({ length: Math.ceil(input.length / RECORD_BYTES) }, (_, i) =>
        input.subarray(i * RECORD_BYTES, (i + 1) * RECORD_BYTES),
      ),
    play(input) {
      rmSync(socket, { force: true });
      // Tables of any size: another target's.
      const said = Buffer.from(input);
      for (let at = 0; at < said.length; at += RECORD_BYTES) if (said[at] === configure) said[at] = 0;
      const { status, stdout, stderr } = spawnSync(
        'unshare',
        [...flags, '-p', '-f', '--kill-child', 'sh', '-c', CONNECTIONS, socket, ...daemon],
        { input: said, env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' }, maxBuffer: 2 ** 28 },
      );
      assert.equal(status, 0, stderr.toString('utf8'));
      const second = stdout.subarray(stdout.indexOf('second\n') + 'second\n'.length);
      assert.deepEqual([second[0], second[connections]], [ready, 1], 'the same daemon answers');
      return `${stderr.length > 0} ${input.length % RECORD_BYTES}`;
    },
  };
}
