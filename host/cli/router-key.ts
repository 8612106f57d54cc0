/** What the router is told when it is to take this program: its key, for one command alone. */
import { RingbackError } from '../errors.ts';

/** An interface as a shell on the router may have it: more signs than those have a meaning there, and Linux allows them all. */
const PLAIN_NAME = /^[\w.:@+-]+$/;
const PLAIN_PATH = /^\/[\w./+-]+$/;
const PUBLIC_KEY = /^(ssh-ed25519) ([\w+/]+={0,2})(?: .*)?$/;
/** A key of the router's: what sort of key, and the key. */
const HOST_KEY = /^hostkey ((?:ssh|ecdsa)-[\w-]+ [\w+/]+={0,2})(?: .*)?$/gm;

/** A line of authorized_keys. `restrict`, of both dropbear and OpenSSH: no forwarding of anything, and no terminal. */
export function authorizedLine(
  { daemon, interfaces, memoryMib }: { daemon: string; interfaces: readonly string[]; memoryMib: number },
  publicKey: string,
): string {
  if (!PLAIN_PATH.test(daemon))
    throw new RingbackError(
      'usage',
      `beside: --daemon ${daemon} is no absolute path of letters, digits and ./_+-`,
    );
  const odd = interfaces.find((name) => !PLAIN_NAME.test(name));
  if (odd !== undefined)
    throw new RingbackError(
      'configuration',
      `fabric.interfaces: ${odd} has signs that a shell on the router would misread; give the interface another name there`,
    );
  const [, type, key] = PUBLIC_KEY.exec(publicKey.trim()) ?? [];
  if (type === undefined || key === undefined)
    throw new RingbackError('input', 'the public key is none of ssh-ed25519');
  const listening = interfaces.map((name) => `--interface ${name}`).join(' ');
  return `command="${daemon} --remote --memory ${memoryMib} ${listening}",restrict ${type} ${key} ringback`;
}

/**
 * For the shell of the router, busybox's too: enters the line in the place of an earlier one with the same key, and says the
 * router's own keys. OpenWrt's dropbear has root's keys elsewhere than all others.
 */
export function installScript(daemon: string, line: string): string {
  const key = line.split(' ').at(-2) ?? '';
  // All of them are plain: see authorizedLine.
  return `set -eu
daemon='${daemon}'
key='${key}'
line='${line}'
if [ ! -x "$daemon" ]; then
  echo "there is no $daemon on the router: install ringback-fabricd there, or say where it is with --daemon" >&2
  exit 3
fi
files=
if [ -f /etc/openwrt_release ]; then files=/etc/dropbear/authorized_keys; fi
if [ -z "$files" ] || [ -f /etc/ssh/sshd_config ]; then files="$files $HOME/.ssh/authorized_keys"; fi
umask 077
for file in $files; do
  mkdir -p "\${file%/*}"
  touch "$file"
  # A link stays one: what it leads to is what is written anew.
  if [ -L "$file" ]; then file=$(readlink -f "$file"); fi
  # 1: nothing else is in it. Anything more is an error, and what is there stays.
  grep -vF "$key" "$file" >"$file.new" || [ $? -eq 1 ] || { rm -f "$file.new"; exit 4; }
  printf '%s\\n' "$line" >>"$file.new"
  mv -f "$file.new" "$file"
  echo "entered $file"
done
for file in /etc/ssh/ssh_host_*_key.pub; do
  if [ -f "$file" ]; then sed 's/^/hostkey /' "$file"; fi
done
for file in /etc/dropbear/dropbear_*_host_key; do
  if [ -f "$file" ]; then dropbearkey -y -f "$file" | sed -n 's/^\\([a-z]*-[^ ]* [^ ]*\\).*/hostkey \\1/p'; fi
done
`;
}

/** What the script has said: the router's keys, and where the line was entered. */
export function readAnswer(answer: string): {
  readonly hostKeys: readonly string[];
  readonly files: readonly string[];
} {
  const hostKeys = [...answer.matchAll(HOST_KEY)].map(([, key = '']) => key);
  const files = [...answer.matchAll(/^entered (.+)$/gm)].map(([, file = '']) => file);
  return { hostKeys: [...new Set(hostKeys)], files };
}
