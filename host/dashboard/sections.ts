/** The sections of the page: what is so, in words of a language. All that comes from others is escaped by `html`. */

import type { NoticeRecord, PastOutageRecord } from '../control/records.ts';
import { dateText } from '../control/records-text.ts';
import { HOUR_MS } from '../net/duration.ts';
import { isOfDatagrams, numberOnWire } from '../net/target.ts';
import { type Html, html, shortened } from '../page/html/html.ts';
import { type DaySpan, dayChart, monthChart } from './charts.ts';
import type { Past } from './past.ts';
import type { Scene, SeenOutage } from './watched.ts';
import { lastedIn, type Words } from './words.ts';

/** A reason is a line; a mail server may say more. */
const MAX_REASON = 200;
const MAX_NAME = 60;
const MAX_UNTOLD = 12;

interface View {
  readonly words: Words;
  readonly scene: Scene;
  readonly past: Past;
  /** Of the wall clock; null: nobody knows. */
  readonly now: Date | null;
  /** Whether people are named. */
  readonly isNamed: boolean;
  readonly nameOf: (server: string) => string | null;
}

export type SectionName = 'summary' | 'down' | 'notices' | 'day' | 'month' | 'untold' | 'router';

/** In the order of the page; each is what stands within its element. */
export function sectionsOf(view: View): Readonly<Record<SectionName, Html>> {
  return {
    summary: summary(view),
    down: down(view),
    notices: notices(view),
    day: day(view),
    month: html`<h2>${view.words.headings.month}</h2>${monthChart(view.words, view.past.days)}`,
    untold: untold(view),
    router: router(view),
  };
}

function summary({ words, scene }: View): Html {
  const { outages, unnamed } = scene;
  const count = outages.length + unnamed.outages;
  const waiting = outages.reduce((total, outage) => total + outage.waiting, unnamed.waiting);
  if (count === 0) return html`<p class="good"><span aria-hidden="true">✓</span> ${words.allUp}</p>`;
  return html`<p class="bad"><span aria-hidden="true">✕</span> ${words.down(count)} ${words.waiting(waiting)}</p>`;
}

type Placed = Pick<SeenOutage, 'server' | 'port' | 'protocol'>;

/** What people call it, with its address. */
function placeOf({ words, nameOf }: View, { server, port, protocol }: Placed): string {
  const name = nameOf(server);
  const called = name === null ? server : `${shortened(name, MAX_NAME)} (${server})`;
  if (port === 0) return called;
  return `${called} ${words.port(protocol === undefined ? String(port) : `${port}/${protocol}`)}`;
}

function time(words: Words, iso: string | null): Html {
  return iso === null ? html`${words.unknownTime}` : html`<time datetime="${iso}">${dateText(iso)}</time>`;
}

/** A sentence with a time in it. */
function sinceText({ words, now }: View, iso: string | null): Html {
  if (iso === null || now === null) return html`${words.unknownTime}`;
  const lasted = lastedIn(words, now.getTime() - Date.parse(iso));
  return html`<time datetime="${iso}">${words.since(dateText(iso), lasted)}</time>`;
}

function down(view: View): Html {
  const { words, scene } = view;
  const { outages, suspicions, short, unnamed } = scene;
  return html`
    <h2 id="down-heading" tabindex="-1">${words.headings.down}</h2>
    ${outages.length === 0 ? html`<p>${words.allUp}</p>` : list(view, outages)}
    ${unnamed.outages > 0 ? html`<p class="soft">${words.more(unnamed.outages)}</p>` : null}
    ${suspicions.length === 0 ? null : html`<h3>${words.headings.suspicions}</h3>${list(view, suspicions)}`}
    ${short.length === 0 ? null : html`<h3>${words.headings.short}</h3>${list(view, short)}`}`;
}

function list(view: View, outages: readonly SeenOutage[]): Html {
  return html`<ul class="cards">${outages.map((outage) => card(view, outage))}</ul>`;
}

function card(view: View, outage: SeenOutage): Html {
  const { words, isNamed } = view;
  const { server, port, cause, from, waiting, clients } = outage;
  const left = waiting - clients.length;
  return html`
    <li>
    <p><strong><bdi>${placeOf(view, outage)}</bdi></strong></p>
    <p>${words.causes[cause] ?? cause}, ${sinceText(view, from)}</p>
    ${
      !isNamed || clients.length === 0
        ? html`<p>${words.who(waiting)}</p>`
        : html`
          <details id="${`who-${server}-${port}`}"><summary>${words.who(waiting)}</summary>
          <ul>
          ${clients.map(({ client, last, tries }) => html`<li>${client}: ${words.tries(tries, dateText(last))}</li>`)}
          ${left > 0 ? html`<li>${words.more(left)}</li>` : null}
          </ul></details>`
    }
    </li>`;
}

function notices(view: View): Html {
  const { words, scene } = view;
  const { pending, sent, failed } = scene.notices;
  const left = pending - scene.pending.length;
  return html`
    <h2>${words.headings.notices}</h2>
    <p>${words.mails(pending, sent, failed)}</p>
    ${scene.pending.length === 0 ? html`<p>${words.noNotices}</p>` : html`<ul class="cards">${scene.pending.map((notice) => noticeCard(view, notice))}</ul>`}
    ${left > 0 ? html`<p class="soft">${words.more(left)}</p>` : null}`;
}

