/** The secrets of what `ringback relay` is configured by. */

import { keySecret, passwordSecret, type Secret, smtpSecrets, trapSecrets } from '../secrets.ts';
import type { RelayConfiguration } from './types.ts';

export function relaySecrets({ relay, smtp, listKey }: RelayConfiguration): Secret[] {
  return [
    ...passwordSecret(['relay', 'pop', 'password'], relay.pop.password),
    ...trapSecrets(['relay', 'traps'], relay.traps),
    ...smtpSecrets(smtp),
    ...keySecret(['list_key'], listKey),
  ];
}
