/** A command of the operator's has no part in this program's priority. */
import { type StartOutside, startOutside } from '../../role/outside-command.ts';
import { withUsualPriority } from './priority.ts';

export const startAside: StartOutside = (argv, limitMs, time) =>
  startOutside(withUsualPriority(argv), limitMs, time);
