/** What the fabric is told of forwarded ports: each of its records has one name here, by which it is replaced and taken away. */
import type { Command } from '../fabric/records.ts';
import { nameOf, type Target } from '../net/target.ts';
import type { ForwardIndex } from './forward-index.ts';

/** Of an outer address nothing is said as a whole. */
const NOTHING: Target = { server: '::', port: 0 };

type ForwardCommand = Extract<Command, { kind: 'forward' | 'answerFor' }>;

/** By the name of the fabric's record. */
export type ForwardCommands = ReadonlyMap<string, ForwardCommand>;

interface Wanted {
  readonly index: ForwardIndex;
  /** Servers that are addresses of this machine. */
  readonly own: readonly string[];
  /** Ports of theirs that are forwarded, nobody has said where to. */
  readonly astray: readonly Target[];
  readonly pagePorts: readonly number[];
  /** Records of forwarded ports and outer addresses. */
  readonly room: number;
}

/** What counts most comes first, for as long as there is room. */
export function forwardCommands({ index, own, astray, pagePorts, room }: Wanted): ForwardCommands {
  const commands = new Map<string, ForwardCommand>();
  const answered = new Map<string, ForwardCommand>();
  const add = (outer: Target, real: Target): boolean => {
    const address = { server: outer.server, port: 0 };
    const missing = [address, outer].filter((target) => !commands.has(nameOf(target)));
    if (commands.size + missing.length > room) return false;
    commands.set(nameOf(address), { kind: 'forward', ...address, real: NOTHING });
    if (outer.port !== 0 && !commands.has(nameOf(outer)))
      commands.set(nameOf(outer), { kind: 'forward', ...outer, real });
    return true;
  };
  for (const server of own) add({ server, port: 0 }, NOTHING);
  for (const { outer, real } of index.forwards()) {
    // What this machine answers in its place is no sign of its life, by whichever port it is known.
    if (add(outer, real) && pagePorts.includes(outer.port) && !pagePorts.includes(real.port))
      answered.set(`page ${real.port}`, { kind: 'answerFor', port: real.port, on: true });
  }
  for (const target of astray) add(target, target);
  for (const target of index.behind()) add(target, target);
  return new Map([...commands, ...answered]);
}

/** What leads from the one to the other: what has gone first, for there may be no room for both. */
export function forwardChanges(before: ForwardCommands, now: ForwardCommands): Command[] {
  const changes: Command[] = [];
  for (const [name, command] of before) {
    if (now.has(name)) continue;
    const { port } = command;
    if (command.kind === 'answerFor') changes.push({ ...command, on: false });
    else changes.push({ kind: 'unforward', server: command.server, port });
  }
  for (const [name, command] of now) {
    const known = before.get(name);
    if (known === undefined || !isSame(known, command)) changes.push(command);
  }
  return changes;
}

function isSame(one: ForwardCommand, other: ForwardCommand): boolean {
  if (one.kind === 'answerFor' || other.kind === 'answerFor') return one.kind === other.kind;
  return nameOf(one.real) === nameOf(other.real);
}
