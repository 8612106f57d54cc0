/** Runs in real time if it may, and says how far that is. */

import { getPriority } from 'node:os';
import { startAside } from '../../../../host/takeover/machine/outside-command.ts';
import { raisePriority, withUsualPriority } from '../../../../host/takeover/machine/priority.ts';
import { machineTime } from '../../../../host/time.ts';
import { recordingLog } from '../../tools.ts';

const { log, lines } = recordingLog();
raisePriority(true, log);
const started = await startAside(['sh', '-c', 'chrt --pid $$ >&2'], 60_000, machineTime).ended;
const said = lines.map(({ level, event, fields }) => [level, event, fields.message]);
const words = withUsualPriority(['true', 'x']);
console.log(
  JSON.stringify({ said, words, niceness: getPriority(), policy: /SCHED_\w+/.exec(started.said)?.[0] }),
);
