/** Events of the dashboard. */
import { type Entries, maybe } from './kinds.ts';

export const DASHBOARD = {
  'dashboard.opened': {
    level: 'info',
    fields: { client: 'text' },
    is: 'Somebody has given its token, and looks.',
    act: null,
  },
  'dashboard.refused': {
    level: 'warn',
    fields: { client: 'text', count: maybe('number') },
    is: 'Somebody gave a wrong token; `count` of them, a line a minute.',
    act: 'If it is none of yours who guesses: find out who it is.',
  },
  'dashboard.failed': {
    level: 'error',
    fields: { reason: 'text' },
    is: 'It could not answer.',
    act: 'Look at the reason.',
  },
} as const satisfies Entries;
