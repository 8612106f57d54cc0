/** A process of its own that opens as many files as it may, then connects to a port, and says what became of that. */

import { openSync } from 'node:fs';
import { dial } from '../../../host/recovery/dial.ts';
import { machineTime } from '../../../host/time.ts';

const FULL = 'EMFILE';

function fill(): void {
  for (;;) {
    try {
      openSync('/dev/null', 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === FULL) return;
      throw error;
    }
  }
}

// What it writes to is open by then.
process.stdout.write('');
fill();
process.stdout.write(
  await dial({ server: '127.0.0.1', port: Number(process.argv[2]), timeoutMs: 60_000 }, machineTime),
);
process.exit();
