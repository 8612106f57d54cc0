/** The secrets of what `ringback run` is configured by. */

import { keySecret, passwordSecret, type Secret, smtpSecrets, trapSecrets } from '../secrets.ts';
import type { RouterConfiguration } from '../types.ts';

export function routerSecrets({ recover, smtp, listKey, dashboard }: RouterConfiguration): Secret[] {
  return [
    ...trapSecrets(['recover', 'traps'], recover.traps),
    ...smtpSecrets(smtp),
    ...keySecret(['list_key'], listKey),
    ...passwordSecret(['dashboard', 'token'], dashboard?.token ?? null),
  ];
}
