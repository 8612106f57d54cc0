/**
 * What a mail server's refusal means: for whom, and for how long. Reply codes say little (RFC 5321 section 4.2.1): most
 * servers refuse a sender whom they do not like, or a relay, in the reply to a recipient, and for good. What becomes of a
 * notice must not hang on that: it is the addressee's fault only where the enhanced code (RFC 3463) says so.
 */

/** Where a refusal comes: before there is a recipient, to the login, or to the recipient and the message. */
export const STEPS = ['session', 'login', 'mail'] as const;
export type Step = (typeof STEPS)[number];

/**
 * - `final`: nobody gets this mail; another one may arrive.
 * - `doubted`: alike, unless this server has taken no mail from us: then it may mean us.
 * - `recipient`: this mail is tried again later, the others go on.
 * - `us`: it refuses us and names this mail: tried again later; if it takes no other, all wait.
 * - `sender`: it refuses us: all wait.
 * - `login`: alike, for minutes: servers lock out who keeps on giving a wrong password.
 * - `server`: it can do nothing now: all wait.
 */
export type SmtpFate = 'final' | 'doubted' | 'recipient' | 'us' | 'sender' | 'login' | 'server';

/** The server is going away, whatever it was asked (RFC 5321 section 3.8). */
const CLOSING = 421;
const BAD_CREDENTIALS = 535;

/** Enhanced codes without their class; a subject alone stands for all of it that is not named. */
const ENHANCED: ReadonlyMap<string, SmtpFate> = new Map<string, SmtpFate>([
  // Addresses: bad mailbox, system, syntax; moved; no mail taken by the domain.
  ...['1.1', '1.2', '1.3', '1.6', '1.10'].map((code) => [code, 'final'] as const),
  // The sender's, which servers like to refuse when they get the recipient.
  ['1.7', 'us'],
  ['1.8', 'us'],
  ['1', 'recipient'],
  // The mailbox; when it is full, not for ever.
  ['2.2', 'recipient'],
  ['2', 'final'],
  // The mail system; when it is set up wrongly, not for this mail only.
  ['3.5', 'us'],
  ['3', 'recipient'],
  // The way to it.
  ['4', 'final'],
  // The protocol: our words, or their order.
  ['5', 'us'],
  // The content.
  ['6', 'recipient'],
  // Policy: relaying, blocklists, SPF, who may send as whom.
  ['7', 'us'],
]);

/** Reply codes that come without an enhanced one. */
const BARE: ReadonlyMap<number, SmtpFate> = new Map<number, SmtpFate>([
  // Our words, or their order.
  ...[500, 501, 502, 503, 504, 555].map((code) => [code, 'us'] as const),
  // No mail host (RFC 7504), and what wants a login or TLS (RFC 4954, RFC 5248).
  ...[521, 523, 524, 525, 530, 534, 538].map((code) => [code, 'us'] as const),
  // Relaying denied, most of the time.
  [554, 'us'],
  [550, 'doubted'],
  [551, 'doubted'],
  [553, 'doubted'],
  // A domain without mail (RFC 7504).
  [556, 'doubted'],
  // A full mailbox.
  [552, 'recipient'],
]);

/** `enhanced`: null where the reply has none. */
export function fateOfReply(step: Step, code: number, enhanced: string | null): SmtpFate {
  if (code === BAD_CREDENTIALS) return 'login';
  if (code === CLOSING || code < 400 || code >= 600) return 'server';
  const isForGood = code >= 500;
  if (step === 'login') return isForGood ? 'login' : 'server';
  if (step === 'session') return isForGood ? 'sender' : 'server';
  const [severity, subject = '', detail = ''] = enhanced?.split('.') ?? [];
  // What says that it passes is believed.
  if (!isForGood || severity === '4') return 'recipient';
  const named =
    severity === '5' ? (ENHANCED.get(`${subject}.${detail}`) ?? ENHANCED.get(subject)) : undefined;
  return named ?? BARE.get(code) ?? 'recipient';
}

/** The enhanced code of a reply (RFC 2034: each of its lines has it behind the reply code). */
export function enhancedCodeOf(reply: string): string | null {
  return /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})(?:\s|$)/m.exec(reply)?.[1] ?? null;
}

const LOGIN = /^AUTH\b/;
const MAIL: ReadonlySet<string> = new Set(['RCPT TO', 'DATA']);

/** Of a command as the library calls it. */
export function stepOf(command: string): Step {
  if (LOGIN.test(command)) return 'login';
  return MAIL.has(command) ? 'mail' : 'session';
}
