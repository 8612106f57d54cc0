/** What the promises come to after a story of a place. */
import type { PromiseName } from '../../../host/emulator/truth/promise.ts';
import { type Measures, Promises } from '../../../host/emulator/truth/promises.ts';
import { parseRouterConfiguration } from '../../host/config/parsed.ts';
import { OTHER, Place, S80, SATO, SECURE, STRANGER, WEB } from './place.ts';

export const NOTHING: Measures = { frames: null, verdicts: null, memory: null, clients: null };
export const SATO_MAIL = 'sato@example.jp';

interface Judged {
  readonly broken: readonly PromiseName[];
  readonly excuses: readonly string[];
  readonly sentences: readonly string[];
}

/** What comes of it when nothing more happens until so many seconds. */
export function judge(
  story: (place: Place, promises: Promises) => unknown,
  {
    more = '',
    untilS = 600,
    measures = NOTHING,
  }: { more?: string; untilS?: number; measures?: Measures } = {},
): Judged {
  const place = new Place();
  const text = `
detect: {watch: [172.27.176.0/21]}
fabric: {socket: /fabric.sock}
smtp: {host: 127.0.0.1, from: ringback@router.example}
clients: [{address: 172.27.179.151, mail: sato@example.jp}]
${more}
`;
  const promises = new Promises({
    ...{ ledger: place.ledger, configuration: parseRouterConfiguration(text, 'test.yaml') },
    ...{ isLossy: false, mailboxUs: 0 },
  });
  // Everybody is served first: the services are known.
  for (const service of [WEB, SECURE, OTHER]) place.at(1).tried(STRANGER, service, 'served');
  story(place, promises);
  const results = promises.finish(place.at(untilS).nowUs, measures);
  return {
    broken: results.filter(({ broken }) => broken > 0).map(({ promise }) => promise),
    excuses: results.flatMap(({ excuses }) => excuses.map(({ why }) => why)),
    sentences: results.flatMap(({ breaches }) => breaches.map(({ sentence }) => sentence)),
  };
}

/** Sato is refused at 20 s, and the service is back at 60 s. */
export const outage = (place: Place): Place =>
  place.at(10).down(WEB).at(20).tried(SATO, WEB, 'refused').noted(SATO, S80, 80).at(21).opened(S80, 80);
export const recovered = (place: Place): Place => outage(place).at(60).up(WEB).at(70).closed(S80, 80);
export const told = (place: Place): Place => recovered(place).mailed(SATO_MAIL, S80);
/** Nobody was served anywhere before. */
export function judgeUnknown(
  story: (place: Place) => unknown,
  measures: Measures = NOTHING,
): Pick<Judged, 'broken' | 'excuses'> {
  const place = new Place();
  const text = 'detect: {watch: [172.27.176.0/21]}\nfabric: {socket: /fabric.sock}\n';
  const configuration = parseRouterConfiguration(text, 'test.yaml');
  const promises = new Promises({ ledger: place.ledger, configuration, isLossy: false, mailboxUs: 0 });
  story(place.at(1));
  const results = promises.finish(place.at(600).nowUs, measures);
  return {
    broken: results.filter(({ broken }) => broken > 0).map(({ promise }) => promise),
    excuses: results.flatMap(({ excuses }) => excuses.map(({ why }) => why)),
  };
}

/** With `detect.refused` off. */
export function judgeWith(story: (place: Place) => unknown): Judged {
  const place = new Place();
  const text = 'detect: {watch: [172.27.176.0/21], refused: false}\nfabric: {socket: /fabric.sock}\n';
  const configuration = parseRouterConfiguration(text, 'test.yaml');
  const promises = new Promises({ ledger: place.ledger, configuration, isLossy: false, mailboxUs: 0 });
  place.at(1).tried(STRANGER, WEB, 'served');
  story(place);
  const results = promises.finish(place.at(600).nowUs, NOTHING);
  return {
    broken: results.filter(({ broken }) => broken > 0).map(({ promise }) => promise),
    excuses: results.flatMap(({ excuses }) => excuses.map(({ why }) => why)),
    sentences: [],
  };
}
