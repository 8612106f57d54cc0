/** Sets of ports: ascending pairs of the first and the last one of each stretch, with a gap before the next. */
export type PortSet = readonly number[];

export const NONE: PortSet = [];
export const ALL: PortSet = [0, 0xffff];

/** Of stretches in any order, which may overlap. */
export function portsOfAll(stretches: readonly (readonly [number, number])[]): PortSet {
  const all: number[] = [];
  for (const [first, last] of [...stretches].sort(([one], [other]) => one - other)) {
    const end = all.at(-1);
    if (end === undefined || first > end + 1) all.push(first, last);
    else all[all.length - 1] = Math.max(end, last);
  }
  return all;
}

export function either(one: PortSet, other: PortSet): PortSet {
  const [few, many] = one.length < other.length ? [one, other] : [other, one];
  if (many === ALL) return ALL;
  let all = many;
  for (const [first, last] of stretchesOf(few)) {
    const from = reaching(all, first - 1);
    let to = from;
    while (to < all.length && start(all, to) <= last + 1) to += 2;
    const joined =
      to === from ? [first, last] : [Math.min(first, start(all, from)), Math.max(last, start(all, to - 1))];
    all = all.slice(0, from).concat(joined, all.slice(to));
  }
  return all;
}

export function both(one: PortSet, other: PortSet): PortSet {
  if (one === ALL) return other;
  if (other === ALL) return one;
  const [few, many] = one.length < other.length ? [one, other] : [other, one];
  const all: number[] = [];
  for (const [first, last] of stretchesOf(few)) {
    for (let at = reaching(many, first); at < many.length && start(many, at) <= last; at += 2)
      all.push(Math.max(first, start(many, at)), Math.min(last, start(many, at + 1)));
  }
  return all;
}

export function without(one: PortSet, other: PortSet): PortSet {
  let left = one;
  for (const [first, last] of stretchesOf(other)) {
    const from = reaching(left, first);
    let to = from;
    while (to < left.length && start(left, to) <= last) to += 2;
    if (to === from) continue;
    const edges: number[] = [];
    if (start(left, from) < first) edges.push(start(left, from), first - 1);
    if (start(left, to - 1) > last) edges.push(last + 1, start(left, to - 1));
    left = left.slice(0, from).concat(edges, left.slice(to));
  }
  return left;
}

export function portCount(ports: PortSet): number {
  let count = 0;
  for (const [first, last] of stretchesOf(ports)) count += last - first + 1;
  return count;
}

export function* stretchesOf(ports: PortSet): Generator<readonly [number, number]> {
  for (let at = 0; at < ports.length; at += 2) yield [start(ports, at), start(ports, at + 1)];
}

function start(ports: PortSet, at: number): number {
  return ports[at] ?? 0;
}

/** Where the first stretch begins that ends at `port` or behind it. */
function reaching(ports: PortSet, port: number): number {
  let [low, high] = [0, ports.length / 2];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (start(ports, middle * 2 + 1) < port) low = middle + 1;
    else high = middle;
  }
  return low * 2;
}
