/** A scenario file: its keys, each for itself; what they mean to each other is for `build.ts`. */
import * as v from 'valibot';
import { relaySchema } from '../../config/relay/schema.ts';
import type { RelayConfiguration } from '../../config/relay/types.ts';
import { routerSchema } from '../../config/router/schema.ts';
import { orNone } from '../../config/sections.ts';
import { byNames, choice, entry, isMapping, list, mapping, type Shape } from '../../config/shape.ts';
import { takeoverSchema } from '../../config/takeover/schema.ts';
import type { TakeoverConfiguration } from '../../config/takeover/types.ts';
import type { RouterConfiguration } from '../../config/types.ts';
import { line, oneOf, wholeNumber } from '../../config/values.ts';
import type { Limits } from '../../fabric/sizes.ts';
import { momentOf, start, zone } from './clock.ts';
import { expectations } from './expectations.ts';
import { LINKS } from './lab.ts';
import { network } from './network.ts';
import { hosts, population, traffic } from './population.ts';
import { script } from './script.ts';
import type { ScenarioText } from './text.ts';
import { DAY_US, MAX_US, time } from './values.ts';

export const MAX_SEED = 4_294_967_295;
const NAME = /^[a-z][a-z0-9-]{0,39}$/;
const SMTP = { host: '172.27.179.25', from: 'ringback@router.example' };
const POP = { host: '172.27.179.25', user: 'relay', password: 'relay' };

type Section = Readonly<Record<string, unknown>>;

/** What is not said is as the lab has it; what is no mapping is refused where it is read. */
const filled = (given: unknown, usual: Section): unknown =>
  isMapping(given) ? { ...usual, ...given } : given;

function usualRouter(input: unknown): unknown {
  if (!isMapping(input)) return input;
  const { fabric = {}, detect = {} } = input;
  return {
    state: false,
    smtp: SMTP,
    ...input,
    fabric: filled(fabric, { interfaces: LINKS.map((one) => one.interface) }),
    detect: filled(detect, { watch: LINKS[1].prefixes }),
  };
}

function usualRelay(input: unknown): unknown {
  if (!isMapping(input)) return input;
  const { relay = {} } = input;
  const inner = isMapping(relay) ? { ...relay, pop: filled(relay.pop ?? {}, POP) } : relay;
  return { state: false, smtp: SMTP, ...input, relay: inner };
}

/** A file of another command, as it stands in a scenario. */
const within = <T>(noun: string, schema: Shape<T>, usual: (input: unknown) => unknown): Shape<T> =>
  v.pipe(
    v.unknown(),
    v.transform(usual),
    schema,
    v.description(`its keys, as in ${noun.replace('a configuration', 'the file')}`),
    v.metadata({ form: { kind: 'value', noun, json: { type: 'object' }, file: schema } }),
  );

const router = (limits: Limits): Shape<RouterConfiguration> =>
  within('a configuration of ringback run', routerSchema(limits), usualRouter);
const relay: Shape<RelayConfiguration> = within('a configuration of ringback relay', relaySchema, usualRelay);
const takeover: Shape<TakeoverConfiguration> = within(
  'a configuration of ringback takeover',
  takeoverSchema,
  (input) => input,
);
const onHosts = (what: string) => ({ name: NAME, allowed: `${what} by the name of the host`, max: 64 });

const START = '2026-11-29 09:00:00';
const ZONE = 'Asia/Tokyo';

const MAX_FRAME_FILES = 16;
const frameFile = line('the path of a capture', 1024);
const frameFiles = list(frameFile, {
  allowed: 'paths of captures, as in [lan.pcapng, wan.pcapng]',
  max: MAX_FRAME_FILES,
});
const oneFrameFile: Shape<readonly string[]> = v.pipe(
  frameFile,
  v.transform((file) => [file]),
);
const frames: Shape<readonly string[]> = choice<readonly string[]>([oneFrameFile, frameFiles], (input) =>
  Array.isArray(input) ? frameFiles : oneFrameFile,
);

const clock = v.pipe(
  mapping({
    start: entry("What people's clocks show at the beginning.", v.optional(start, START)),
    zone: entry('Where those clocks are.', v.optional(zone, ZONE)),
  }),
  v.transform((keys) => ({
    startMs: momentOf(keys.zone, keys.start),
    ofDayUs: (keys.start * 1000) % DAY_US,
    zone: keys.zone,
  })),
);

export const scenarioSchema = (limits: Limits): Shape<ScenarioText> =>
  v.pipe(
    mapping({
      scenario: entry('The version of this format: 1.', wholeNumber('a version known here', 1, 1)),
      title: entry('What it shows, in a sentence.', line('a title', 200)),
      seed: entry('What chance begins with.', v.optional(wholeNumber('a seed', 0, MAX_SEED), 1)),
      clock: entry('When it begins.', v.optional(clock, {})),
      for: entry('How long it lasts.', time(1000, MAX_US)),
      router: entry(
        'The configuration of the router, as in ringback.yaml; fabric.interfaces, detect.watch and smtp are as in the lab if they are not given. false: no router.',
        v.optional(orNone(router(limits)), {}),
      ),
      relays: entry(
        'Configurations of relays, by the host that each runs on.',
        v.optional(byNames(relay, onHosts('relays')), {}),
      ),
      takeover: entry(
        'Configurations of the nodes of a pair, by the host that each is.',
        v.optional(byNames(takeover, onHosts('nodes')), {}),
      ),
      network: entry(
        'Networks, wires, and which machines are there: lab or duplex.',
        v.optional(network, 'lab'),
      ),
      hosts: entry('Machines, which are added, or changed.', v.optional(hosts, {})),
      population: entry('People and servers in any number.', v.optional(population, {})),
      traffic: entry('What goes on all the time.', v.optional(traffic, [])),
      frames: entry(
        'Captures whose very frames the router hears, at their time: paths, from the directory of this file on. Whoever tries in them tries in this world.',
        v.optional(frames, []),
      ),
      script: entry('What happens, and when.', v.optional(script, [])),
      expect: entry(
        'What must have come true at the end, beside the promises.',
        v.optional(expectations, []),
      ),
      kernel: entry(
        'Kernels as they are on real wires, or as a network of namespaces has them.',
        v.optional(oneOf(['real', 'lab']), 'real'),
      ),
    }),
    v.transform((keys) => ({
      title: keys.title,
      seed: keys.seed,
      clock: keys.clock,
      endUs: keys.for,
      router: keys.router,
      relays: keys.relays,
      takeover: keys.takeover,
      network: keys.network,
      hosts: keys.hosts,
      population: keys.population,
      traffic: keys.traffic,
      frames: keys.frames,
      script: keys.script,
      expect: keys.expect,
      kernel: keys.kernel,
    })),
  );
