/** What the process takes of its machine, by the names that every program has for it. */

import { readdirSync } from 'node:fs';
import type { Family } from './exposition.ts';

const OWN_FILES = '/proc/self/fd';
const US = 1e6;

/** null: this system does not say. */
function openFiles(): number | null {
  try {
    return readdirSync(OWN_FILES).length;
  } catch {
    return null;
  }
}

export function processFamilies(startedAt: Date): Family[] {
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const files = openFiles();
  const gauge = (name: string, help: string, value: number): Family => ({
    ...{ name, help },
    type: 'gauge',
    samples: [{ value }],
  });
  return [
    {
      name: 'process_cpu_seconds_total',
      help: 'Time of processors that the program has used.',
      type: 'counter',
      samples: [{ value: (user + system) / US }],
    },
    gauge('process_resident_memory_bytes', 'Memory that the program has.', rss),
    gauge('nodejs_heap_size_used_bytes', 'Of it, what its objects take.', heapUsed),
    gauge('nodejs_external_memory_bytes', 'Of it, what its buffers and modules take.', external),
    gauge(
      'process_start_time_seconds',
      'When the program was started, since 1970.',
      startedAt.getTime() / 1000,
    ),
    ...(files === null ? [] : [gauge('process_open_fds', 'Files and sockets that it has open.', files)]),
  ];
}
