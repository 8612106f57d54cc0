/** Events of the page in a dead server's place. */
import { type Entries, maybe } from './kinds.ts';

const VISIT = { server: 'text', port: 'number', client: 'text' } as const;

export const PAGE = {
  'page.shown': { level: 'info', fields: VISIT, is: 'Somebody has got the page.', act: null },
  'page.registered': {
    level: 'info',
    fields: { ...VISIT, mail: 'text' },
    is: 'Somebody gave an address on it.',
    act: null,
  },
  'page.declined': { level: 'info', fields: VISIT, is: 'Somebody wants no notices.', act: null },
  'page.failed': {
    level: 'error',
    fields: { reason: 'text' },
    is: 'The page could not answer, or register somebody.',
    act: 'Look at the reason.',
  },
  'page.steering': {
    level: ['warn', 'error'],
    fields: { reason: 'text', error: 'text', notSteered: maybe('number') },
    is: 'The kernel did not take, or lost, a rule or a route; it is tried again. `error` is the reason, too.',
    act: 'Look at the reason.',
  },
  'page.neighbours': {
    level: 'warn',
    fields: { reason: 'text', message: 'text' },
    is: "`ip neigh` can't be read: who is on a link counts by his address, as a household does.",
    act: 'Install `ip`.',
  },
} as const satisfies Entries;
