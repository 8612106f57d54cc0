/** The networks that scenarios begin with: those of the lab (`board/lab/network`), with the same names and addresses. */
import type { AdapterPlan, HostPlan, Span } from './types.ts';
import { MILLISECOND_US } from './values.ts';

/** `lab`: clients, mail and station on the one side, servers on the other; `duplex`: nodes of a pair in the servers' place. */
export const LABS = ['lab', 'duplex'] as const;
export type LabName = (typeof LABS)[number];

/** The two links of the router. */
export const LINKS = [
  {
    name: 'lan',
    interface: 'lan0',
    prefixes: ['172.27.179.0/24', '2001:db8:179::/64'],
    router: ['172.27.179.1', '2001:db8:179::1'],
  },
  {
    name: 'wan',
    interface: 'wan0',
    prefixes: ['172.27.178.0/24', '2001:db8:178::/64'],
    router: ['172.27.178.1', '2001:db8:178::1'],
  },
] as const;

/** Of a web server near by. */
export const USUAL_ANSWERS: Span = { kind: 'between', fromUs: MILLISECOND_US, toUs: 5 * MILLISECOND_US };
export const USUAL_BOOT: Span = { kind: 'between', fromUs: 8_000_000, toUs: 20_000_000 };

const HTTP = 80;
const SMTP = 25;

function host(name: string, link: 'lan' | 'wan', part: number, serves: readonly number[] = []): HostPlan {
  const third = link === 'lan' ? 179 : 178;
  return {
    name,
    network: link,
    addresses: [`172.27.${third}.${part}`, `2001:db8:${third}::${part}`],
    adapters: [],
    stack: 'linux',
    serves,
    answers: USUAL_ANSWERS,
    boot: USUAL_BOOT,
    isUp: true,
  };
}

/** A machine of the duplex network: its own addresses are on the card that it talks by, the last one given with a host part below 80. */
function system(name: string, own: number, parts: readonly (number | null)[]): HostPlan {
  const adapters = parts.map((part, index): AdapterPlan => {
    const v4 = part === null ? [] : [`172.27.178.${part}`];
    return { name: `eth${index}`, addresses: part === own ? [...v4, `2001:db8:178::${part}`] : v4 };
  });
  return { ...host(name, 'wan', own, name === 'web' || name === 'shop' ? [HTTP] : []), adapters };
}

const clients = (last: number): HostPlan[] =>
  Array.from({ length: last - 149 }, (_, index) => host(`c${150 + index}`, 'lan', 150 + index));

export function hostsOf(lab: LabName): readonly HostPlan[] {
  const mail = host('mail', 'lan', 25, [SMTP]);
  if (lab === 'lab') {
    const servers = [80, 81, 82].map((part) => host(`s${part}`, 'wan', part, [HTTP]));
    return [...clients(159), mail, host('station', 'lan', 50), ...servers];
  }
  return [
    ...clients(152),
    mail,
    host('t21', 'wan', 21),
    host('t24', 'wan', 24),
    system('web', 11, [80, 81, 11]),
    system('shop', 12, [82, 12]),
    system('standby', 13, [13, null]),
    system('spare', 14, [14, null]),
  ];
}
