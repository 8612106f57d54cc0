/** The secrets of what `ringback takeover` is configured by. */

import { keySecret, type Secret } from '../secrets.ts';
import type { TakeoverConfiguration } from './types.ts';

export function takeoverSecrets({ takeover }: TakeoverConfiguration): Secret[] {
  const actives = takeover.role === 'active' ? [] : takeover.actives;
  return [
    ...keySecret(['takeover', 'key'], takeover.key),
    ...keySecret(['takeover', 'old_key'], takeover.oldKey),
    ...actives.flatMap((active, index) => keySecret(['takeover', 'actives', index, 'key'], active.key)),
  ];
}
