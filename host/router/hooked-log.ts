/** What happens to servers, as the operator's own commands are told of it: of what the log says, and of no more. */
import { type Fields, type Log, logTo, type Say } from '../log/log.ts';
import type { Hooks } from '../role/hooks.ts';

/** Says everything to the log, and to the hooks what they are told of. */
export function hookedLog(log: Log, hooks: Pick<Hooks, 'tell'>): Log {
  const say = log.at as Say;
  return logTo((level, event, fields) => {
    say(level, event, fields);
    for (const words of wordsFor(event, fields)) hooks.tell(words);
  }, log.unsaid);
}

/** `down`, `up` or `told`, server, port (0: the host as a whole; `53/udp`), cause, and how many people; `-`: not yet. */
function wordsFor(event: string, { server, port, protocol, cause, people }: Fields): string[][] {
  const about = [server, protocol === undefined ? port : `${port}/${protocol}`, cause].map(String);
  if (event === 'outage.opened') return [['down', ...about, '-']];
  if (event !== 'outage.closed') return [];
  const all = [['up', ...about, String(people)]];
  if (Number(people) > 0) all.push(['told', ...about, String(people)]);
  return all;
}
