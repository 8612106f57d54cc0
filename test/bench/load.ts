/** A machine that is busy: what runs on it must still be in time. */
import { availableParallelism } from 'node:os';
import { address, type Lab } from '../../board/lab/lab.ts';
import { BUILD } from './engines.ts';

const BUSY = 'while :; do :; done';
/** Writes 16 MiB again and again, and waits for the disk each time. */
const DISK = 'while :; do dd if=/dev/zero of="$1" bs=64k count=256 conv=fsync 2>/dev/null; done';

/** Two busy loops for each processor, writes to a disk, and large pings between two machines, until the lab ends. */
export function startLoad(lab: Lab, from: string, to: string): void {
  for (let i = 0; i < 2 * availableParallelism(); i++) lab.spawn(from, ['sh', '-c', BUSY]);
  lab.spawn(from, ['sh', '-c', DISK, 'disk', `${BUILD}/noise-${from}`]);
  lab.spawn(from, ['ping', '-q', '-i', '0.002', '-s', '1400', address(to)]);
}
