/** Which keys of a step go together. */
import type { Add, Path } from '../../config/contradictions.ts';
import type { StepText } from './text.ts';
import { ANYBODY, nodesOf, type VerbText } from './verbs.ts';

/** What has a contrary, which `for` asks for. */
const HAS_CONTRARY = new Set<VerbText['verb']>([
  ...([
    'unplug',
    'kill',
    'freeze',
    'stop',
    'split',
    'drop',
    'reset',
    'reject',
    'cut',
    'killProgram',
  ] as const),
  ...(['mail', 'flood', 'scan', 'backscatter', 'flap'] as const),
]);
const STRANGERS = new Set<VerbText['verb']>(['flood', 'scan', 'backscatter']);
/** What does not fit to the verbs, or to another key. */
export function keysThatDoNotFit(step: StepText, path: Path, add: Add): void {
  const does = (names: ReadonlySet<string>): boolean => step.verbs.some(({ verb }) => names.has(verb));
  if (step.forUs !== null && step.backUs !== null)
    add([...path, 'back'], 'stands beside for, which is the same; keep one of them');
  const lasts = step.forUs ?? step.backUs;
  if (lasts !== null && !does(HAS_CONTRARY))
    add(
      [...path, step.forUs === null ? 'back' : 'for'],
      'is of no use: nothing of do has an end; leave it away',
    );
  const strange = does(STRANGERS);
  if (strange && lasts === null) add([...path, 'for'], 'is missing; a flood has an end, as in 2m');
  for (const key of ['rate', 'forged'] as const) {
    if (strange && step[key] === null)
      add(
        [...path, key],
        `is missing; ${key === 'rate' ? 'so many a second, as in 20000/s' : 'a network, as in 198.18.0.0/15'}`,
      );
    if (!strange && step[key] !== null)
      add([...path, key], 'belongs to flood, scan and backscatter; leave it away');
  }
  const flaps = step.verbs.some(({ verb }) => verb === 'flap');
  if (flaps && (step.everyUs === null || lasts === null))
    add(
      [...path, step.everyUs === null ? 'every' : 'for'],
      'is missing; flap needs every and for, as in every: 20s, for: 10m',
    );
  if (!flaps && step.everyUs !== null) add([...path, 'every'], 'belongs to flap; leave it away');
  const tries = step.verbs.some(({ verb }) => verb === 'try');
  for (const key of ['expect', 'patience'] as const) {
    const given = key === 'expect' ? step.expect : step.patienceUs;
    if (!tries && given !== null) add([...path, key], 'belongs to try; leave it away');
  }
  if (step.within !== null && step.expect === null)
    add([...path, 'within'], 'belongs to expect; say what is expected, or leave it away');
  const drawn = step.verbs.some((verb) => nodesOf(verb).includes(ANYBODY));
  if (step.any === null && drawn)
    add([...path, 'do'], 'has no node; say which, or whom it may meet: any: servers');
  if (step.any !== null && !drawn) add([...path, 'any'], 'stands beside a node in do; keep one of them');
  if (step.at === null && step.times === null)
    add([...path, 'at'], 'is missing; when, as in 5s or 16:00, or times: 10 for moments by chance');
}
