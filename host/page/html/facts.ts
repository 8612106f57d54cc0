/** What the pages say about an outage: gathered from the role and the configuration. */

import { isIPv6 } from 'node:net';
import type { PageConfiguration } from '../../config/types.ts';
import type { Target } from '../../net/target.ts';
import type { Clock } from '../../store/clock.ts';
import { type OperatorMessage, OWN_PATH, type PageFacts, type ShownOutage } from './kinds.ts';

export const HTTP_PORT = 80;

/** What is true of every page, for pages that say nothing else. */
export function plainFacts({ askAgainMs }: PageConfiguration): PageFacts {
  return {
    server: null,
    name: null,
    askedHost: null,
    since: null,
    message: null,
    form: null,
    mail: null,
    refusal: null,
    answersPost: true,
    tries: false,
    home: null,
    askAgainMs,
  };
}

/** What there is to say about a server; nothing about an outage where there is none. */
export function serverFacts(
  configuration: PageConfiguration,
  clock: Clock,
  { server }: Target,
  outage: ShownOutage | null,
  message: OperatorMessage | null,
): PageFacts {
  const plain = { ...plainFacts(configuration), server };
  if (outage === null) return plain;
  return { ...plain, name: outage.name, since: clock.dateOf(outage.sinceMs), message };
}

/** Embodiment 5: to where the page came from. Embodiment 4: to the router's own address, with the server's in a field. */
export function formOf(
  { form, routerUrl }: PageConfiguration,
  { server }: Target,
  token: string,
): NonNullable<PageFacts['form']> {
  if (form === 'router' && routerUrl !== null)
    return { action: `${routerUrl}${OWN_PATH}notice`, fields: { token, server } };
  return { action: `${OWN_PATH}notice`, fields: { token } };
}

/** Where the server's own page is, seen from elsewhere. */
export function homeOf({ server, port }: Target): string {
  const host = isIPv6(server) ? `[${server}]` : server;
  return port === HTTP_PORT ? `http://${host}/` : `http://${host}:${port}/`;
}
