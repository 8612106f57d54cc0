/** Every refusal of SMTP, over the wire. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Delivery } from '../../../host/mail/smtp.ts';
import { fateOfReply, type SmtpFate, type Step } from '../../../host/mail/smtp-fate.ts';
import { FROM, senderTo } from '../mail/support.ts';
import { ENHANCED_CODES, REPLY_CODES } from './smtp-codes.ts';
import { verbatimServer } from './smtp-server.ts';

const MAIL = {
  ...{ from: FROM, to: 'sato@example.jp', subject: 'x', text: 'x\n', date: null },
  ...{ messageId: '<1@router.example>', headers: {} },
};

const LATER = { outcome: 'later', about: 'server' } as const;
const COMES_TO: Readonly<Record<SmtpFate, object>> = {
  final: { outcome: 'refused' },
  doubted: { outcome: 'refused', isDoubted: true },
  recipient: { outcome: 'later', about: 'recipient' },
  us: { ...LATER, refusal: 'mail' },
  sender: { ...LATER, refusal: 'all' },
  login: { ...LATER, refusal: 'login' },
  server: LATER,
};

/** What each of these replies to this command comes to. */
async function sweep(
  test: TestContext,
  verb: string,
  step: Step,
  replies: readonly (readonly [code: number, enhanced: string | null])[],
): Promise<void> {
  const server = await verbatimServer(test);
  for (const [code, enhanced] of replies) {
    const text = `${enhanced === null ? '' : `${enhanced} `}no`;
    for (const reply of [`${code} ${text}`, `${code}-${text}\r\n${code} ${text}`]) {
      server.answers = { [verb]: reply };
      const login = step === 'login' ? { user: 'ringback', password: 'secret phrase' } : {};
      const sender = senderTo(test, server.port, { tls: 'none', ...login });
      const delivery: Delivery = await sender.send(MAIL);
      sender.close(true);
      const { reason, code: said, ...rest } = { reason: '', code: null, ...delivery };
      assert.deepEqual(rest, COMES_TO[fateOfReply(step, code, enhanced)], `${verb}: ${reply}`);
      assert.ok(reason.includes(String(code)), reason);
      assert.equal(said, enhanced ?? String(code), `${verb}: ${reply}`);
    }
  }
}

const BARE = Object.keys(REPLY_CODES).map((code) => [Number(code), null] as const);
const ENHANCED = Object.keys(ENHANCED_CODES).flatMap((code) => [
  [450, `4.${code}`] as const,
  [550, `5.${code}`] as const,
]);

describe('A refusal comes to what the page says', () => {
  for (const [verb, step] of [
    ['greeting', 'session'],
    ['MAIL', 'session'],
    ['AUTH', 'login'],
    ['RCPT', 'mail'],
    ['DATA', 'mail'],
    ['.', 'mail'],
  ] as const) {
    it(`in the reply to ${verb}`, (test) => sweep(test, verb, step, [...BARE, ...ENHANCED]));
  }
});

describe('A refusal', () => {
  const fates = (...replies: readonly string[]): SmtpFate[] =>
    replies.map((reply) => {
      const [code, enhanced = null] = reply.split(' ');
      return fateOfReply('mail', Number(code), enhanced);
    });

  it('that is about us gives nobody up', () => {
    const ours = [
      ...['554', '501', '502', '503', '504', '530', '538', '554 5.7.1', '550 5.7.26', '553 5.7.1'],
      ...['504 5.5.2', '550 5.1.7', '550 5.1.8', '503 5.5.1', '530 5.7.0', '550 5.7.1', '555 5.5.4'],
    ];
    assert.deepEqual(fates(...ours), Array(ours.length).fill('us'));
    assert.deepEqual(fates('535', '535 5.7.8'), ['login', 'login']);
  });

  it('of a mailbox that there is not is final, and of a full one it is not', () => {
    const final = [
      '550 5.1.1',
      '550 5.1.2',
      '501 5.1.3',
      '551 5.1.6',
      '556 5.1.10',
      '550 5.2.1',
      '554 5.4.4',
    ];
    assert.deepEqual(fates(...final), Array(final.length).fill('final'));
    assert.deepEqual(fates('552 5.2.2', '552', '452 4.2.2'), ['recipient', 'recipient', 'recipient']);
    assert.deepEqual(fates('550', '551', '553', '550 5.0.0'), Array(4).fill('doubted'));
  });

  it('whose two codes contradict each other passes', () => {
    assert.deepEqual(fates('450 5.1.1', '550 4.1.1'), ['recipient', 'recipient']);
    assert.deepEqual(fates('550 2.1.5'), ['doubted'], 'no code of a refusal');
  });
});
