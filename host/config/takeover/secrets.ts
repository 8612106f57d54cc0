/** The secrets of what `ringback takeover` is configured by. */

import { key, type Secret } from '../secrets.ts';
import type { TakeoverConfiguration } from './types.ts';

export function takeoverSecrets({ takeover }: TakeoverConfiguration): Secret[] {
  const actives = takeover.role === 'active' ? [] : takeover.actives;
  return [
    ...key(['takeover', 'key'], takeover.key),
    ...key(['takeover', 'old_key'], takeover.oldKey),
    ...actives.flatMap((active, index) => key(['takeover', 'actives', index, 'key'], active.key)),
  ];
}
