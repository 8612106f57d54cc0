/** What tests of packages share: packages are made with the time of every file told. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');
export const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
};
/** 2026-01-01. */
const EPOCH = 1_767_225_600;

interface Packing {
  readonly status: number | null;
  readonly said: string;
}

/** Packages for these architectures, into a directory; `path` comes before the other places of programs. */
export function pack(
  out: string,
  architectures: readonly string[],
  { path = '', release = 1 } = {},
): Packing {
  const { MAKEFLAGS: _flags, MAKELEVEL: _level, MFLAGS: _more, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(join(root, 'board/openwrt/package'), [out, ...architectures], {
    env: {
      ...env,
      SOURCE_DATE_EPOCH: `${EPOCH}`,
      RELEASE: `${release}`,
      PATH: [path, env.PATH].filter(Boolean).join(':'),
    },
    encoding: 'utf8',
  });
  return { status, said: stderr + stdout };
}
