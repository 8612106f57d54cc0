/** The log of a program in a world: whoever watches the world hears its lines as they are, and nobody writes them. */
import { type Log, logTo } from '../../log/log.ts';
import type { Witness } from '../truth/witness.ts';

/** `by`: `router`, or the machine's name. `isAlive`: what was killed says nothing any more. */
export function logOf(by: string, witness: Pick<Witness, 'line'>, isAlive: () => boolean = () => true): Log {
  return logTo((level, event, fields) => {
    if (isAlive()) witness.line(by, level, event, fields);
  });
}
