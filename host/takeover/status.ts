/** What a running node has in hand, for people. */
import type { ActiveStatus } from './active/active.ts';
import type { StandbyStatus } from './standby/standby.ts';

/** The answer of the control socket. `since` is ISO 8601; `refused` counts datagrams that were not believed. */
export type TakeoverStatus = {
  readonly since: string;
  readonly name: string;
  readonly refused: Readonly<Record<string, number>>;
} & (ActiveStatus | StandbyStatus);

export function takeoverStatusText(status: TakeoverStatus): string {
  const lines = status.role === 'active' ? activeLines(status) : standbyLines(status);
  const refused = Object.entries(status.refused).filter(([, count]) => count > 0);
  if (refused.length > 0) {
    lines.push(`Messages not believed: ${refused.map(([why, count]) => `${count} ${why}`).join(', ')}.`);
  }
  return lines.join('\n');
}

function activeLines({
  name,
  healthy,
  faults,
  standby,
  addresses,
}: ActiveStatus & { name: string }): string[] {
  const reachable = standby.reachable ? 'answers' : 'does not answer';
  const known = standby.name === null ? standby.address : `${standby.name} (${standby.address})`;
  const where = {
    here: 'is here',
    given: 'is not here',
    stuck: 'is given, and will not go',
    changing: 'changes hands',
  };
  return [
    `${name} is active, and ${healthy ? 'healthy' : `faulty: ${faults.join('; ')}`}. Its standby ${known} ${reachable}.`,
    ...addresses.map(({ address, adapter, state, cause, reason }) => {
      const why = [cause, reason].filter((part) => part !== null && part !== '').join(': ');
      return `  ${address} on ${adapter} ${where[state]}${why === '' ? '' : ` (${why})`}`;
    }),
  ];
}

function standbyLines({
  name,
  adapters,
  needed,
  sufficient,
  actives,
  taken,
}: StandbyStatus & { name: string }): string[] {
  return [
    `${name} is a standby with ${adapters.length} interfaces; ${needed} are needed${sufficient ? '' : ', too few'}.`,
    ...adapters.map(({ adapter, hardware, addresses }) => {
      const has = addresses.length === 0 ? 'is free' : `has ${addresses.join(', ')}`;
      return `  ${adapter} (${hardware ?? 'is not there'}) ${hardware === null ? '' : has}`.trimEnd();
    }),
    ...actives.map(({ name: active, address, state, healthy, addresses }) => {
      const health = state === 'alive' ? `, ${healthy ? 'healthy' : 'faulty'}` : '';
      return `  ${active} (${address}) is ${state}${health}${addresses.length === 0 ? '' : `: ${addresses.join(', ')}`}`;
    }),
    ...taken.map(
      ({ address, adapter, active, cause, state, seconds }) =>
        `  ${address} of ${active} is ${state === 'taken' ? 'here' : state} on ${adapter} since ${seconds} s (${cause})`,
    ),
  ];
}
