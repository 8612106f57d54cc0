/** The sections `hosts`, `population` and `traffic` of a scenario. */
import * as v from 'valibot';
import {
  byNames,
  choice,
  entry,
  isMapping,
  list,
  mapping,
  Refusal,
  type Shape,
  value,
} from '../../config/shape.ts';
import { flag, oneOf, port, wholeNumber } from '../../config/values.ts';
import { USUAL_ANSWERS, USUAL_BOOT } from './lab.ts';
import { addressList, names } from './network.ts';
import { name } from './script.ts';
import type { HostText, PopulationText, TrafficText } from './text.ts';
import { STACKS, type StackName } from './types.ts';
import { HOUR_US, MAX_US, moment, popularity, SECOND_US, share, span, time } from './values.ts';

const MAX_HOSTS = 1000;
const MAX_PEOPLE = 2_000_000;
const MAX_OF_A_PLAN = 65_535;
const MAX_CONNECTIONS = 100_000_000;

const ports = list(port, { allowed: 'a list of ports, as in [80, 443]', max: 64 });
const stack = oneOf(STACKS);

const host: Shape<HostText> = v.pipe(
  mapping({
    is: entry('How it tries as a client.', v.optional(stack), 'linux'),
    on: entry('Its network; needed for one that the lab does not have.', v.optional(name)),
    addresses: entry('Its addresses; needed for one that the lab does not have.', v.optional(addressList(2))),
    serves: entry('Ports on which it serves.', v.optional(ports), 'as in the lab: 80 of servers, 25 of mail'),
    answers: entry('How long a service takes to answer.', v.optional(span(HOUR_US)), '1ms..5ms'),
    boot: entry("From power to the services' answering.", v.optional(span(HOUR_US)), '8s..20s'),
    up: entry('Whether it is there at the beginning.', v.optional(flag, true)),
  }),
  v.transform((keys) => ({
    is: keys.is ?? null,
    on: keys.on ?? null,
    addresses: keys.addresses ?? null,
    serves: keys.serves ?? null,
    answers: keys.answers ?? null,
    boot: keys.boot ?? null,
    up: keys.up,
  })),
);
export const hosts = byNames(host, names('hosts', MAX_HOSTS));

/** Shares by name, which are all there is. */
function shares<const T extends string>(words: readonly T[], noun: string): Shape<ReadonlyMap<T, number>> {
  const all = mapping(
    Object.fromEntries(words.map((word) => [word, entry('So many.', v.optional(share))])),
  ) as unknown as Shape<Readonly<Record<T, number | undefined>>>;
  const total = (given: ReadonlyMap<T, number>): number =>
    [...given.values()].reduce((sum, one) => sum + Math.round(one * 1_000_000), 0);
  return v.pipe(
    all,
    v.transform(
      (keys) =>
        new Map(
          words.flatMap((word): [T, number][] => (keys[word] === undefined ? [] : [[word, keys[word]]])),
        ),
    ),
    v.check((given) => total(given) === 1_000_000, `does not add up to 100%; ${noun}`),
  );
}

const mailOfMany: Shape<string> = value({
  noun: 'a mail address of many',
  allowed: 'a mail address with {n} in it, which is the number, as in p{n}@example.jp',
  json: { type: 'string', pattern: '\\{n\\}' },
  read(input) {
    if (typeof input !== 'string' || !/^[^\s@]{1,60}@[A-Za-z0-9.-]{1,120}$/.test(input)) return undefined;
    return input.includes('{n}') ? input : new Refusal('lacks {n}: it would be one person');
  },
});

