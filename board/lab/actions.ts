/** What `board/lab/act` can do, as commands of a shell. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Lab } from './lab.ts';

const ACTIONS = [
  'act',
  'address',
  'announce',
  'forget',
  'freeze',
  'log',
  'mails',
  'notify',
  'on',
  'plug',
  'remember',
  'sniff',
  'start',
  'stop',
  'thaw',
  'try',
  'unplug',
];

/** Makes every action a command, and these scripts by their names; returns their directory. */
export function commands(lab: Lab, scripts: Readonly<Record<string, string>>): string {
  const directory = `${lab.directory}/bin`;
  mkdirSync(directory);
  const act = fileURLToPath(new URL('act', import.meta.url));
  for (const action of ACTIONS) symlinkSync(act, `${directory}/${action}`);
  for (const [name, script] of Object.entries(scripts))
    writeFileSync(`${directory}/${name}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return directory;
}
