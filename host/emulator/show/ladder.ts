/** A ladder diagram (ITU-T Z.120) of one story: a rung for each frame, client to router, router to server, and back; time runs down. */
import { type Html, html } from '../../page/html/html.ts';
import { bar, coordinate, drawing, label, shape, stroke, widthOf } from './chart.ts';
import { delayText } from './spoken.ts';
import type { StoryFrame, StoryNote, StoryPeople, WireStory } from './story.ts';

const WIDTH = 720;
const TIME = 64;
const CLIENT = 150;
const ROUTER = 400;
const SERVER = 650;
const TOP = 64;
const RUNG = 25;
const PAUSE = 34;
/** What is longer is a pause, whose length is said. */
const PAUSE_US = 400_000;
const MOMENT_US = 1000;
const ANSWERED_WITHIN_US = 300_000;
const MIN_REPEATED = 5;
const MAX_RUNGS = 90;
const LINE = { client: CLIENT, router: ROUTER, server: SERVER } as const;

type Rung = { readonly us: number; readonly order: number } & (
  | { readonly frame: StoryFrame; readonly note: null; times: number }
  | { readonly frame: null; readonly note: StoryNote }
);

/** null: there is no story to tell. */
export function drawLadder(story: WireStory, router: ReadonlySet<string>): Html | null {
  const { people } = story;
  if (people === null || story.frames.length === 0) return null;
  const rungs = rungsOf(story);
  const shown = rungs.slice(0, MAX_RUNGS);
  const parts: Html[] = [];
  let y = TOP;
  let lastUs = people.sinceUs;
  for (const rung of shown) {
    if (rung.us - lastUs > PAUSE_US) {
      parts.push(...pause(y, rung.us - lastUs));
      y += PAUSE;
    }
    lastUs = rung.us;
    y += RUNG;
    parts.push(label(TIME, y + 4, sinceText(rung.us - people.sinceUs), 'small end'));
    parts.push(
      rung.note === null
        ? frameOf(rung.frame, y, {
            people,
            router,
            isLost: isLost(rung.frame, story, people),
            times: rung.times,
          })
        : noteOf(rung.note, y),
    );
  }
  const left = rungs.length - shown.length;
  if (left > 0) {
    y += RUNG;
    parts.push(label(ROUTER, y + 4, `and ${left} more`, 'middle'));
  }
  const bottom = y + 22;
  const description = `What ${people.client.name}, the router and ${people.server.name} sent to each other, from the first SYN to the end of the story: ${rungs.length} frames and events.`;
  const lines = [CLIENT, ROUTER, SERVER].map((x) => stroke(x, TOP - 8, x, bottom, 'life'));
  return drawing(
    { id: 'ladder', title: 'One story, frame by frame', description, width: WIDTH, height: bottom + 8 },
    [...heads(people), ...lines, ...parts],
  );
}

/** Frames and notes in order; of frames alike in one moment there is one rung. */
function rungsOf({ frames, notes }: WireStory): Rung[] {
  const all: Rung[] = [
    ...frames.map((frame): Rung => ({ us: frame.us, order: frame.order, frame, note: null, times: 1 })),
    ...notes.map((note): Rung => ({ us: note.us, order: note.order, frame: null, note })),
  ];
  const rungs: Rung[] = [];
  for (const rung of all.sort((a, b) => a.order - b.order)) {
    const last = rungs.at(-1);
    if (last?.frame != null && rung.frame !== null && isAlike(last.frame, rung.frame)) last.times++;
    else rungs.push(rung);
  }
  return shortened(rungs);
}

/** What is sent again and again, with nothing between, is said once more and then counted. */
function shortened(rungs: readonly Rung[]): Rung[] {
  const short: Rung[] = [];
  for (let from = 0; from < rungs.length; ) {
    const first = rungs[from] as Rung;
    let to = from + 1;
    while (first.frame !== null && isSame(first.frame, rungs[to]?.frame)) to++;
    if (to - from < MIN_REPEATED) short.push(...rungs.slice(from, to));
    else {
      const last = rungs[to - 1] as Rung;
      const says = `${to - from - 2} more of these`;
      short.push(first, { ...last, frame: null, note: { ...last, at: 'router', says } }, last);
    }
    from = to;
  }
  return short;
}

