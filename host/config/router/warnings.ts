/** What a configuration has that is allowed, and probably not meant: in sentences for `ringback check` and the log. */

import { networkInterfaces } from 'node:os';
import { isLoopback, isSingle, ownAddresses, prefixContains, prefixText } from '../../net/address.ts';
import { endpointText } from '../../net/endpoint.ts';
import { and, count, smtpWarnings } from '../sentences.ts';
import type { RouterConfiguration } from '../types.ts';
import { seesOnlyCopies } from './ask.ts';
import { bridgeWarnings, kernelBridges } from './bridges.ts';
import { type Devices, deviceWarnings } from './devices.ts';
import { keyWarnings } from './entered-key.ts';
import { type Firewall, forwardingWarnings } from './forwarding.ts';
import { viaOf } from './via.ts';

/** What becomes of what this machine's own addresses meet. */
export const NOT_OPENED = "an outage of this machine's own addresses is opened only where servers names them";

/** `interfaces` are this machine's, `firewall` its rules, and `devices` what its kernel calls by name; null: nobody has looked. */
export function routerWarnings(
  configuration: RouterConfiguration,
  interfaces = networkInterfaces(),
  bridges = kernelBridges(),
  firewall: Firewall | null = null,
  devices: Devices | null = null,
): string[] {
  const { detect, fabric, recover, notify, clients, servers, smtp, page } = configuration;
  const found: string[] = [];
  const everything = detect.watch.filter(({ length }) => length === 0);
  if (everything.length > 0) {
    found.push(
      `detect.watch contains ${and(everything.map(prefixText))}: every address counts as a server, and the tables fill with strangers.`,
    );
  }
  if (!detect.unreachable && detect.unansweredMs === null && !detect.refused) {
    found.push('detect has unreachable, unanswered and refused all off: no outage is ever noticed.');
  }
  if (detect.learnsWait && detect.ask === 'none') {
    found.push(
      'detect.unanswered is auto and detect.ask is none: a few seconds of silence are believed without asking the server.',
    );
  }
  if (detect.conversations && detect.ask === 'none') {
    found.push(
      'detect.conversations is true and detect.ask is none: what anybody makes up of a conversation, and a firewall drops, is believed without asking the server.',
    );
  }
  if (recover.traps === null && !recover.arp && !recover.synAck) {
    found.push('recover has traps, arp and syn_ack all off: no recovery is ever noticed.');
  }
  const outside = servers.filter(
    ({ address, real }) => real === null && !detect.watch.some((prefix) => prefixContains(prefix, address)),
  );
  if (outside.length > 0) {
    found.push(
      `${count(outside.length, 'server')} outside of detect.watch will never be noticed: ${and(outside.map(({ address }) => address))}.`,
    );
  }
  const own = watchedOwn(configuration, interfaces);
  if (own.length > 0) {
    found.push(`detect.watch names ${and(own)}, of this machine itself: ${NOT_OPENED}.`);
  }
  const isElsewhere = fabric.socket !== null && fabric.daemon === null;
  if (isElsewhere && fabric.interfaces.length > 0 && fabric.seesEverything.length === 0) {
    found.push('fabric.interfaces has no effect beside fabric.socket: the daemon there has its own.');
  }
  if (page !== null && smtp === null) {
    found.push('page asks people for their mail addresses, and there is no smtp: nobody will be told.');
  }
  found.push(
    ...pageWarnings(configuration),
    ...dashboardWarnings(configuration),
    ...deviceWarnings(fabric, devices),
    ...bridgeWarnings(configuration, bridges),
    ...keyWarnings(configuration),
    ...forwardingWarnings(configuration, ownAddresses(interfaces), firewall),
  );
  const isListed = [notify.via, ...servers.map(({ via }) => via ?? 'direct')].some((via) => via !== 'direct');
  if (clients.length === 0 && ((!isListed && page === null) || detect.knownClientsOnly)) {
    found.push(
      detect.knownClientsOnly
        ? 'clients is empty and known_clients_only is on: nobody is ever noticed.'
        : 'clients is empty: outages are noticed, but nobody has a mail address to be told at.',
    );
  }
  const relayed = servers.filter((server) => viaOf(configuration, server) === 'server');
  const mute = relayed.filter(({ mail }) => mail === null);
  if (notify.via === 'server' && mute.length === relayed.length) {
    found.push('No server has a mail address: with notify.via: server nobody can be told.');
  } else if (mute.length > 0) {
    found.push(
      `${count(mute.length, 'server')} without a mail address: who waits for them can't be told by via: server.`,
    );
  }
  if (smtp !== null) found.push(...smtpWarnings(smtp));
  return found;
}

/** Addresses of this machine that are watched by themselves, and are named nowhere else. */
export function watchedOwn(
  { detect, servers }: RouterConfiguration,
  interfaces: ReturnType<typeof networkInterfaces>,
): string[] {
  const own = ownAddresses(interfaces);
  const named = new Set(servers.map(({ address }) => address));
  const watched = detect.watch.filter(isSingle).map(({ address }) => address);
  return [...new Set(watched)].filter((address) => own.has(address) && !named.has(address));
}

/** Its token, and what it shows, are plain on the wire. */
function dashboardWarnings({ dashboard }: RouterConfiguration): string[] {
  if (dashboard === null || isLoopback(dashboard.listen.host)) return [];
  return [
    `dashboard.listen is ${endpointText(dashboard.listen)}, beyond this machine, and without TLS: who listens on the way sees the token. Leave it at 127.0.0.1 and come by ssh -L, or by a proxy here that has TLS.`,
  ];
}

/** Ports on which a page is wanted, and none comes. */
function pageWarnings({ page, servers, fabric }: RouterConfiguration): string[] {
  if (page === null) return [];
  if (seesOnlyCopies(fabric)) {
    return [
      `On ${and(fabric.interfaces)} everything is seen, in copies: no page can come from here in a dead server's place.`,
    ];
  }
  const silent = servers.filter(({ ask }) => ask === 'none');
  const found: string[] = [];
  if (silent.length > 0) {
    found.push(
      `servers has ask: none for ${and(silent.map(({ address }) => address))}: no page comes in the place of a server that may not be asked.`,
    );
  }
  // Few servers speak the protocols of `greet`.
  const shown = page.ports.filter((port) => !page.greet.includes(port));
  const left = servers.filter(
    ({ ports, ask, real }) =>
      real === null && ask !== 'none' && ports.length > 0 && shown.some((port) => !ports.includes(port)),
  );
  if (left.length > 0) {
    found.push(
      `page.ports has a port that servers: ports leaves out for ${and(left.map(({ address }) => address))}: there it is neither asked nor answered for.`,
    );
  }
  return found;
}
