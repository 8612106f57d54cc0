/** What a configuration of `ringback takeover` will do, in sentences. None of them names a secret. */

import { durationText } from '../../net/duration.ts';
import { endpointText } from '../../net/endpoint.ts';
import { and, count } from '../sentences.ts';
import type { ActiveConfiguration, StandbyConfiguration, TakeoverConfiguration } from './types.ts';

/** What is done. What to think twice about is in `warnings`. */
export function explainTakeover({ takeover, control }: TakeoverConfiguration): string[] {
  return [
    ...(takeover.role === 'active' ? ofActive(takeover) : ofStandby(takeover)),
    announcing(takeover),
    `"ringback takeover --status" asks at ${control}.`,
  ];
}

function ofActive(active: ActiveConfiguration): string[] {
  const { addresses, standby, health, gateway, link, stop, heartbeat } = active;
  const faults = [
    ...health.map(
      ({ command, failures, everyMs }) =>
        `"${command[0]}" fails ${failures} times, ${durationText(everyMs)} apart`,
    ),
    ...(gateway === null
      ? []
      : [
          `${gateway.address} leaves ${count(gateway.failures, 'ping')} unanswered, ${durationText(gateway.everyMs)} apart`,
        ]),
    ...(link ? ['an interface loses its link (for the addresses on it)'] : []),
    'an operator says so ("ringback takeover --give")',
  ];
  return [
    `Active with ${and(addresses.map(({ address, ifname }) => `${address} on ${ifname}`))}; its standby is ${endpointText(standby)}.`,
    `Gives them to the standby, one after the other, when ${and(faults, 'disjunction')}; each is switched off, with its interface, once the standby has been told.`,
    heartbeat === null
      ? 'No heartbeats: if this machine dies without a word, nobody takes over.'
      : `Tells the standby every ${durationText(heartbeat.everyMs)} that it lives.`,
    stop === 'keep'
      ? 'When it is told to stop, the addresses stay where they are, and the standby waits.'
      : 'When it is told to stop, it gives the addresses to the standby before.',
  ];
}

function ofStandby(standby: StandbyConfiguration): string[] {
  const { listen, interfaces, actives, share, heartbeat, checkMs } = standby;
  const most = share
    ? 'an interface may take several addresses'
    : `takes ${count(interfaces.length, 'address', 'addresses')} at the same time`;
  const check =
    checkMs === null
      ? 'without asking whether somebody else has it'
      : `if nobody answers for it for ${durationText(checkMs)}`;
  return [
    `Standby for ${and(actives.map(({ name, address }) => `${name} (${address})`))}; takes instructions at ${endpointText(listen)}.`,
    `Takes addresses with ${and(interfaces)}, in this order but the one with ${listen.host} last; ${most}.`,
    heartbeat === null
      ? 'Takes only what it is told to take: no heartbeats are waited for.'
      : `Takes an address unasked when ${count(heartbeat.lost, 'heartbeat')} of its active, ${durationText(heartbeat.everyMs)} apart, did not come, ${check}.`,
    standby.return === 'manual'
      ? 'Keeps what it has taken until an operator gives it back ("ringback takeover --return").'
      : `Gives an address back when its active has been healthy for ${durationText(standby.returnAfterMs)}, unless an operator had it given.`,
    'When it is told to stop, it leaves what it has taken on its interfaces, and finds it there when it starts again.',
  ];
}

function announcing({ announce }: TakeoverConfiguration['takeover']): string {
  const forms = and(announce.forms.map((form) => `ARP ${form}`));
  const again =
    announce.repeat === 0
      ? 'once'
      : `once and ${announce.repeat} times more, ${durationText(announce.everyMs)} apart`;
  return `Says ${again} whose an address is now: by ${forms}, for IPv6 by a neighbour advertisement.`;
}

/** What is allowed, and is probably not meant. */
export function takeoverWarnings({ takeover }: TakeoverConfiguration): string[] {
  const found: string[] = [];
  if (takeover.role === 'active') {
    const { health, gateway, link } = takeover;
    if (health.length === 0 && gateway === null && !link) {
      found.push(
        'health and gateway are missing and link is off: no fault is ever noticed, only the end of the machine.',
      );
    }
  } else if (takeover.heartbeat !== null && takeover.checkMs === null) {
    found.push(
      'check is false: if an active is only slow, or only the way to it is broken, two machines have its addresses.',
    );
  }
  if (takeover.oldKey !== null) {
    found.push('old_key is accepted; leave it away once both nodes have the new key.');
  }
  return found;
}
