/** What a step of a script does, in the words of the lab (`board/lab/act`): `try c151 s80`, `unplug s80`, `kill ringback`. */
import { nearest } from '../../config/nearest.ts';
import { Refusal, type Shape, value } from '../../config/shape.ts';
import { canonicalAddress, isVersion4 } from '../../net/address.ts';
import { canonicalMailAddress } from '../../net/mail-address.ts';
import type { Verb } from './types.ts';

/** A verb whose node is still to be drawn, or which stands for several. */
export type VerbText = Verb | { readonly verb: 'flap'; readonly node: string; readonly port: number | null };
/** In a step that says whom it may meet, the verb stands without its node. */
export const ANYBODY = '*';

const NAME = /^[a-z][a-z0-9-]{0,40}$/;
const RANGE = /^([a-z][a-z0-9-]*?-?)(\d{1,7})\.\.([a-z][a-z0-9-]*?-?)(\d{1,7})$/;
const MAX_RANGE = 10_000;
/** Programs of the router, which are no nodes. */
const PROGRAMS = ['ringback', 'fabricd'] as const;
const STATES = ['away', 'busy', 'refusing', 'well'] as const;

type Words = readonly string[];
/** The verbs that some words mean; undefined: none. */
type Read = (words: Words) => readonly VerbText[] | undefined | Refusal;

const isPort = (word: string | undefined): word is string =>
  word !== undefined && /^\d{1,5}$/.test(word) && Number(word) >= 1 && Number(word) <= 65_535;
const isName = (word: string | undefined): word is string => word !== undefined && NAME.test(word);

/** `server-1..server-4` are four. */
function nodesIn(word: string | undefined): readonly string[] | undefined | Refusal {
  if (word === undefined) return [ANYBODY];
  const [, stem, from, other, to] = RANGE.exec(word) ?? [];
  if (stem === undefined) return isName(word) ? [word] : undefined;
  const [first, last] = [Number(from), Number(to)];
  if (stem !== other || first > last) return undefined;
  if (last - first >= MAX_RANGE) return new Refusal(`are more than ${MAX_RANGE} nodes`);
  return Array.from({ length: last - first + 1 }, (_, index) => `${stem}${first + index}`);
}

function eachNode(word: string | undefined, verb: (node: string) => VerbText): ReturnType<Read> {
  const nodes = nodesIn(word);
  return nodes === undefined || nodes instanceof Refusal ? nodes : nodes.map(verb);
}

const ofNode =
  (verb: 'unplug' | 'plug' | 'revive' | 'freeze' | 'thaw' | 'forget' | 'announce'): Read =>
  ([node, more]) =>
    more === undefined ? eachNode(node, (one) => ({ verb, node: one })) : undefined;

const ofService =
  (verb: 'start' | 'stop' | 'flap'): Read =>
  ([node, port, more]) => {
    if (more !== undefined || (port !== undefined && !isPort(port))) return undefined;
    return eachNode(node, (one) => ({ verb, node: one, port: port === undefined ? null : Number(port) }));
  };

const ofWall =
  (verb: 'drop' | 'reset' | 'reject' | 'admit'): Read =>
  ([node, ...rest]) => {
    const client = isPort(rest[0]) ? null : (rest.shift() ?? null);
    const port = rest.shift();
    if (rest.length > 0 || (client !== null && !isName(client))) return undefined;
    if (port !== undefined && !isPort(port)) return undefined;
    return eachNode(node, (one) => ({
      verb,
      node: one,
      client,
      port: port === undefined ? null : Number(port),
    }));
  };

const ofNetwork =
  (verb: 'cut' | 'mend'): Read =>
  ([network, more]) =>
    network === undefined || more !== undefined
      ? undefined
      : eachNode(network, (one) => ({ verb, network: one }));

const ofStrangers =
  (verb: 'flood' | 'scan' | 'backscatter'): Read =>
  ([node, more]) =>
    more === undefined ? eachNode(node, (one) => ({ verb, node: one, rate: 0, forged: '' })) : undefined;

const ofPair =
  (verb: 'split' | 'heal', least: number): Read =>
  (nodes) =>
    nodes.length >= least && nodes.every(isName) ? [{ verb, nodes }] : undefined;

