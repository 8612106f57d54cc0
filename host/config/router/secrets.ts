/** The secrets of what `ringback run` is configured by. */

import { key, ofSmtp, ofTraps, type Secret } from '../secrets.ts';
import type { RouterConfiguration } from '../types.ts';

export function routerSecrets({ recover, smtp, listKey }: RouterConfiguration): Secret[] {
  return [...ofTraps(['recover', 'traps'], recover.traps), ...ofSmtp(smtp), ...key(['list_key'], listKey)];
}
