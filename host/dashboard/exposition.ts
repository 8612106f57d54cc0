/** Metrics as text: Prometheus' own format, and OpenMetrics 1.0.0 for whoever asks for that. */

import type { SecondsHistogram } from './histogram.ts';

export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Named {
  /** As Prometheus calls it: a counter with `_total`, a time in seconds with `_seconds`. */
  readonly name: string;
  readonly help: string;
}

export type Family = Named &
  (
    | { readonly type: 'counter' | 'gauge'; readonly samples: readonly Sample[] }
    | { readonly type: 'histogram'; readonly histogram: SecondsHistogram }
  );

type Format = 'text' | 'openmetrics';

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** Longer ones are none that a program sends. */
const MAX_ACCEPT = 1024;

/** What is asked for by name; nobody else understands it. */
export function formatFor(accept: string | undefined): Format {
  const asks = /(?:^|[,\s])application\/openmetrics-text(?:[;,\s]|$)/;
  return accept !== undefined && asks.test(accept.slice(0, MAX_ACCEPT)) ? 'openmetrics' : 'text';
}

const UNITS = ['seconds', 'bytes'];

function unitOf(name: string): string | null {
  return UNITS.find((unit) => name.endsWith(`_${unit}`)) ?? null;
}

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (sign) => (sign === '\n' ? '\\n' : `\\${sign}`));
}

function labelText(labels: Readonly<Record<string, string>> = {}): string {
  const all = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return all.length === 0 ? '' : `{${all.join(',')}}`;
}

export function exposition(families: readonly Family[], format: Format): string {
  const isOpen = format === 'openmetrics';
  const lines: string[] = [];
  for (const family of families) {
    const { name, help, type } = family;
    // There a counter is called without what its number is called with.
    const called = isOpen && type === 'counter' ? name.replace(/_total$/, '') : name;
    const unit = unitOf(called);
    lines.push(`# TYPE ${called} ${type}`);
    if (isOpen && unit !== null) lines.push(`# UNIT ${called} ${unit}`);
    lines.push(`# HELP ${called} ${help.replaceAll('\\', '\\\\')}`);
    if (family.type === 'histogram') lines.push(...histogramLines(name, family.histogram));
    else for (const { labels, value } of family.samples) lines.push(`${name}${labelText(labels)} ${value}`);
  }
  if (isOpen) lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}

function histogramLines(name: string, histogram: SecondsHistogram): string[] {
  const { bounds, sum, count } = histogram;
  // OpenMetrics writes the bounds as floating-point numbers.
  const boundText = (bound: number): string => (Number.isInteger(bound) ? bound.toFixed(1) : String(bound));
  return [
    ...histogram
      .cumulative()
      .map((total, index) => `${name}_bucket{le="${boundText(bounds[index] ?? 0)}"} ${total}`),
    `${name}_bucket{le="+Inf"} ${count}`,
    `${name}_sum ${sum}`,
    `${name}_count ${count}`,
  ];
}
