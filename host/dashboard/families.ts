/** All metrics: what each is called, says about itself, and is at this moment. Its labels are words that are known before, or the operator's. */

import { DETECTION } from '../log/catalogue/detection.ts';
import type { Family, Sample } from './exposition.ts';
import type { Counts, Meter } from './meter.ts';
import type { Readings } from './watched.ts';

const CAUSES = DETECTION['outage.opened'].fields.cause;
const OUTCOMES = DETECTION['suspicion.ended'].fields.outcome;
const VERDICTS = DETECTION['suspicion.asked'].fields.verdict;
const SIGNS = DETECTION['recovery.signal'].fields.sign.maybe;
const LEVELS = ['debug', 'info', 'warn', 'error'];
const MAILS = ['queued', 'held', 'retried', 'failed'];
/** What is there now, among what has happened. */
const DOWN_NOW = 'serversDown';

const counter = (name: string, help: string, samples: readonly Sample[]): Family => ({
  ...{ name, help, samples },
  type: 'counter',
});
const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
  ...{ name, help, samples },
  type: 'gauge',
});
const one = (value: number): Sample[] => [{ value }];
const flag = (isSo: boolean): number => (isSo ? 1 : 0);

/** One for each word, from the beginning on: what was never there has no rate. */
function byWord(label: string, words: readonly string[], counts: Counts): Sample[] {
  const all = new Set([...words, ...counts.keys()]);
  return [...all].map((word) => ({ labels: { [label]: word }, value: counts.get(word) ?? 0 }));
}

function byName(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: wordOf(name) }, value }));
}

/** `synAckUnasked` is `syn_ack_unasked`. */
function wordOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export function outageFamilies(readings: Readings, meter: Meter): Family[] {
  const { outages, waiting, servers } = readings;
  const named = (value: (server: Readings['servers'][number]) => number): Sample[] =>
    servers.map((server) => ({
      labels: { server: server.server, name: server.name },
      value: value(server),
    }));
  const histogram = (name: string, help: string, of: Meter['detection']): Family => ({
    ...{ name, help, histogram: of },
    type: 'histogram',
  });
  return [
    gauge(
      'ringback_outages',
      'Servers and services, by what is known of them.',
      byName('state', { ...outages }),
    ),
    gauge('ringback_waiting_clients', 'Clients that wait for a server, once for each.', one(waiting)),
    gauge(
      'ringback_server_down',
      'Whether a server that the configuration names is down, or one of its services.',
      named(({ isDown }) => flag(isDown)),
    ),
    gauge(
      'ringback_server_waiting_clients',
      'Clients that wait for it.',
      named((server) => server.waiting),
    ),
    counter('ringback_outages_opened_total', 'Outages that began.', byWord('cause', CAUSES, meter.opened)),
    counter('ringback_outages_closed_total', 'Outages that are over.', byWord('cause', CAUSES, meter.closed)),
    counter(
      'ringback_suspicions_total',
      'Suspicions, by what they came to.',
      byWord('outcome', OUTCOMES, meter.suspicions),
    ),
    counter(
      'ringback_probes_total',
      'Questions to servers, by what they met.',
      byWord('verdict', VERDICTS, meter.probes),
    ),
    counter(
      'ringback_recovery_signs_total',
      'Signs of life of what was down.',
      byWord('sign', SIGNS, meter.signs),
    ),
    counter('ringback_recoveries_denied_total', 'Signs of life that proved to be none.', one(meter.denied)),
    histogram(
      'ringback_detection_seconds',
      'From the first client that was turned away until the outage was believed.',
      meter.detection,
    ),
    histogram(
      'ringback_recovery_confirmation_seconds',
      'From the first sign of life until the server had answered for as long as it must.',
      meter.confirmation,
    ),
    histogram(
      'ringback_recovery_entering_seconds',
      'From there until the notices were in the outbox.',
      meter.entering,
    ),
    histogram(
      'ringback_telling_seconds',
      'From the return of the server until a mail server had taken the notice.',
      meter.telling,
    ),
    histogram('ringback_outage_duration_seconds', 'How long outages lasted.', meter.duration),
  ];
}

export function noticeFamilies({ notices, outboxCapacity, state }: Readings, meter: Meter): Family[] {
  return [
    counter('ringback_notices_total', 'Mails by their fate, since the program was started.', [
      { labels: { fate: 'sent' }, value: notices.sent },
      { labels: { fate: 'given_up' }, value: notices.failed },
    ]),
    counter(
      'ringback_notice_events_total',
      'What happened to mails before their fate was known; failed: an attempt that another one follows.',
      byWord('event', MAILS, meter.notices),
    ),
    gauge('ringback_outbox_notices', 'Mails on their way.', one(notices.pending)),
    gauge('ringback_outbox_capacity_notices', 'Mails that there is room for.', one(outboxCapacity)),
    gauge(
      'ringback_mail_server_refusing',
      'Whether the mail server refuses this program, not an addressee.',
      one(flag(meter.isRefused)),
    ),
    gauge(
      'ringback_state_on_disk',
      'Whether the state is on disk, and outlives the program.',
      one(flag(state.place === 'disk')),
    ),
    counter(
      'ringback_hook_failures_total',
      'Commands of the operator that failed, or were not told for want of time.',
      byWord('event', ['failed', 'dropped'], meter.hooks),
    ),
    counter('ringback_log_lines_total', 'Lines of the log.', byWord('level', LEVELS, meter.lines)),
  ];
}

export function trafficFamilies({ counters, interfaces, gaps, traps, page, capacity }: Readings): Family[] {
  const { [DOWN_NOW]: down = 0, ...events } = counters?.tables ?? {};
  const byInterface = (value: (one: Readings['interfaces'][number]) => number): Sample[] =>
    interfaces.map((one) => ({ labels: { interface: one.name }, value: value(one) }));
  const { connections = 0, streams = 0, evicted = 0, ...answers } = page ?? {};
  return [
    gauge(
      'ringback_data_plane_up',
      'Whether the data plane is there and answers.',
      one(flag(counters !== null)),
    ),
    counter('ringback_data_plane_gaps_total', 'How often events of it were lost.', one(gaps)),
    counter(
      'ringback_frames_total',
      'Frames by what became of them.',
      byName('verdict', counters?.frames ?? {}),
    ),
    counter('ringback_table_events_total', 'What happened in the tables.', byName('event', events)),
    gauge('ringback_data_plane_servers_down', 'Servers and services that are down there.', one(down)),
    gauge('ringback_table_capacity', 'Places in each table.', byName('table', capacity)),
    gauge(
      'ringback_interface_up',
      'Whether it is listened on.',
      byInterface(({ up }) => flag(up)),
    ),
    counter(
      'ringback_interface_received_frames_total',
      'Frames that came there.',
      byInterface(({ received }) => received),
    ),
    counter(
      'ringback_interface_dropped_frames_total',
      'Frames that nobody took in time.',
      byInterface(({ dropped }) => dropped),
    ),
    counter('ringback_traps_total', 'Traps by what became of them.', byName('outcome', { ...traps })),
    counter('ringback_page_answers_total', "Answers in dead servers' places.", byName('outcome', answers)),
    counter('ringback_page_evicted_total', 'Connections that had to make room for others.', one(evicted)),
    gauge('ringback_page_connections', 'Connections to the page.', one(connections)),
    gauge('ringback_page_streams', 'Open pages that wait for their server.', one(streams)),
  ];
}
