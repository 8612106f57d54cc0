/** What the stories with a machine share. */
import { hasImages, type MachineKind } from '../../board/vm/machine.ts';
import { needs } from '../host/require.ts';

/** For a story that got stuck: several times what one takes where nothing is emulated by the processor. */
export const STUCK_MS = 540_000;

/** For an event that emulated machines have on their way. */
export const WAIT_MS = 90_000;

/** For a test's `skip`. */
export function noMachine(kind: MachineKind): string | false {
  const unable = needs('cpio', 'qemu-system-x86_64');
  if (unable || hasImages(kind)) return unable;
  const reason = 'no image of the machine: make test-vm makes it';
  if (process.env.REQUIRE_ALL === '1') throw new Error(reason);
  return reason;
}
