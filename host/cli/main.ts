#!/usr/bin/env node
/** The command line. */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { nearest } from '../config/nearest.ts';
import { messageOf, RingbackError } from '../errors.ts';
import { endWithReader } from '../role/signals.ts';
import { VERSION } from '../version.ts';
import type { CommandDescription } from './command.ts';
import { COMMANDS } from './commands.ts';
import { type Given, OPTION_HELP, OPTIONS, type OptionName } from './options.ts';
import { isReadingThread, readForOthers } from './reading.ts';

function helpText(): string {
  const width = Math.max(...Object.keys(COMMANDS).map(({ length }) => length));
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    'ringback: tells exactly the people a dead server turned away when it is back',
    '',
    'usage: ringback COMMAND [options]',
    '',
    ...rows,
    '',
    'ringback COMMAND --help says more. Exit status: 0 done, 1 failed, 2 wrong usage or configuration.',
  ].join('\n');
}

function commandHelp({ synopsis, summary, help, options }: CommandDescription): string {
  const rows = [...options, 'help' as const].map((name) => `  ${OPTION_HELP[name]}`);
  return [`usage: ringback ${synopsis}`, '', summary, '', help, '', ...rows].join('\n');
}

/** Options of a command, and what is left; throws RingbackError('usage'). */
function parse(
  name: string,
  command: CommandDescription,
  argv: readonly string[],
): { given: Given; more: string[] } {
  const names: OptionName[] = [...command.options, 'help'];
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: Object.fromEntries(names.map((option) => [option, OPTIONS[option]])),
      allowPositionals: true,
    });
    return { given: values as Given, more: positionals };
  } catch (error) {
    const help = `ringback ${name} --help`;
    const unknown = /^Unknown option '(-[^'=]*)/.exec(messageOf(error))?.[1];
    if (unknown === undefined) throw new RingbackError('usage', `${name}: ${messageOf(error)}; ${help}`);
    const meant = unknown.startsWith('--') ? nearest(unknown.slice(2), names) : null;
    const advice = meant === null ? help : `do you mean --${meant}? ${help}`;
    throw new RingbackError('usage', `${name}: no option ${unknown}; ${advice}`);
  }
}

async function main(argv: readonly string[]): Promise<void> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(helpText());
    if (name === undefined) process.exitCode = 2;
    return;
  }
  if (name === '--version') {
    console.log(`ringback ${VERSION}`);
    return;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const known = Object.keys(COMMANDS);
    const there = `there are ${known.join(', ')}`;
    const meant = nearest(name, known);
    const advice = meant === null ? there : `do you mean ${meant}? ${there}`;
    throw new RingbackError('usage', `no command ${JSON.stringify(name)}; ${advice}`);
  }
  const { given, more } = parse(name, command, rest);
  if (given.help) {
    console.log(commandHelp(command));
    return;
  }
  if (more.length > 0 && !command.takesMore) {
    const [first = ''] = more;
    const advice =
      command.options.includes('config') && existsSync(first)
        ? `do you mean -c ${first}?`
        : `ringback ${name} --help`;
    throw new RingbackError('usage', `${name}: ${first} is too much; ${advice}`);
  }
  await command.action(given, more);
}

function fail(error: unknown): void {
  if (error instanceof RingbackError) {
    for (const line of error.message.split('\n')) console.error(`ringback: ${line}`);
    process.exitCode = error.exitStatus;
    return;
  }
  console.error(error);
  process.exitCode = 1;
}

if (isReadingThread) readForOthers();
else {
  process.stdout.on('error', endWithReader);
  main(process.argv.slice(2)).catch(fail);
}
