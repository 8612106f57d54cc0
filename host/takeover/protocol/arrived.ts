/** What has arrived by now has been worked on. */
import type { Time } from '../../time.ts';

/** Timers come before arrivals in each turn of the event loop, and a turn takes so many datagrams only. */
export async function arrived(time: Time, turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await time.settled();
}
