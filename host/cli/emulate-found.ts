/** Where what goes wrong is written, in the directory from which the command was given: the smallest worlds, and captures. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { draftText } from '../emulator/truth/draft.ts';
import { messageOf, RingbackError } from '../errors.ts';

const DIRECTORY = 'found';

/** A file of that name there, whose directory is made. Throws RingbackError('unavailable'). */
export function placeFound(name: string): string {
  return carriedOut(DIRECTORY, () => {
    mkdirSync(DIRECTORY, { recursive: true });
    return join(DIRECTORY, name);
  });
}

/** A world as a scenario; `about`: lines above it. Returns the file. Throws RingbackError('unavailable'). */
export function writeFound(name: string, world: object, about: readonly string[]): string {
  const file = placeFound(`${name}.yaml`);
  // A program that failed says more than a line.
  const lines = about.flatMap((text) => text.split('\n'));
  return carriedOut(file, () => {
    writeFileSync(file, draftText(world, lines));
    return file;
  });
}

function carriedOut(file: string, action: () => string): string {
  try {
    return action();
  } catch (error) {
    throw new RingbackError('unavailable', `emulate: ${file}: ${messageOf(error)}`, { cause: error });
  }
}
