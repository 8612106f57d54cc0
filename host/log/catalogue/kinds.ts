/** Of what an entry of the catalogue of events consists. */

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** Of a field's value; a list: one of its words. */
export type Kind = 'text' | 'number' | 'text or number' | 'boolean' | readonly string[];

/** It may be null, or missing. */
export interface Maybe {
  readonly maybe: Kind;
}

export interface EventEntry {
  /** More than one: it depends on what has happened before, or on how bad it is. */
  readonly level: Level | readonly Level[];
  readonly fields: Readonly<Record<string, Kind | Maybe>>;
  /** What has happened, in a sentence. */
  readonly is: string;
  /** What an operator should do; null: nothing. */
  readonly act: string | null;
  /** The hooks of a takeover are told of it, unless its level is debug. */
  readonly hook?: true;
}

export type Entries = Readonly<Record<string, EventEntry>>;

type ValueOf<K> = K extends 'text'
  ? string
  : K extends 'number'
    ? number
    : K extends 'text or number'
      ? string | number
      : K extends 'boolean'
        ? boolean
        : K extends readonly (infer Word)[]
          ? Word
          : never;

type Needed<F> = { [Name in keyof F]: F[Name] extends Maybe ? never : Name }[keyof F];

/** What a line of the log must and may say beside its event. */
export type Values<F> = { readonly [Name in Needed<F>]: ValueOf<F[Name]> } & {
  readonly [Name in Exclude<keyof F, Needed<F>>]?: F[Name] extends { readonly maybe: infer K }
    ? ValueOf<K> | null | undefined
    : never;
};

export const maybe = <const K extends Kind>(kind: K): { readonly maybe: K } => ({ maybe: kind });
