/** Runs in real time if it may, and says how far that is. */
import { execFileSync } from 'node:child_process';
import { getPriority } from 'node:os';
import { hurry, unhurried } from '../../../../host/takeover/machine/priority.ts';
import { recordingLog } from '../../tools.ts';

const { log, lines } = recordingLog();
hurry(true, log);
const [program = '', ...argv] = unhurried(['sh', '-c', 'chrt --pid $$']);
const started = execFileSync(program, argv, { encoding: 'utf8' });
const said = lines.map(({ level, event, fields }) => [level, event, fields.message]);
const words = unhurried(['true', 'x']);
console.log(JSON.stringify({ said, words, niceness: getPriority(), policy: /SCHED_\w+/.exec(started)?.[0] }));
