/** Events of the data plane, and of interfaces. */
import type { Entries } from './kinds.ts';

export const FABRIC = {
  'interface.up': { level: 'info', fields: { interface: 'text' }, is: 'It is listened on again.', act: null },
  'interface.down': {
    level: 'warn',
    fields: { interface: 'text' },
    is: 'An interface is off, or not there; it is listened on when it comes: `interface.up`.',
    act: 'Switch it on, or mend its name in the configuration.',
  },
  'interface.moved': {
    level: 'info',
    fields: { interface: 'text', network: 'text' },
    is: 'A network of the router (`lan`, `wan`) is carried by that interface now, which is listened on.',
    act: null,
  },
  'interface.dropped': {
    level: 'warn',
    fields: { interface: 'text', frames: 'number' },
    is: 'The kernel dropped frames that nobody took in time.',
    act: 'A faster machine, or fewer interfaces.',
  },
  'fabric.lost': {
    level: 'error',
    fields: { reason: 'text', retryMs: 'number' },
    is: 'The daemon has ended: it is started again after `retryMs`; `fabric.back` follows.',
    act: 'Look at the reason if it repeats.',
  },
  'fabric.back': { level: 'info', fields: {}, is: 'The daemon works again.', act: null },
  'fabric.interfaces': {
    level: 'error',
    fields: { listening: 'text', wanted: 'text' },
    is: 'The daemon on the router beside this machine does not listen on the interfaces that `fabric.interfaces` names, but on those of its key.',
    act: '`ringback beside` enters the key anew.',
  },
  'fabric.restored': {
    level: 'info',
    fields: { outages: 'number', clients: 'number' },
    is: 'The daemon was told what is on disk.',
    act: null,
  },
  'fabric.gap': {
    level: 'warn',
    fields: { reason: 'text', message: 'text' },
    is: "The daemon's events were lost: everything is asked for again.",
    act: null,
  },
  'fabric.refused': {
    level: 'warn',
    fields: { command: 'text', status: 'text', reason: 'text' },
    is: 'The daemon does not do a command; `status` is the reason, too.',
    act: 'Look at the reason. Otherwise `ringback-fabricd` is of another version: install both from one.',
  },
  'fabric.message': {
    level: 'warn',
    fields: { message: 'text' },
    is: 'The daemon has something to say.',
    act: null,
  },
} as const satisfies Entries;
