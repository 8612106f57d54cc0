/** The secrets of what `ringback relay` is configured by. */

import {
  communitySecret,
  keySecret,
  passwordSecret,
  type Secret,
  smtpSecrets,
  trapSecrets,
  userSecrets,
} from '../secrets.ts';
import type { RelayConfiguration } from './types.ts';

export function relaySecrets({ relay, smtp, listKey }: RelayConfiguration): Secret[] {
  return [
    ...passwordSecret(['relay', 'pop', 'password'], relay.pop.password),
    ...trapSecrets(['relay', 'traps'], relay.traps),
    ...communitySecret(['relay', 'announce', 'community'], relay.announce?.community ?? null),
    ...userSecrets(['relay', 'announce', 'user'], relay.announce?.user ?? null),
    ...smtpSecrets(smtp),
    ...keySecret(['list_key'], listKey),
  ];
}
