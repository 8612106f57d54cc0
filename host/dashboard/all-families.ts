/** Every metric that there is, of the router, of the dashboard itself, and of the process. */

import type { Family } from './exposition.ts';
import { noticeFamilies, outageFamilies, trafficFamilies } from './families.ts';
import type { Meter } from './meter.ts';
import { processFamilies } from './process-readings.ts';
import type { Readings } from './watched.ts';

interface Measured {
  readonly readings: Readings;
  readonly meter: Meter;
  /** Of the dashboard: pages that are open, wrong tokens, and which program it is of. */
  readonly own: { readonly streams: number; readonly refused: number; readonly version: string };
  readonly startedAt: Date;
}

export function allFamilies({ readings, meter, own, startedAt }: Measured): Family[] {
  const { streams, refused, version } = own;
  return [
    ...outageFamilies(readings, meter),
    ...noticeFamilies(readings, meter),
    ...trafficFamilies(readings),
    {
      ...{ name: 'ringback_dashboard_streams', help: 'Open pages of the dashboard.', type: 'gauge' },
      samples: [{ value: streams }],
    },
    {
      ...{ name: 'ringback_dashboard_refused_total', help: 'Wrong tokens.', type: 'counter' },
      samples: [{ value: refused }],
    },
    {
      ...{ name: 'ringback_build_info', help: 'Which version this is.', type: 'gauge' },
      samples: [{ labels: { version, node: process.versions.node }, value: 1 }],
    },
    ...processFamilies(startedAt),
  ];
}
