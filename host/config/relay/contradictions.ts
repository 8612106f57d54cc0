/** What a file of `ringback relay` says that does not go together. */

import {
  type Mistake,
  mostContradictions,
  type Path,
  repeated,
  smtpContradictions,
  trapContradictions,
} from '../contradictions.ts';
import type { RelayConfiguration } from './types.ts';

/** Every contradiction there is, in no particular order. */
export function relayContradictions({ relay, notify, smtp, clients }: RelayConfiguration): Mistake[] {
  const found: Mistake[] = [];
  const add = (path: Path, message: string): void => void found.push({ path, message });

  if (!relay.resolve && relay.resolver !== null) {
    add(['relay', 'resolver'], 'stands beside resolve: false; drop one of them');
  }
  if (relay.traps !== null) trapContradictions(relay.traps, ['relay', 'traps'], add);
  const { announce } = relay;
  if (announce !== null && announce.community !== null && announce.user !== null) {
    add(
      ['relay', 'announce', 'user'],
      'stands beside community; keep one of them, or neither for a signed datagram',
    );
  }
  if (announce?.user?.auth === null && announce.user.priv !== null) {
    add(['relay', 'announce', 'user', 'auth'], 'is missing; priv needs auth: {protocol: sha256, key: …}');
  }
  mostContradictions(notify.most, add);
  smtpContradictions(smtp, add);
  repeated(
    clients.map(({ address }) => address),
    (index) => ['clients', index, 'address'],
    add,
  );
  return found;
}
