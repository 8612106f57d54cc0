/** The catalogue of events: nothing else can be logged, and the page of events is made from it. */
import { DASHBOARD } from './catalogue/dashboard.ts';
import { DETECTION } from './catalogue/detection.ts';
import { FABRIC } from './catalogue/fabric.ts';
import type { Entries, Level, Values } from './catalogue/kinds.ts';
import { MAIL } from './catalogue/mail.ts';
import { PAGE } from './catalogue/page.ts';
import { PROGRAM } from './catalogue/program.ts';
import { TAKEOVER } from './catalogue/takeover.ts';

/** In the order of the page. */
export const CHAPTERS: Readonly<Record<string, Entries>> = {
  'The program and its state': PROGRAM,
  Detection: DETECTION,
  'Notices, lists and mailboxes': MAIL,
  'The data plane': FABRIC,
  'The page': PAGE,
  'The dashboard': DASHBOARD,
  Takeover: TAKEOVER,
};

type Catalogue = typeof PROGRAM &
  typeof DETECTION &
  typeof MAIL &
  typeof FABRIC &
  typeof PAGE &
  typeof DASHBOARD &
  typeof TAKEOVER;

export type Event = keyof Catalogue;

type Levels<L> = L extends readonly (infer One)[] ? One : L;
export type LevelOf<E extends Event> = Levels<Catalogue[E]['level']> & Level;

/** What belongs to an event. */
export type FieldsOf<E extends Event> = E extends Event ? Values<Catalogue[E]['fields']> : never;

/** Events that may have this level. */
export type EventAt<L extends Level> = { [E in Event]: L extends LevelOf<E> ? E : never }[Event];

/** Events to which nothing has to belong. */
export type BareEvent = { [E in Event]: Record<never, never> extends FieldsOf<E> ? E : never }[Event];

/** Events of which hooks are told. */
export type HookEvent = { [E in Event]: Catalogue[E] extends { readonly hook: true } ? E : never }[Event];