function noticeCard(view: View, notice: NoticeRecord): Html {
  const { words, isNamed } = view;
  const { id, mail, tries, nextInSeconds, beingSent, servers } = notice;
  const next =
    beingSent || nextInSeconds === null
      ? words.underWay
      : nextInSeconds === 0
        ? words.now
        : words.next(lastedIn(words, nextInSeconds * 1000));
  return html`
    <li>
    <p><strong>${words.notice(id)}</strong>${isNamed ? html` <bdi>${mail}</bdi>` : null}</p>
    <p>${servers.slice(0, 3).map((server) => html`<bdi>${placeOf(view, { server, port: 0 })}</bdi> `)}</p>
    <p>${next}${tries > 0 ? html`, ${words.failedTries(tries)}: ${reasonOf(view, notice)}` : null}</p>
    </li>`;
}

/** A mail server repeats to whom it does not deliver. */
function reasonOf({ words, isNamed }: View, { reason }: Pick<NoticeRecord, 'reason'>): string {
  if (reason === null) return words.noReason;
  const said = shortened(reason, MAX_REASON);
  return isNamed ? said : said.replace(/[^\s<>"(]+[@＠][^\s<>")]+/g, '…');
}

function day(view: View): Html {
  const { words, scene, past, now } = view;
  const on = scene.outages.map((outage): DaySpan => {
    const { from } = outage;
    const fromAgoMs = from === null || now === null ? HOUR_MS : now.getTime() - Date.parse(from);
    return { place: placeOf(view, outage), fromAgoMs, toAgoMs: 0 };
  });
  const over = past.spans.map(({ server, port, ...span }): DaySpan => {
    const protocol = isOfDatagrams(port) ? { protocol: 'udp' as const } : {};
    return { ...span, place: placeOf(view, { server, port: numberOnWire(port), ...protocol }) };
  });
  return html`<h2>${words.headings.day}</h2>${dayChart(words, [...on, ...over])}`;
}

function untold(view: View): Html {
  const { words, past } = view;
  const lines = past.outages.flatMap((outage) => {
    const why = whyOf(words, outage);
    if (why.length === 0) return [];
    return [
      html`<li><bdi>${placeOf(view, outage)}</bdi>, ${time(words, outage.to)}: ${why.join(words.between === '' ? '、' : ', ')}</li>`,
    ];
  });
  const given = past.givenUp.map(
    (notice) => html`<li>${words.givenUp(notice.id, reasonOf(view, notice))}</li>`,
  );
  const all = [...lines, ...given].slice(0, MAX_UNTOLD);
  return html`
    <h2>${words.headings.untold}</h2>
    ${all.length === 0 ? html`<p>${words.everybodyTold}</p>` : html`<ul>${all}</ul>`}`;
}

function whyOf(words: Words, { queued, failed, untold, handedOver }: PastOutageRecord): string[] {
  const counts = {
    ...{ noAddress: untold?.noAddress, stale: untold?.stale, stopped: untold?.stopped },
    ...{ queued, failed, handedOver: handedOver?.clients },
  };
  return Object.entries(counts).flatMap(([why, count]) =>
    count == null || count === 0 ? [] : [words.untold[why as keyof Words['untold']](count)],
  );
}

function router(view: View): Html {
  const { words, scene } = view;
  const { facts } = words;
  const { since, counters, interfaces, state, gaps } = scene;
  return html`
    <h2>${words.headings.router}</h2>
    <dl>
    <dt>${facts.since}</dt><dd>${time(words, since)}</dd>
    <dt>${facts.plane}</dt><dd>${counters === null ? words.planeAway : words.planeUp}</dd>
    ${interfaces.map(
      ({ name, network, up, received, dropped }) => html`
        <dt>${facts.interface} ${network === null ? name : `${name} (${network})`}</dt>
        <dd>${words.interface(up, figures(received), figures(dropped))}</dd>`,
    )}
    <dt>${facts.state}</dt>
    <dd>${state.place === 'disk' ? words.onDisk : words.inMemory(state.reason)}</dd>
    ${gaps > 0 ? html`<dt>${facts.gaps}</dt><dd>${figures(gaps)}</dd>` : null}
    <dt>${facts.zone}</dt><dd>${zoneText()}</dd>
    </dl>
    ${
      counters === null
        ? null
        : html`
          <details id="counters"><summary>${words.counters}</summary>
          <h3>${words.frames}</h3>${counted(counters.frames)}
          <h3>${words.tables}</h3>${counted(counters.tables)}
          </details>`
    }`;
}

function counted(values: Readonly<Record<string, number>>): Html {
  const some = Object.entries(values).filter(([, value]) => value > 0);
  return html`<dl>${some.map(([name, value]) => html`<dt>${name}</dt><dd>${figures(value)}</dd>`)}</dl>`;
}

function figures(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
}

function zoneText(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
