/** Rules that chance has written: chains that call each other, with conditions of all kinds before whatever ends a packet's way. */

const CONDITIONS = [
  'iifname "wan"',
  'iifname != "lan"',
  'iifname { "wan", "dmz" }',
  'ip daddr 203.0.113.5',
  'ip daddr != 203.0.113.1',
  'ip daddr { 203.0.113.1, 192.168.1.1, 198.51.100.7 }',
  'ip daddr 203.0.113.0/24',
  'ip saddr 203.0.113.50',
  'ip saddr != { 203.0.113.51, 192.168.1.51 }',
  'meta nfproto ipv4',
  'fib daddr type local',
  'ct state new',
  'meta mark 0',
  'ip ttl > 1',
  '',
];
const PORTS = [
  '80',
  '443',
  '8080',
  '8000-8010',
  '{ 80, 8080 }',
  '!= 8080',
  '< 8080',
  '> 8010',
  '8080-8081',
  '9000-9005',
];
const ENDS = [
  'accept',
  'return',
  'drop',
  'redirect to :22',
  'jump one',
  'jump two',
  'goto two',
  'counter',
  'continue',
  'meta mark set 1',
];
const REALS = ['10.0.0.80', '10.0.0.80:80', '10.0.0.81:80', '10.0.0.80:8000-8010', '10.0.0.80-10.0.0.81'];

/** As chance has it, which gives numbers from 0 to 1. */
export function randomRules(next: () => number): string {
  const one = <T>(all: readonly T[]): T => all[Math.floor(next() * all.length)] as T;
  const rule = (ends: readonly string[]): string => {
    const conditions = [one(CONDITIONS), ...(next() < 0.3 ? [one(CONDITIONS)] : [])].join(' ');
    if (next() < 0.5) return `${conditions} tcp dport ${one(PORTS)} dnat ip to ${one(REALS)}`;
    const end = one(ends);
    if (end === 'vmap')
      return `${conditions} tcp dport vmap { 80 : accept, 443 : jump two, 8000-8100 : return, 8080 : drop }`.replace(
        ', 8080 : drop',
        '',
      );
    return `${conditions} ${next() < 0.7 || end.startsWith('redirect') ? `tcp dport ${one(PORTS)}` : ''} ${end}`;
  };
  const rules = (count: number, ends: readonly string[]): string =>
    Array.from({ length: Math.floor(next() * count) + 1 }, () => rule(ends)).join('\n');
  const later = ENDS.filter((end) => !end.includes('one'));
  const last = later.filter((end) => !end.includes('two'));
  return `table inet nat {
    chain two {
      ${rules(3, last)}
    }
    chain one {
      ${rules(3, [...later, 'vmap'])}
    }
    chain pre {
      type nat hook prerouting priority dstnat;
      ${rules(6, [...ENDS, 'vmap'])}
    }
  }
  table inet other {
    chain pre {
      type nat hook prerouting priority ${one(['-150', 'dstnat', '0'])};
      ${rules(2, last)}
    }
  }`;
}
