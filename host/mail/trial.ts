/** Mails that say nothing of an outage: whether mail leaves at all, and what a notice looks like. */
import type { Language } from '../config/types.ts';
import { composeNotice, createNotice, type Mail } from './mail.ts';

interface TrialFacts {
  readonly from: string;
  readonly to: string;
  readonly language: Language;
  /** The machine that sends it. */
  readonly host: string;
  readonly date: Date;
  /** What tells this mail from all others. */
  readonly id: string;
}

const WORDS: Readonly<Record<Language, { subject: string; text: (host: string) => string; mark: string }>> = {
  en: {
    subject: 'ringback: a test',
    text: (host) =>
      `This is a test, sent by ringback on ${host}.\nNotices of recoveries come the same way. Nothing is down.\n`,
    mark: 'Test',
  },
  ja: {
    subject: 'ringback: 送信テスト',
    text: (host) =>
      `これは ${host} の ringback から送信されたテストメールです。\n復旧通知も同じ経路で届きます。障害は発生していません。\n`,
    mark: 'テスト',
  },
};

/** What every mail of a trial has: no out-of-office answers (RFC 3834 section 5), and no name that a notice could have. */
const trialOf = ({ from, to, date, id }: TrialFacts): Omit<Mail, 'subject' | 'text'> => ({
  ...{ from, to, date },
  messageId: `<${id}.test.ringback@${from.slice(from.lastIndexOf('@') + 1)}>`,
  headers: { 'Auto-Submitted': 'auto-generated' },
});

/** A mail that says that mails arrive. */
export function composeTestMail(facts: TrialFacts): Mail {
  const { subject, text } = WORDS[facts.language];
  return { ...trialOf(facts), subject, text: text(facts.host) };
}

/** Of the server of whose recovery the notice speaks. */
export interface TrialServer {
  readonly address: string;
  readonly name: string | null;
}

/** What the notice tells of: an outage of ten minutes, that ends now, and a try in its middle. */
const AWAY_MS = 600_000;

/** The notice that this person would get of that server, marked as a test in its subject. */
export function composeTestNotice(facts: TrialFacts, server: TrialServer, client: string): Mail {
  const nowMs = facts.date.getTime();
  const [fromMs, triedMs] = [nowMs - AWAY_MS, nowMs - AWAY_MS / 2];
  const notice = createNotice({
    mail: facts.to,
    language: facts.language,
    item: {
      ...{ server: server.address, serverName: server.name, client, fromMs, recoveredMs: nowMs },
      ...{ firstMs: triedMs, lastMs: triedMs, tries: 1 },
    },
    outage: facts.id,
    from: facts.from,
  });
  const clock = { nowMs: () => nowMs, dateOf: (ms: number) => new Date(ms) };
  const { subject, text } = composeNotice(notice, { from: facts.from, clock, stopUrl: null });
  return { ...trialOf(facts), subject: `[${WORDS[facts.language].mark}] ${subject}`, text };
}
