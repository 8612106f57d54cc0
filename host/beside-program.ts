/** Files that belong to the program: beside its bundle; for the sources, where `make` puts both. Nowhere else, for root runs what is in them. */
import { fileURLToPath } from 'node:url';

const DIRECTORY = import.meta.url.endsWith('.ts') ? '../dist/' : './';

export function besideProgram(name: string): string {
  return fileURLToPath(new URL(DIRECTORY + name, import.meta.url));
}
