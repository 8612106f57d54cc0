/** The pages that there are, and the facts that they show. */

/** Where the page's own paths begin, on every server that it answers for. */
export const OWN_PATH = '/.well-known/ringback/';

/**
 * - `outage`: the server is down; with the question and its form (seed, figure 32(1)).
 * - `known`: the same for a client where somebody gets a notice anyway: no form, but a link to the next.
 * - `another`: the form for others behind the same address (NAT); it stands at OWN_PATH's `notice`.
 * - `registered`, `declined`: the answers to yes (figure 32(2)) and to no.
 * - `refused`: the answer could not be taken, `refusal` says why; with the form again if there is one.
 * - `back`: the server answers again, there is nothing to register for.
 * - `stop`, `stopped`, `allowed`, `stop-unknown`: the question behind a notice's link (RFC 8058: asking must not
 *   unsubscribe), done, taken back, and for a token that is none of ours.
 * - `confirm`, `confirmed`: the same question where nobody has confirmed the address, with a second button; and done.
 */
export type Page =
  | 'outage'
  | 'known'
  | 'another'
  | 'registered'
  | 'declined'
  | 'refused'
  | 'back'
  | 'stop'
  | 'confirm'
  | 'confirmed'
  | 'stopped'
  | 'allowed'
  | 'stop-unknown';

/**
 * - `mail`: not one plain mail address.
 * - `answer`: neither yes nor no.
 * - `expired`: the form's token is too old, or none of ours.
 * - `many`: a limit is reached; says nothing about which.
 * - `stranger`: nobody was turned away from that server at this address.
 * - `name`: the server has names, and it was none of them that was asked for: another site's page may be asking.
 * - `trouble`: it could not be stored.
 */
export type FormRefusal = 'mail' | 'answer' | 'expired' | 'many' | 'stranger' | 'name' | 'trouble';

/** All of it may be hostile text: it is cleaned, cut and escaped here. */
export interface PageFacts {
  /** Canonical address; null: no page of a server (`stop…`), or of none that is known (`refused`). */
  readonly server: string | null;
  readonly name: string | null;
  /** The Host header as it came: only shown. */
  readonly askedHost: string | null;
  /** null: the clock was wrong. */
  readonly since: Date | null;
  readonly message: { readonly text: string; readonly until: Date | null } | null;
  /** Where the form goes and what it carries unseen (`token`, `server`, …); null: no form. */
  readonly form: { readonly action: string; readonly fields: Readonly<Record<string, string>> } | null;
  /** Of `confirm` only: what the form of its other button carries. */
  readonly confirming?: Readonly<Record<string, string>>;
  /** The mail address that was registered, or is shown in the field again. */
  readonly mail: string | null;
  /** Of `refused` only. */
  readonly refusal: FormRefusal | null;
  /** Whether the request was anything but GET: then loading the same again would send it again. */
  readonly answersPost: boolean;
  /** Whether the script looks at once if the server is there: it finds the way. */
  readonly tries: boolean;
  /** The URL of the server's own page when this page comes from the router's own address; null: from the server's. */
  readonly home: string | null;
  /** For how long a registration counts: `ask_again`, in milliseconds. */
  readonly askAgainMs: number;
}

export interface ShownOutage {
  readonly name: string | null;
  /** On the clock of PageOptions. */
  readonly sinceMs: number;
}

export interface OperatorMessage {
  readonly text: string;
  readonly until: Date | null;
}