const isProgram = (word: string | undefined): word is (typeof PROGRAMS)[number] =>
  PROGRAMS.some((one) => one === word);

/** Of the router, or with a node behind it of the machine that it runs on. */
function programOf(verb: 'killProgram' | 'startProgram', [what, node, more]: Words): ReturnType<Read> {
  if (what === undefined || more !== undefined || (node !== undefined && !isName(node))) return undefined;
  return [{ verb, what: node ?? what }];
}

const tries: Read = ([client, asked = '', ...rest]) => {
  const address = canonicalAddress(asked);
  const server = address ?? asked;
  let version: 4 | 6 = address === null || isVersion4(address) ? 4 : 6;
  if (address === null && (rest[0] === '4' || rest[0] === '6')) version = rest.shift() === '4' ? 4 : 6;
  const port = rest.shift();
  if (rest.length > 0 || !isName(client) || !(address !== null || isName(server))) return undefined;
  if (port !== undefined && !isPort(port)) return undefined;
  // 0: the first one that is served there.
  return [{ verb: 'try', client, server, version, port: Number(port ?? 0), patienceUs: null }];
};

const answers: Read = ([client, server, said, version = '4', more]) => {
  if (more !== undefined || !isName(client) || !isName(server) || said === undefined) return undefined;
  if (version !== '4' && version !== '6') return undefined;
  const mail = said === 'no' ? null : canonicalMailAddress(said);
  if (mail === null && said !== 'no') return new Refusal('has no mail address, and no "no"');
  return [{ verb: 'answer', client, server, version: version === '4' ? 4 : 6, port: 0, mail }];
};

interface Grammar {
  readonly usage: string;
  readonly about: string;
  readonly read: Read;
}

export const GRAMMAR: Readonly<Record<string, Grammar>> = {
  try: {
    usage: 'try CLIENT SERVER|ADDRESS [4|6] [PORT]',
    about: 'Asks for a page there, as a person would.',
    read: tries,
  },
  answer: {
    usage: 'answer CLIENT SERVER MAIL|no [4|6]',
    about: "Who was shown the page in the server's place answers it: a notice to that mail address, or none.",
    read: answers,
  },
  unplug: {
    usage: 'unplug NODE',
    about: 'Takes the cable out: the machine is gone, ARP stays unanswered.',
    read: ofNode('unplug'),
  },
  plug: { usage: 'plug NODE', about: 'Puts the cable back.', read: ofNode('plug') },
  kill: {
    usage: 'kill NODE | kill ringback [NODE] | kill fabricd',
    about: 'A loss of power; or the program ends in the middle, on the router or on that machine.',
    read: (words) => {
      if (isProgram(words[0])) return programOf('killProgram', words);
      const [node, more] = words;
      return more === undefined ? eachNode(node, (one) => ({ verb: 'kill', node: one })) : undefined;
    },
  },
  revive: {
    usage: 'revive NODE',
    about: 'It has power again, and starts: its services answer when it has booted.',
    read: ofNode('revive'),
  },
  freeze: {
    usage: 'freeze NODE',
    about: 'It drops every IP packet in silence; ARP and neighbour discovery still answer.',
    read: ofNode('freeze'),
  },
  thaw: { usage: 'thaw NODE', about: 'It does so no more.', read: ofNode('thaw') },
  forget: {
    usage: 'forget NODE',
    about: "The router forgets the node's MAC address, as a quiet minute would make it.",
    read: ofNode('forget'),
  },
  announce: {
    usage: 'announce NODE',
    about: 'Gratuitous ARP, and an unsolicited neighbour advertisement.',
    read: ofNode('announce'),
  },
  start: {
    usage: 'start NODE [PORT] | start ringback [NODE] | start fabricd',
    about: 'The service listens, or all of the node; or the program starts again.',
    read: (words) => (isProgram(words[0]) ? programOf('startProgram', words) : ofService('start')(words)),
  },
  stop: {
    usage: 'stop NODE [PORT]',
    about: 'The port is closed, the machine lives.',
    read: ofService('stop'),
  },
  flap: {
    usage: 'flap NODE [PORT]',
    about: 'The cable, or the service, is gone and back again and again: needs every and for.',
    read: ofService('flap'),
  },
  notify: {
    usage: 'notify NODE [router|NODE]',
    about: 'An SNMP trap (coldStart) to the router, or to another machine.',
    read: ([node, to = 'router', more]) =>
      more === undefined && isName(to)
        ? eachNode(node, (one) => ({ verb: 'notify', node: one, to }))
        : undefined,
  },
  split: {
    usage: 'split NODE NODE',
    about: 'Neither hears the other any more; everybody else hears both.',
    read: ofPair('split', 2),
  },
  heal: { usage: 'heal [NODE NODE]', about: 'They do again; or all do.', read: ofPair('heal', 0) },
  drop: {
    usage: 'drop NODE [CLIENT] [PORT]',
    about: "A firewall before the node drops this client's packets in silence, or everybody's.",
    read: ofWall('drop'),
  },
  reset: {
    usage: 'reset NODE [CLIENT] [PORT]',
    about: 'The same, answering with RST.',
    read: ofWall('reset'),
  },
  reject: {
    usage: 'reject NODE [CLIENT] [PORT]',
    about: 'The same, answering with ICMP.',
    read: ofWall('reject'),
  },
  admit: {
    usage: 'admit NODE [CLIENT] [PORT]',
    about: 'That firewall lets pass again.',
    read: ofWall('admit'),
  },
  cut: {
    usage: 'cut NETWORK',
    about: 'The link of a whole network is cut.',
    read: ofNetwork('cut'),
  },
  mend: { usage: 'mend NETWORK', about: 'It is whole again.', read: ofNetwork('mend') },
  flood: {
    usage: 'flood NODE',
    about: 'Connection requests of people who are not there: needs rate, forged and for.',
    read: ofStrangers('flood'),
  },
  scan: {
    usage: 'scan NODE',
    about: "One stranger asks the node's network, address by address: needs rate, forged and for.",
    read: ofStrangers('scan'),
  },
  backscatter: {
    usage: 'backscatter NODE',
    about: 'Answers to what nobody has asked: needs rate, forged and for.',
    read: ofStrangers('backscatter'),
  },
  mail: {
    usage: 'mail away|busy|refusing|well',
    about: 'The mail server is away, is busy (4xx), refuses (5xx), or takes mails again.',
    read: ([state, more]) => {
      const is = STATES.find((one) => one === state);
      return is === undefined || more !== undefined ? undefined : [{ verb: 'mail', is }];
    },
  },
};

