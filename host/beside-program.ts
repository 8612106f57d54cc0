/** Files that belong to the program: beside its bundle; for the sources, where `make` puts both. Nowhere else, for root runs what is in them. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const DIRECTORY = import.meta.url.endsWith('.ts') ? '../dist/' : './';

export function besideProgram(name: string): string {
  return fileURLToPath(new URL(DIRECTORY + name, import.meta.url));
}

/** Where a program is that a shell would start by this name; null: nowhere. */
export function programInPath(name: string): string | null {
  if (name.includes('/')) return isProgram(name) ? name : null;
  const places = (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, name));
  return places.find(isProgram) ?? null;
}

/** The same of a program that is this one's own: where the PATH has none, it may lie beside it. */
export function ownProgram(name: string): string | null {
  const found = programInPath(name);
  if (found !== null || name.includes('/')) return found;
  const beside = besideProgram(name);
  return isProgram(beside) ? beside : null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
