/** `ringback check --here`: whether what a configuration needs is there, on this machine and around it. Changes nothing, sends no mail. */
import { networkInterfaces } from 'node:os';
import { basename } from 'node:path';
import type { RelayConfiguration } from '../config/relay/types.ts';
import { DAEMON } from '../config/sections.ts';
import type { TakeoverConfiguration } from '../config/takeover/types.ts';
import type { RouterConfiguration } from '../config/types.ts';
import { isServed } from '../role/control-place.ts';
import type { Time } from '../time.ts';
import { devicesHere } from './devices.ts';
import { type Finding, well } from './here-findings.ts';
import {
  clockFinding,
  interfaceFinding,
  portFinding,
  privilegesFinding,
  programFinding,
  stateFinding,
} from './here-machine.ts';
import { mailboxFinding, mailServerFinding, namesFinding, sidesFindings } from './here-network.ts';

/** Servers whose names are looked up. */
const MAX_LOOKED_UP = 32;

export async function routerHere(configuration: RouterConfiguration, time: Time): Promise<Finding[]> {
  const { fabric, page, dashboard, recover, smtp, servers, state, control } = configuration;
  const runs = await isServed(control);
  const found: Finding[] = [runningFinding(control, runs)];
  const [program = ''] = fabric.daemon ?? [];
  // A daemon that something else brings up, ssh for instance, may listen on another machine.
  if (fabric.remote === null && basename(program) === DAEMON) {
    const devices = devicesHere();
    found.push(...fabric.interfaces.map((name) => interfaceFinding(name, devices)));
    found.push(programFinding(program, 'it reads the frames; fabric.daemon names it'));
  }
  found.push(privilegesFinding(page === null ? ['CAP_NET_RAW'] : ['CAP_NET_RAW', 'CAP_NET_ADMIN']));
  if (page !== null) {
    found.push(programFinding('nft', 'the page is steered by it (package nftables)'));
    found.push(await portFinding('page', page.listen, runs));
  }
  found.push(
    programFinding(
      'ip',
      'it makes the kernel look for a machine that is gone, and has the addresses of the page (iproute2)',
    ),
  );
  found.push(programFinding('flock', 'it keeps the state for one process (util-linux)'));
  if (dashboard !== null) found.push(await portFinding('dashboard', dashboard.listen, runs));
  if (recover.traps !== null) found.push(await portFinding('traps', recover.traps.listen, runs, 'udp'));
  found.push(stateFinding(state), clockFinding(time));
  found.push(...sidesFindings(configuration, networkInterfaces()));
  for (const server of servers.slice(0, MAX_LOOKED_UP)) {
    const names = await namesFinding(server);
    if (names !== null) found.push(names);
  }
  if (smtp !== null) found.push(await mailServerFinding(smtp, time));
  return found;
}

export async function relayHere(
  { control, state, relay, smtp }: RelayConfiguration,
  time: Time,
): Promise<Finding[]> {
  const runs = await isServed(control);
  const found = [
    runningFinding(control, runs),
    programFinding('flock', 'it keeps the state for one process (util-linux)'),
  ];
  if (relay.traps !== null) found.push(await portFinding('traps', relay.traps.listen, runs, 'udp'));
  found.push(stateFinding(state), clockFinding(time));
  found.push(await mailboxFinding(relay.pop, time), await mailServerFinding(smtp, time));
  return found;
}

export async function takeoverHere(
  { control, takeover }: TakeoverConfiguration,
  time: Time,
): Promise<Finding[]> {
  const runs = await isServed(control);
  const devices = devicesHere();
  const interfaces =
    takeover.role === 'active' ? takeover.addresses.map(({ ifname }) => ifname) : takeover.interfaces;
  return [
    runningFinding(control, runs),
    ...[...new Set(interfaces)].map((name) => interfaceFinding(name, devices)),
    privilegesFinding(['CAP_NET_RAW', 'CAP_NET_ADMIN']),
    programFinding('ip', 'it gives and takes addresses (iproute2)'),
    clockFinding(time),
  ];
}

function runningFinding(control: string, runs: boolean): Finding {
  return well(
    'role',
    runs ? `runs, and answers at ${control}` : `does not run: nobody answers at ${control}`,
  );
}
