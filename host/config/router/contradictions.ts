/** What a file of `ringback run` says that does not go together. */

import type { Limits } from '../../fabric/sizes.ts';
import { isVersion4 } from '../../net/address.ts';
import { durationText } from '../../net/duration.ts';
import {
  type Mistake,
  mostContradictions,
  type Path,
  repeated,
  smtpContradictions,
  trapContradictions,
} from '../contradictions.ts';
import type { RouterConfiguration, Via } from '../types.ts';
import { viaOf } from './via.ts';

const count = (number: number): string => number.toLocaleString('en');

/** Every contradiction there is, in no particular order. */
export function routerContradictions(
  configuration: RouterConfiguration,
  { sideless, forwards }: Limits,
): Mistake[] {
  const { detect, fabric, notify, recover, clients, servers, page, dashboard } = configuration;
  const found: Mistake[] = [];
  const add = (path: Path, message: string): void => void found.push({ path, message });

  if (fabric.socket !== null && fabric.daemon !== null) {
    add(
      ['fabric', 'socket'],
      'stands beside daemon; keep one of them: a command to start, or a socket to connect to',
    );
  }
  if (fabric.socket === null && fabric.interfaces.length === 0) {
    add(
      ['fabric', 'interfaces'],
      'is missing; name the interfaces to listen on, as in [lan0, wan0], or give fabric.socket',
    );
  }
  if (fabric.remote !== null && page !== null) {
    add(
      ['page'],
      'can not be shown with fabric.host: beside: it needs rules and routes on the router, where the key of this program may carry records and nothing else; leave it away, or run on the router',
    );
  }
  if (fabric.remote !== null && detect.own) {
    add(
      ['detect', 'own'],
      'can not be true with fabric.host: beside: there nobody can tell what this machine tries from what ringback does; leave it away, or run on the machine itself, without a router',
    );
  }
  repeated(fabric.interfaces, (index) => ['fabric', 'interfaces', index], add);
  for (const [index, name] of fabric.interfaces.entries()) {
    if (index < sideless || !fabric.seesEverything.includes(name)) continue;
    add(
      ['fabric', 'interfaces', index, 'sees'],
      `can be said of the first ${sideless} interfaces only; put ${name} before the others`,
    );
  }
  repeated(detect.datagrams.map(String), (index) => ['detect', 'datagrams', index], add);
  repeated(
    clients.map(({ address }) => address),
    (index) => ['clients', index, 'address'],
    add,
  );
  repeated(
    servers.map((server, index) =>
      server.real === null ? server.address : `${server.address} forwarded ${index}`,
    ),
    (index) => ['servers', index, 'address'],
    add,
  );
  forwardingContradictions(servers, forwards, add);
  const named = servers.reduce((count, { ports }) => count + 1 + ports.length, 0);
  if (named > fabric.capacity.servers) {
    add(
      ['fabric', 'capacity', 'servers'],
      `${count(fabric.capacity.servers)} is too small for ${count(named)} servers and ports; ${count(named)} or more, or name fewer of them`,
    );
  }
  if (recover.traps !== null) trapContradictions(recover.traps, ['recover', 'traps'], add);

  if (notify.sweepMs < notify.freshMs) {
    add(
      ['notify', 'sweep'],
      `${durationText(notify.sweepMs)} is shorter than fresh; ${durationText(notify.freshMs)} or more, or people to be told are deleted before`,
    );
  }
  mostContradictions(notify.most, add);
  const mailsNeeded = whatNeedsMail(configuration);
  if (configuration.smtp === null && mailsNeeded !== null) {
    add(['smtp'], `is missing; ${mailsNeeded}: give {host: …, from: …}`);
  } else if (configuration.smtp !== null) {
    smtpContradictions(configuration.smtp, add);
  }
  const ways = waysOf(configuration);
  if (ways.has('station') && configuration.station === null) {
    add(['station'], `is missing; ${ways.get('station')} needs {mail: …}`);
  }
  const [listed] = [ways.get('server'), ways.get('station')].filter((key) => key !== undefined);
  if (listed !== undefined && configuration.listKey === null) {
    add(['list_key'], `is missing; ${listed} signs its list mails with it, and the relay has the same`);
  }
  if (page?.ports.every((port) => page.greet.includes(port)) === true) {
    add(
      ['page', 'greet'],
      'has all that page.ports has: at one port at least a page is shown, at others a line is said',
    );
  }
  if (page !== null && dashboard !== null && page.listen.port === dashboard.listen.port) {
    add(
      ['dashboard', 'listen'],
      `has the port of page.listen, ${page.listen.port}, to which strangers are sent; choose another one`,
    );
  }
  if (page !== null && page.form === 'router' && page.routerUrl === null) {
    add(
      ['page', 'router_url'],
      'is missing; page.form: router needs the URL of this router, as in http://172.27.179.1:8480',
    );
  }
  return found;
}

/** What is forwarded, and where to. */
function forwardingContradictions(
  servers: RouterConfiguration['servers'],
  room: number,
  add: (path: Path, message: string) => void,
): void {
  const taken = new Map<string, number>();
  for (const [index, { address, ports, real }] of servers.entries()) {
    if (real === null) continue;
    const at: Path = ['servers', index];
    if (ports.length === 0)
      add([...at, 'real'], 'needs ports: those of address that are forwarded there, as in ports: [8080]');
    if (isVersion4(real.host) !== isVersion4(address))
      add(
        [...at, 'real'],
        `${real.host} is of another version of IP than ${address}; no port is forwarded so`,
      );
    if (real.host === address)
      add(
        [...at, 'real'],
        `${address} is address itself; leave real away, for that is the server's own address`,
      );
    for (const port of ports) {
      const other = taken.get(`${address} ${port}`);
      if (other !== undefined)
        add(
          [...at, 'ports'],
          `${port} of ${address} is forwarded by number ${other + 1} already; keep one of them`,
        );
      taken.set(`${address} ${port}`, index);
    }
  }
  const outers = new Set(servers.filter(({ real }) => real !== null).map(({ address }) => address));
  if (taken.size + outers.size > room)
    add(
      ['servers'],
      `forwards ${count(taken.size)} ports of ${count(outers.size)} addresses; there is room for ${count(room)}, each address counted as one more`,
    );
  for (const [index, { real }] of servers.entries()) {
    if (real !== null && outers.has(real.host))
      add(['servers', index, 'real'], `${real.host} forwards ports itself; give the server's own address`);
  }
}

/** The ways in which people are told, and for each the key that says so. */
function waysOf({ notify, servers }: RouterConfiguration): Map<Via, string> {
  const ways = servers.flatMap(({ via }, i): [Via, string][] =>
    via === null ? [] : [[via, `servers[${i}].via: ${via}`]],
  );
  return new Map([...ways.toReversed(), [notify.via, `notify.via: ${notify.via}`]]);
}

/** Why there must be a mail server, or null. */
function whatNeedsMail(configuration: RouterConfiguration): string | null {
  if (configuration.clients.length > 0) return 'notices to clients go out by it';
  const { servers } = configuration;
  const lists =
    waysOf(configuration).has('station') ||
    servers.some((server) => server.mail !== null && viaOf(configuration, server) === 'server');
  return lists ? 'list mails go out by it' : null;
}
