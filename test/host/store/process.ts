/** Has the state in a directory, and writes as many notices as each line of its input says; says when one is on disk. */

import { createInterface } from 'node:readline';
import { messageOf } from '../../../host/errors.ts';
import { createLog } from '../../../host/log/log.ts';
import { Store } from '../../../host/store/store.ts';
import { machineTime } from '../../../host/time.ts';
import { enter, noticeNumber } from './support.ts';

const [directory = ''] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const log = createLog({
  write: (line) => process.stderr.write(line),
  terminal: false,
  now: () => new Date(),
});

try {
  const store = await Store.open({ directory, log, time: machineTime });
  say('open');
  let number = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    for (let left = Number(line); left > 0; left--) {
      store.write((sql) => enter(sql, noticeNumber(number)));
      say(String(number));
      number++;
    }
  }
} catch (error) {
  say(messageOf(error));
}
