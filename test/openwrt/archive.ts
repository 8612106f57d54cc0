/** Packages as opkg reads them: an archive of `debian-binary`, `data.tar.gz` and `control.tar.gz`, in that order. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const tar = (...words: string[]): string => execFileSync('tar', words, { encoding: 'utf8' });

export interface Unpacked {
  /** Names as the archive has them, in its order. */
  readonly members: readonly string[];
  readonly data: string;
  readonly control: string;
  /** As `tar -tv` shows it: mode, owner, size, time and name. */
  readonly listing: readonly string[];
}

/** Unpacks a package into two directories below this one. */
export function unpackIpk(file: string, into: string): Unpacked {
  const [data, control] = [join(into, 'data'), join(into, 'control')];
  for (const directory of [into, data, control]) mkdirSync(directory, { recursive: true });
  tar('-xzf', file, '-C', into);
  tar('-xzpf', join(into, 'data.tar.gz'), '-C', data);
  tar('-xzpf', join(into, 'control.tar.gz'), '-C', control);
  return {
    members: tar('-tzf', file).trim().split('\n'),
    data,
    control,
    listing: tar('-tvzf', join(into, 'data.tar.gz'), '--full-time', '--utc').trim().split('\n'),
  };
}
