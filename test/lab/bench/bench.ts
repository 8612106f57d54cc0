/** The lab's router on the bench: its two ports, and the emulator beside it on the machine that takes its mails. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { address, type Lab } from '../../../board/lab/lab.ts';

const MAIN = fileURLToPath(new URL('../../../host/cli/main.ts', import.meta.url));
const PORTS = { lan: 'blan0', wan: 'bwan0' } as const;

interface Result {
  readonly verdict: {
    readonly holds: boolean;
    readonly turnedAway: number;
    readonly told: number;
    readonly isAsked: boolean;
    readonly broken: string[];
  };
  readonly begun: number;
  readonly ends: Readonly<Record<'served' | 'refused' | 'unreachable' | 'gaveUp' | 'cut', number>>;
  readonly answeredMs: { readonly p50: number; readonly p99: number } | null;
  readonly sent: number;
  readonly received: number;
  readonly seconds: number;
  readonly lost: string;
}

async function done(lab: Lab, node: string, ...argv: readonly string[]): Promise<void> {
  const { code, stderr } = await lab.run(node, argv);
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
}

/** Two more cables, from the machine of mails to both switches; it has no address there, and says nothing itself. */
export async function cabled(lab: Lab): Promise<void> {
  for (const [bridge, port] of Object.entries(PORTS)) {
    const peer = ['peer', 'name', port, 'netns', `${lab.prefix}mail`];
    await done(lab, 'switch', 'ip', 'link', 'add', `bench-${bridge}`, 'type', 'veth', ...peer);
    await done(lab, 'switch', 'ip', 'link', 'set', `bench-${bridge}`, 'master', bridge, 'up');
    const quiet = `echo 1 >/proc/sys/net/ipv6/conf/${port}/disable_ipv6; echo 8 >/proc/sys/net/ipv4/conf/${port}/arp_ignore`;
    await done(lab, 'mail', 'sh', '-c', `${quiet}; ip link set ${port} up`);
  }
  await done(lab, 'router', 'ip', 'route', 'add', '10.0.0.0/13', 'via', '172.27.179.254');
  await done(lab, 'router', 'ip', 'route', 'add', '2001:db8:a::/48', 'via', '2001:db8:179::fe');
}

/** Plays the scenario to its end; with what the bench says of it. `status`: a command that asks the router. */
export async function benched(lab: Lab, text: string, status?: string): Promise<Result> {
  const file = `${lab.directory}/bench.yaml`;
  writeFileSync(file, text);
  const command = [process.execPath, '--import', 'tsx', MAIN, 'emulate', file];
  const on = ['--on', Object.values(PORTS).join(','), '--mail', `${address('mail')}:25`, '--json'];
  const asking = status === undefined ? [] : ['--router-status', status];
  const { code, stdout, stderr } = await lab.run('mail', [...command, ...on, ...asking]);
  if (stdout === '') throw new Error(`the bench ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as Result;
}
