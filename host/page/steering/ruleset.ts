/** The nftables scripts that steer. Whatever stands in the sets has been checked before (`aliases.ts`). */

/** Where the aliases lie: RFC 2544's addresses for benchmarks, and a unique local prefix (RFC 4193). */
export const ALIASES_4 = '198.18.0.0/16';
export const ALIASES_6 = 'fd72:696e:6762:6163::/64';

/** The page's own table. */
export const OWN_TABLE = { family: 'inet', name: 'ringback', priority: -105 } as const;
export const TABLE = `${OWN_TABLE.family} ${OWN_TABLE.name}`;

export const SET_NAMES = ['targets4', 'targets6', 'pass4', 'pass6'] as const;

/**
 * Elements of the sets as nft writes them. `targets*`: `172.27.178.80 . 80` to `198.18.0.1 . 8480`; `pass*`:
 * addresses to the empty text.
 */
export type Contents = Readonly<Record<(typeof SET_NAMES)[number], ReadonlyMap<string, string>>>;

export const NOTHING: Contents = {
  targets4: new Map(),
  targets6: new Map(),
  pass4: new Map(),
  pass6: new Map(),
};

/** Also when there is none: `table` makes it, so that `delete` finds one. */
export const NO_TABLE = `table ${TABLE}
delete table ${TABLE}
`;

/**
 * A chain of type nat sees the first packet of a connection alone; conntrack remembers the rest. In front of the
 * usual place for destination NAT (`dstnat`, -100), because the first chain that translates decides.
 *
 * `lease` is the gate: without its elements nothing is translated, and they live for ten seconds. The time belongs to
 * the set, so that no way of saving a ruleset makes elements that stay. It is the kernel's own running time: clocks
 * that are set do not touch it, and a machine that sleeps does not use it up.
 *
 * `open*` are targets whose next new connection goes to the server itself. The limit of an element lets one packet
 * through on however many processors (a `delete @open4` would let all through that come at the same moment), and
 * none that is not a first SYN uses it up. `visitors*` are those who went that way within the last minute. There is
 * room for one at each target; where it is full, `add` fails, and with it the rule: the page answers.
 *
 * `trying*` are clients whose page tries the server itself. Who they are is known, for they have just got the page, and
 * what is sent in their name by others takes nothing from them: whatever they open goes to the server for so long. That
 * is over before anybody has read the page and answered its question.
 *
 * The chain of type filter keeps aliases in the machine: an answer that conntrack has lost sight of is not translated
 * back, and its client, who has never heard of that address, would reset the conversation. Dropped, it is sent again,
 * after a packet of the client has brought its connection back to conntrack.
 */
const EMPTY_TABLE = `${NO_TABLE}table ${TABLE} {
	set lease { type nf_proto; flags timeout; timeout 10s; }
	map targets4 { type ipv4_addr . inet_service : ipv4_addr . inet_service; }
	map targets6 { type ipv6_addr . inet_service : ipv6_addr . inet_service; }
	set pass4 { type ipv4_addr; }
	set pass6 { type ipv6_addr; }
	set open4 { type ipv4_addr . inet_service; flags timeout; timeout 10s; limit rate 1/day burst 1 packets; }
	set open6 { type ipv6_addr . inet_service; flags timeout; timeout 10s; limit rate 1/day burst 1 packets; }
	set visitors4 { type ipv4_addr . ipv4_addr . inet_service; flags dynamic, timeout; timeout 60s; size 65535; }
	set visitors6 { type ipv6_addr . ipv6_addr . inet_service; flags dynamic, timeout; timeout 60s; size 65535; }
	set trying4 { type ipv4_addr . ipv4_addr . inet_service; flags timeout; timeout 3s; }
	set trying6 { type ipv6_addr . ipv6_addr . inet_service; flags timeout; timeout 3s; }
	chain prerouting {
		type nat hook prerouting priority ${OWN_TABLE.priority}; policy accept;
		ip saddr @pass4 accept
		ip6 saddr @pass6 accept
		ip saddr . ip daddr . tcp dport @trying4 accept
		ip6 saddr . ip6 daddr . tcp dport @trying6 accept
		${letThroughRule('ip', 4)}
		${letThroughRule('ip6', 6)}
		meta nfproto @lease dnat ip to ip daddr . tcp dport map @targets4
		meta nfproto @lease dnat ip6 to ip6 daddr . tcp dport map @targets6
	}
	chain output {
		type filter hook output priority filter; policy accept;
		ip saddr ${ALIASES_4} ct state invalid,new,untracked drop
		ip6 saddr ${ALIASES_6} ct state invalid,new,untracked drop
	}
}
`;