const people: Shape<PopulationText> = v.pipe(
  mapping({
    count: entry('How many.', wholeNumber('a number of people', 1, MAX_PEOPLE)),
    in: entry('Their network.', name),
    known: entry('So many of them have a known mail address.', v.optional(share, '0%')),
    mail: entry('It; {n} is the number.', v.optional(mailOfMany, 'p{n}@example.jp')),
    language: entry(
      'Of their mails.',
      v.optional(shares(['en', 'ja'], 'as in {en: 70%, ja: 30%}'), { en: '100%' }),
    ),
    is: entry(
      'How they try.',
      v.optional(shares<StackName>(STACKS, 'as in {chromium: 60%, apple: 40%}'), { linux: '100%' }),
    ),
    ip6: entry('So many of them use IPv6.', v.optional(share, '0%')),
    patience: entry('When they give up a try.', v.optional(span(HOUR_US)), '{median: 8s, p95: 60s}'),
    again: entry(
      'Whether they try again.',
      v.optional(
        mapping({
          after: entry('After how long.', span(MAX_US)),
          times: entry('How often at most.', v.optional(wholeNumber('a number of times', 0, 1000), 1)),
          chance: entry('So many of them, each time.', v.optional(share, '100%')),
        }),
      ),
      'no',
    ),
  }),
  v.transform(
    (keys): PopulationText => ({
      kind: 'people',
      count: keys.count,
      network: keys.in,
      known: keys.known,
      mail: keys.mail,
      languages: keys.language,
      stacks: keys.is,
      ip6: keys.ip6,
      patience: keys.patience ?? { kind: 'skewed', medianUs: 8 * SECOND_US, p95Us: 60 * SECOND_US },
      again: keys.again ?? { after: { kind: 'fixed', us: 0 }, times: 0, chance: 0 },
    }),
  ),
);

const servers: Shape<PopulationText> = v.pipe(
  mapping({
    count: entry('How many.', wholeNumber('a number of servers', 1, MAX_OF_A_PLAN)),
    in: entry('Their network, or networks that share a name.', name),
    serves: entry('Ports on which they serve; it is what makes them servers.', ports),
    boot: entry("From power to the services' answering.", v.optional(span(HOUR_US)), '8s..20s'),
    answers: entry('How long a service takes to answer.', v.optional(span(HOUR_US)), '1ms..5ms'),
  }),
  v.transform(
    (keys): PopulationText => ({
      kind: 'servers',
      count: keys.count,
      network: keys.in,
      serves: keys.serves,
      boot: keys.boot ?? USUAL_BOOT,
      answers: keys.answers ?? USUAL_ANSWERS,
    }),
  ),
);

export const population = byNames(
  choice<PopulationText>([people, servers], (input) =>
    isMapping(input) && Object.hasOwn(input, 'serves') ? servers : people,
  ),
  names('people and servers', 16),
);

const line: Shape<TrafficText> = v.pipe(
  mapping({
    from: entry('People, servers or a host, by name.', name),
    to: entry('Servers or a host, by name.', v.optional(name)),
    connections: entry('How many.', v.optional(wholeNumber('a number of connections', 1, MAX_CONNECTIONS))),
    day: entry('Spread evenly, or most of it by day.', v.optional(oneOf(['even', 'office']), 'even')),
    popularity: entry(
      'All servers alike, or by the law of Zipf with an exponent.',
      v.optional(popularity, 'even'),
    ),
    at: entry('From when.', v.optional(moment), 'the beginning'),
    for: entry('For how long.', v.optional(time(1, MAX_US)), 'to the end'),
    do: entry(
      'What they send of themselves, in the place of connections.',
      v.optional(
        list(oneOf(['ntp', 'syslog', 'dns']), { allowed: 'a list of ntp, syslog, dns', min: 1, max: 3 }),
      ),
    ),
  }),
  v.transform((keys) => ({
    from: keys.from,
    to: keys.to ?? null,
    connections: keys.connections ?? null,
    day: keys.day,
    popularity: keys.popularity,
    at: keys.at ?? null,
    forUs: keys.for ?? null,
    kinds: keys.do ?? null,
  })),
);
export const traffic = list(line, { allowed: 'a list of {from, to, connections}', max: 100 });