function isSame(one: StoryFrame, other: StoryFrame | null | undefined): boolean {
  return other != null && one.says === other.says && one.from === other.from && one.isOut === other.isOut;
}

function isAlike(one: StoryFrame, other: StoryFrame): boolean {
  return isSame(one, other) && one.iface === other.iface && other.us - one.us < MOMENT_US;
}

function heads({ client, server }: StoryPeople): Html[] {
  const head = (x: number, name: string, address: string): Html[] => [
    label(x, 20, name, 'name middle'),
    label(x, 38, address, 'small middle'),
  ];
  return [
    ...head(CLIENT, client.mail ?? client.name, client.address),
    ...head(ROUTER, 'router', 'with ringback'),
    ...head(SERVER, server.name, server.address),
  ];
}

function sinceText(us: number): string {
  return us < 60_000_000 ? `${(Math.round(us / 1000) / 1000).toFixed(3)} s` : delayText(us);
}

function pause(y: number, us: number): Html[] {
  const middle = y + RUNG / 2 + PAUSE / 2;
  const gaps = [CLIENT, ROUTER, SERVER].map((x) =>
    bar({ x: x - 2, y: middle - 8, width: 4, height: 20 }, 'gap', null, 0),
  );
  return [...gaps, label(TIME, middle + 6, `+ ${delayText(us)}`, 'small end strong')];
}

function noteOf({ at, says }: StoryNote, y: number): Html {
  const width = widthOf(says, 12) + 20;
  const x = Math.min(Math.max(LINE[at] - width / 2, TIME + 8), WIDTH - width - 2);
  return html`${bar({ x, y: y - 10, width, height: 20 }, 'note', null, 10)}${label(x + width / 2, y + 4, says, 'middle ink')}`;
}

/** The server has not answered it in time. */
function isLost(asked: StoryFrame, { frames }: WireStory, { server }: StoryPeople): boolean {
  if (!asked.asks || !asked.isOut || asked.from === server.address) return false;
  if (asked.to !== server.address && asked.about !== server.address) return false;
  return !frames.some(
    ({ from, us, order }) =>
      from === server.address && order > asked.order && us - asked.us < ANSWERED_WITHIN_US,
  );
}

interface Around {
  readonly people: StoryPeople;
  readonly router: ReadonlySet<string>;
  /** Whether it gets nowhere. */
  readonly isLost: boolean;
  /** How many of them came together. */
  readonly times: number;
}

/** Which side it was on tells where it went; a frame that the router passed on is a rung on each. */
function frameOf(frame: StoryFrame, y: number, { people, router, isLost, times }: Around): Html {
  const { client, server } = people;
  const { from, to, about, says, tone, isOut } = frame;
  const isClients = from === client.address || to === client.address;
  const isServers =
    from === server.address || to === server.address || (about === server.address && !isClients);
  // Between the two, what comes in comes from its sender, and what goes out goes to its addressee.
  const isOnClientsSide = !isServers || (isClients && (isOut ? to : from) === client.address);
  const side = isOnClientsSide ? CLIENT : SERVER;
  const [start, end] = isOut || router.has(from) ? [ROUTER, side] : [side, ROUTER];
  const kind = tone === 'bad' ? 'bad' : about === null || tone === 'good' ? '' : 'quiet';
  const way = end > start ? 1 : -1;
  const tip = isLost ? start + (end - start) * 0.82 : end - way * 2;
  const line = stroke(start + way * 3, y, tip - way * 6, y, kind === 'quiet' ? 'quiet' : `go ${kind}`.trim());
  const head = isLost
    ? shape(`M${coordinate(tip - 4)} ${coordinate(y - 4)}l8 8m0 -8l-8 8`, 'cross')
    : shape(`M${coordinate(tip)} ${coordinate(y)}l${-9 * way} -4.5v9z`, `head ${kind}`.trim());
  const kindOfText = `small middle ink${kind === 'bad' ? ' alert' : ''}`;
  const said = times > 1 ? `${says} × ${times}` : says;
  const text = label((start + (isLost ? tip - 6 : end)) / 2, y - 5, said, kindOfText);
  return html`${line}${head}${text}`;
}
