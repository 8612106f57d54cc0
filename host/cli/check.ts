/** `ringback check`: is a configuration right, and what will it do? */
import { readOwnFile } from './role-files.ts';

/** What to print. Throws RingbackError('configuration') with every mistake. */
export function checkCommand(file: string, json: boolean): string {
  const { does, warnings } = readOwnFile(file);
  if (json) return JSON.stringify({ file, does, warnings });
  return [`${file} is right.`, ...does, ...warnings.map((text) => `Warning: ${text}`)].join('\n');
}
