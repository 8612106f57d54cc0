/** Events of mails: notices, lists, the server that takes them, the mailbox of a relay. */
import { type Entries, maybe } from './kinds.ts';

/** A line for each server that the mail tells of. */
const NOTICE = {
  server: 'text',
  client: 'text',
  mail: 'text',
  messageId: 'text',
  otherClients: maybe('text'),
} as const;
const LIST = { server: 'text', mail: 'text', messageId: 'text', clients: 'number', part: 'text' } as const;
const HELD = { reason: 'text', until: maybe('text') } as const;
/** `code`: of the reply, enhanced (RFC 3463) if it has one; or the system's, like ECONNREFUSED. */
const FAILURE = { reason: 'text', code: maybe('text'), final: 'boolean' } as const;

export const MAIL = {
  'notice.queued': {
    level: 'info',
    fields: NOTICE,
    is: 'A notice is on its way; `otherClients` are further addresses of the same person that waited.',
    act: null,
  },
  'notice.sent': { level: 'info', fields: NOTICE, is: 'A mail server has taken it.', act: null },
  'notice.held': {
    level: 'info',
    fields: { ...NOTICE, ...HELD },
    is: 'Somebody has had as many mails as `notify.most` allows: it waits.',
    act: null,
  },
  'notice.retried': { level: 'info', fields: NOTICE, is: 'An operator has ordered it again.', act: null },
  'notice.failed': {
    level: ['warn', 'error'],
    fields: { ...NOTICE, ...FAILURE },
    is: 'It could not be sent, and is tried again; with `final: true` it was given up, or dropped by an operator (a warning).',
    act: 'If it was given up: `ringback outbox`, then `retry`.',
  },
  'list.queued': { level: 'info', fields: LIST, is: 'A list for a relay is on its way.', act: null },
  'list.sent': { level: 'info', fields: LIST, is: 'A mail server has taken it.', act: null },
  'list.held': {
    level: 'info',
    fields: { ...LIST, ...HELD },
    is: 'Its addressee has had as many mails as `notify.most` allows: it waits.',
    act: null,
  },
  'list.retried': { level: 'info', fields: LIST, is: 'An operator has ordered it again.', act: null },
  'list.failed': {
    level: ['warn', 'error'],
    fields: { ...LIST, ...FAILURE },
    is: 'As `notice.failed`.',
    act: 'If it was given up: `ringback outbox`, then `retry`.',
  },
  'outbox.kept': {
    level: 'info',
    fields: { notices: 'number' },
    is: 'So many notices were on disk when the program ended: they go out when it runs again.',
    act: null,
  },
  'outbox.lost': {
    level: 'error',
    fields: { notices: 'number', reason: 'text' },
    is: 'The state was in memory when the program ended: so many notices are gone.',
    act: 'Mend what keeps the state from the disk, as the reason says.',
  },
  'smtp.refused': {
    level: 'error',
    fields: { reason: 'text', code: maybe('text'), message: 'text' },
    is: 'The mail server refuses us, not an addressee: all notices wait. [Which reply](mail-replies.md).',
    act: 'Mend what the reason names, then SIGHUP; `smtp.back` follows.',
  },
  'smtp.back': { level: 'info', fields: {}, is: 'The mail server takes mails again.', act: null },
  'announce.sent': {
    level: 'info',
    fields: { to: 'text' },
    is: 'The relay has said that its server is back; UDP does not say whether it was heard.',
    act: null,
  },
  'announce.failed': {
    level: 'warn',
    fields: { to: 'text', reason: 'text' },
    is: "What says that the relay's server is back could not leave; a few more follow.",
    act: 'Look at `relay.announce.to` and the network if the others fail, too.',
  },
  'mailbox.failed': {
    level: 'error',
    fields: { reason: 'text', triedAgainAfterSeconds: maybe('number'), message: maybe('text') },
    is: "The relay can't read its mailbox. With a `message` it tries only seldom until somebody mends it.",
    act: 'Mend what the reason names; with SIGHUP in the message, then that; `mailbox.back` follows.',
  },
  'mailbox.back': { level: 'info', fields: {}, is: 'The mailbox can be read again.', act: null },
  'mailbox.full': {
    level: 'warn',
    fields: { messages: 'number', read: 'number' },
    is: 'There are more messages in it than are looked at: only the newest are read.',
    act: 'Empty it.',
  },
  'mailbox.refused': {
    level: 'warn',
    fields: { uidl: 'text', reason: 'text' },
    is: "One message can't be had; it is tried at every look.",
    act: 'Look at that message if it stays.',
  },
  'list.received': {
    level: 'info',
    fields: {
      server: 'text',
      clients: 'number',
      people: 'number',
      queued: 'number',
      told: 'number',
      part: 'text',
    },
    is: 'A relay has taken a list: `queued` people will be told.',
    act: null,
  },
  'list.refused': {
    level: 'warn',
    fields: { uidl: maybe('text'), server: maybe('text'), reason: 'text', messages: maybe('number') },
    is: 'A list is forged, changed, too old, or came before; or so many `messages` more.',
    act: 'Give both the same `list_key`, and right clocks.',
  },
  'list.postponed': {
    level: 'warn',
    fields: {
      uidl: 'text',
      server: 'text',
      reason: 'text',
      people: 'number',
      told: 'number',
      room: 'number',
    },
    is: 'There is no room for its notices: it stays in the mailbox, and is taken when there is.',
    act: 'If it stays: find out why notices do not go out (`ringback outbox`).',
  },
} as const satisfies Entries;
