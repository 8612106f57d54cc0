/** The secrets of what `ringback relay` is configured by. */

import { key, ofSmtp, ofTraps, password, type Secret } from '../secrets.ts';
import type { RelayConfiguration } from './types.ts';

export function relaySecrets({ relay, smtp, listKey }: RelayConfiguration): Secret[] {
  return [
    ...password(['relay', 'pop', 'password'], relay.pop.password),
    ...ofTraps(['relay', 'traps'], relay.traps),
    ...ofSmtp(smtp),
    ...key(['list_key'], listKey),
  ];
}
