/** What the page says of SMTP replies. */
import { fateOfReply, type SmtpFate, STEPS } from '../../../host/mail/smtp-fate.ts';
import { ENHANCED_CODES, REPLY_CODES } from './smtp-codes.ts';

const WORDS: Readonly<Record<SmtpFate, string>> = {
  final: 'given up',
  doubted: 'given up, if it takes others',
  recipient: 'this mail waits',
  us: 'this mail waits; all, if it takes no others',
  sender: 'all wait',
  login: 'all wait for minutes',
  server: 'all wait',
};

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map(row).join('\n');
}

/** Replies without an enhanced code. */
export function replyTable(): string {
  const rows = Object.entries(REPLY_CODES).map(([code, name]) => [
    code,
    name,
    ...STEPS.map((step) => WORDS[fateOfReply(step, Number(code), null)]),
  ]);
  const other = STEPS.map((step) => WORDS[fateOfReply(step, 354, null)]);
  return table(
    ['Code', 'RFC', 'greeting, EHLO, STARTTLS, MAIL FROM', 'AUTH', 'RCPT TO, DATA, the end of the message'],
    [...rows, ['other', 'a reply that does not fit', ...other]],
  );
}

/** To RCPT TO, DATA and the end of the message. */
export function enhancedTable(): string {
  const rows = Object.entries(ENHANCED_CODES).map(([code, name]) => [
    `x.${code}`,
    name,
    WORDS[fateOfReply('mail', 450, `4.${code}`)],
    WORDS[fateOfReply('mail', 550, `5.${code}`)],
  ]);
  return table(['Code', 'RFC', '4.', '5. (with 550)'], rows);
}
