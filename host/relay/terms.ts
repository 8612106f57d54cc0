/** What a look into the mailbox takes from the configuration. */
import { createHmac } from 'node:crypto';
import type { RelayConfiguration } from '../config/relay/types.ts';
import type { ClientConfiguration } from '../config/types.ts';

/** What a configuration comes to here. */
export interface Terms {
  readonly configuration: RelayConfiguration;
  readonly people: ReadonlyMap<string, ClientConfiguration>;
  /** What a refusal hangs on. */
  readonly rules: string;
  /** Stands for the server and the login. */
  readonly login: string;
}

export function termsOf(configuration: RelayConfiguration): Terms {
  const people = new Map(configuration.clients.map((client) => [client.address, client]));
  return { configuration, people, rules: rulesOf(configuration), login: loginOf(configuration) };
}

/** Tells configurations apart that may refuse different messages, without telling the key. */
function rulesOf({ listKey, relay }: RelayConfiguration): string {
  return createHmac('sha256', listKey).update(`rules ${relay.oldestMs}`).digest('hex').slice(0, 16);
}

/** Tells logins apart without telling the password. */
function loginOf({ listKey, relay }: RelayConfiguration): string {
  const { host, port, user, password } = relay.pop;
  const login = JSON.stringify(['login', host, port, user, password]);
  return createHmac('sha256', listKey).update(login).digest('hex').slice(0, 16);
}
