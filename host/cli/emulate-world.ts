/** Of what worlds are made. */
import type { MakeWorld } from '../emulator/play.ts';
import { RingbackError } from '../errors.ts';

export const makeWorld: MakeWorld = () => {
  throw new RingbackError('unavailable', 'emulate: worlds with a router are not in this version');
};