function letThroughRule(ip: 'ip' | 'ip6', version: 4 | 6): string {
  const target = `${ip} daddr . tcp dport`;
  const visitor = `${ip} saddr . ${target}`;
  return (
    `tcp flags & (fin | syn | rst | ack) == syn ${visitor} != @visitors${version} ` +
    `${target} @open${version} add @visitors${version} { ${visitor} } accept`
  );
}

/** An IP version as nft names it. */
export type Protocol = 'ipv4' | 'ipv6';

/**
 * Opens the gate for these IP versions, or keeps it open, and closes it for others. (`add` alone leaves an element that
 * is there the time that it had.)
 */
export function renewal(protocols: readonly Protocol[]): string {
  const close = `flush set ${TABLE} lease\n`;
  if (protocols.length === 0) return close;
  return `${close}add element ${TABLE} lease { ${protocols.join(', ')} }\n`;
}

/** One transaction: the table anew with these contents, whatever was in one of this name. */
export function wholeTable(contents: Contents): string {
  return EMPTY_TABLE + difference(NOTHING, contents);
}

/** One transaction that leads from the one to the other; the empty text when they are the same. */
export function difference(from: Contents, to: Contents): string {
  let script = '';
  for (const name of SET_NAMES) {
    const gone: string[] = [];
    const added: string[] = [];
    for (const [key, value] of from[name]) if (to[name].get(key) !== value) gone.push(key);
    for (const [key, value] of to[name]) if (from[name].get(key) !== value) added.push(element(key, value));
    if (gone.length > 0) script += `delete element ${TABLE} ${name} { ${gone.join(', ')} }\n`;
    if (added.length > 0) script += `add element ${TABLE} ${name} { ${added.join(', ')} }\n`;
  }
  return script;
}

/** One that is there is deleted in between, for `add` alone leaves it the time that it had. */
function anew(set: string, elements: string): string {
  return ['add', 'delete', 'add']
    .map((change) => `${change} element ${TABLE} ${set} { ${elements} }\n`)
    .join('');
}

/**
 * Lets the next new connection to each of these targets through, if it is in `contents`, but none of the clients that are
 * named with it; the empty text when none is. Each has one from now on, whether or not an earlier one was used, and is
 * closed to those for a whole minute, whenever they came first.
 */
export function opening(openings: ReadonlyMap<string, readonly string[]>, contents: Contents): string {
  let script = '';
  for (const version of [4, 6] as const) {
    const steered = [...openings].filter(([name]) => contents[`targets${version}`].has(name));
    const open = steered.map(([name]) => name);
    if (open.length === 0) continue;
    const visitors = steered.flatMap(([name, others]) => others.map((client) => `${client} . ${name}`));
    if (visitors.length > 0) script += anew(`visitors${version}`, visitors.join(', '));
    script += anew(`open${version}`, open.join(', '));
  }
  return script;
}

/**
 * Lets whatever this client opens to a target through, if it is in `contents`, for as long as the set says; the empty
 * text when there is none.
 */
export function trying(tries: ReadonlyMap<string, string>, contents: Contents): string {
  let script = '';
  for (const version of [4, 6] as const) {
    const steered = [...tries].filter(([name]) => contents[`targets${version}`].has(name));
    if (steered.length === 0) continue;
    const elements = steered.map(([name, client]) => `${client} . ${name}`);
    script += `add element ${TABLE} trying${version} { ${elements.join(', ')} }\n`;
  }
  return script;
}

function element(key: string, value: string): string {
  return value === '' ? key : `${key} : ${value}`;
}
