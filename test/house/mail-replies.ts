/** `docs/mail-replies.md`, out of what the code does. */
import { formTable, refusalTable } from '../host/replies/pop-table.ts';
import { enhancedTable, replyTable } from '../host/replies/smtp-table.ts';

export function page(): string {
  return `# What mail servers answer, and what becomes of it

Made from the code: \`make golden\` writes it anew, and a test holds it to what the program does.

## SMTP: the notices

A refusal says who has to mend something, or it does not. Where an enhanced code (RFC 3463) comes with it, that decides; a
reply code alone is weaker: most servers refuse a relay, a sender or a blocklisted address in the reply to a recipient,
with the code that others have for "no such user". So:

- **given up**: nobody gets this mail.
- **given up, if it takes others**: alike, but only from a server that has taken a mail since the program was started or
  configured anew, and has not refused sixteen in a row since. Before that the refusal may mean us: the mail waits.
  (Refusals that are certain are believed at once, up to two in a row.)
- **this mail waits**: it is tried again, from one second doubling up to ten minutes apart, until \`notify.give_up\`.
- **this mail waits; all, if it takes no others**: alike; where it takes no mail from us at all, the log has one line
  \`smtp.refused\`, and one mail at a time is tried, ever more seldom, up to ten minutes apart.
- **all wait**: one mail at a time is tried, from one second doubling up to a minute apart (ten where the server refuses
  us).
- **all wait for minutes**: alike, from four minutes doubling up to a quarter of an hour apart: who gives a wrong password
  more often is locked out.

A reply 2yz to the end of the message is a mail taken, whatever its enhanced code. A connection that can't be made, breaks, or is silent for longer than RFC 5321 section 4.5.3.2 allows is *all wait*.

### Reply codes without an enhanced code

${replyTable()}

### Enhanced codes, to RCPT TO, DATA and the end of the message

Before a recipient is named the reply code decides alone. 5.0.0, and what is not in the list, counts as no code; a code
whose class says that it passes is believed.

${enhancedTable()}

## POP3: the relay's mailbox

What goes wrong in a look into the mailbox is one of these; the log says it once as \`mailbox.failed\`:

- **connection**, **in-use**, **temporary**, **timeout**, **protocol**, **login-again**: the next look is after five seconds,
  doubling up to five minutes (or \`relay.pop.every\`, if that is less).
- **login**, **tls**, **permanent** (seldom): somebody has to mend it; until then it is looked every ten minutes, or at
  SIGHUP. A login that the same server has taken before is **login-again** three times in a row before it is that.
- What goes on does not end the look: the other messages are read.

An \`-ERR\` to USER is no failure where the server has another way: AUTH PLAIN, AUTH LOGIN, or APOP; without TLS, APOP
goes before the others. A server that closes the connection at CAPA is asked anew without it.

### Refusals

${refusalTable()}

### Forms of lines

Empty lines before a status line are passed over. A message whose name or size is not known is read all the same: its
name is made of its Message-ID.

${formTable()}

A message may have lines that end with CR LF or LF. It ends with a line of a single dot; where that line, or the one before,
has no CR LF, only if nothing comes behind it for three seconds.
`;
}