const ALLOWED = 'a verb and what it is about, as in "try c151 s80"; ringback emulate --help names the verbs';

export const verbs: Shape<readonly VerbText[]> = value<readonly VerbText[]>({
  noun: 'a step',
  allowed: ALLOWED,
  json: { type: 'string', pattern: `^(${Object.keys(GRAMMAR).join('|')})( |$)` },
  read(input) {
    if (typeof input !== 'string') return undefined;
    const [verb = '', ...words] = input.split(' ').filter((word) => word !== '');
    const grammar = Object.hasOwn(GRAMMAR, verb) ? GRAMMAR[verb] : undefined;
    if (grammar === undefined) {
      const near = nearest(verb, Object.keys(GRAMMAR));
      const there = near === null ? '' : ` (did you mean "${near}"?)`;
      return new Refusal(`begins with ${/^[a-z-]{1,20}$/i.test(verb) ? `"${verb}", ` : ''}no verb${there}`);
    }
    return grammar.read(words) ?? new Refusal(`is not ${grammar.usage}`);
  },
});

/** The machines that it is about. */
export function nodesOf(verb: VerbText): readonly string[] {
  switch (verb.verb) {
    case 'try':
    case 'answer':
      return [verb.client, verb.server];
    case 'split':
    case 'heal':
      return verb.nodes;
    case 'cut':
    case 'mend':
    case 'mail':
    case 'killProgram':
    case 'startProgram':
      return [];
    case 'notify':
      return verb.to === 'router' ? [verb.node] : [verb.node, verb.to];
    case 'drop':
    case 'reset':
    case 'reject':
    case 'admit':
      return verb.client === null ? [verb.node] : [verb.node, verb.client];
    default:
      return [verb.node];
  }
}
