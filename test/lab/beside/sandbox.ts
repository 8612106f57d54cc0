/** What `ringback.service` leaves its program, made by hand: systemd is not the first process of a machine in the lab. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const UNIT = fileURLToPath(new URL('../../../board/debian/ringback.service', import.meta.url));
const SOURCE = fileURLToPath(new URL('sandbox.c', import.meta.url));

/** ProtectSystem=strict, ProtectHome, PrivateTmp, PrivateDevices, ProtectKernelTunables and ProtectProc; /run stays as it is. */
const MOUNTS = `set -eu
mount --make-rprivate /
mount -o remount,bind,ro /
for place in /home /root /tmp /var/tmp; do mount -t tmpfs -o mode=1777 none "$place"; done
mkdir /tmp/dev
for device in null zero full random urandom tty; do touch "/tmp/dev/$device"; mount --bind "/dev/$device" "/tmp/dev/$device"; done
mount --rbind /tmp/dev /dev
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
exec "$@"`;

const settings = (unit: string, name: string): readonly string[] =>
  [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].flatMap(([, words = '']) => [words]);

/** The calls of a set, and of the sets in it. */
function callsOf(set: string): readonly string[] {
  if (!set.startsWith('@')) return [set];
  const text = execFileSync('systemd-analyze', ['syscall-filter', '--no-pager', set], { encoding: 'utf8' });
  const names = text
    .split('\n')
    .slice(1)
    .map((line) => line.trim());
  return names.filter((name) => name !== '' && !name.startsWith('#')).flatMap(callsOf);
}

function allowedCalls(unit: string): readonly string[] {
  const calls = new Set(callsOf('@default'));
  for (const words of settings(unit, 'SystemCallFilter')) {
    const isLess = words.startsWith('~');
    for (const name of words.replace('~', '').split(' ').flatMap(callsOf)) {
      if (isLess) calls.delete(name);
      else calls.add(name);
    }
  }
  return [...calls].sort();
}

/** The command behind which a program runs as that user, with what the unit leaves it. */
export function sandbox(directory: string, uid: number): readonly string[] {
  const unit = readFileSync(UNIT, 'utf8');
  mkdirSync(directory, { recursive: true });
  const [families = ''] = settings(unit, 'RestrictAddressFamilies');
  const known = execFileSync('cc', ['-E', '-dM', '-include', 'sys/syscall.h', '-xc', '/dev/null'], {
    encoding: 'utf8',
  });
  const calls = allowedCalls(unit).filter((name) => known.includes(`#define __NR_${name} `));
  writeFileSync(
    `${directory}/calls.h`,
    `#define ALLOWED ${calls.map((name) => `SYS_${name}`).join(', ')}\n#define FAMILIES ${families.split(' ').join(', ')}\n`,
  );
  const program = `${directory}/sandbox`;
  execFileSync('cc', ['-O1', '-Wall', '-Werror', `-I${directory}`, '-o', program, SOURCE]);
  const [capabilities = ''] = settings(unit, 'AmbientCapabilities');
  const kept = capabilities.split(' ').map((name) => `+${name.replace('CAP_', '').toLowerCase()}`);
  const sets = ['inh-caps', 'ambient-caps', 'bounding-set'].map((set) => `--${set}=-all,${kept.join(',')}`);
  const user = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--no-new-privs'];
  return ['unshare', '-m', 'sh', '-c', MOUNTS, 'sh', 'setpriv', ...user, ...sets, program];
}
