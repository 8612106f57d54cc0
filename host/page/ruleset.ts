/** The nftables scripts that steer. Whatever stands in the sets has been checked before (`aliases.ts`). */

const SET_NAMES = ['targets4', 'targets6', 'pass4', 'pass6'] as const;

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
export const NO_TABLE = `table inet ringback
delete table inet ringback
`;

/**
 * A chain of type nat sees the first packet of a connection alone; conntrack remembers the rest. In front of the
 * usual place for destination NAT, because the first chain that translates decides.
 */
const EMPTY_TABLE = `${NO_TABLE}table inet ringback {
	map targets4 { type ipv4_addr . inet_service : ipv4_addr . inet_service; }
	map targets6 { type ipv6_addr . inet_service : ipv6_addr . inet_service; }
	set pass4 { type ipv4_addr; }
	set pass6 { type ipv6_addr; }
	chain prerouting {
		type nat hook prerouting priority dstnat - 5; policy accept;
		ip saddr @pass4 accept
		ip6 saddr @pass6 accept
		dnat ip to ip daddr . tcp dport map @targets4
		dnat ip6 to ip6 daddr . tcp dport map @targets6
	}
}
`;

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
    if (gone.length > 0) script += `delete element inet ringback ${name} { ${gone.join(', ')} }\n`;
    if (added.length > 0) script += `add element inet ringback ${name} { ${added.join(', ')} }\n`;
  }
  return script;
}

/**
 * A transaction that changes nothing, and fails when the table is gone: one target is added that is there. The
 * empty text when there is none. (`nft list tables` reads every element first, seconds in a large table.)
 */
export function touch(contents: Contents): string {
  for (const name of ['targets4', 'targets6'] as const) {
    for (const [key, value] of contents[name]) {
      return `add element inet ringback ${name} { ${element(key, value)} }\n`;
    }
  }
  return '';
}

function element(key: string, value: string): string {
  return value === '' ? key : `${key} : ${value}`;
}
