/** A session with a POP server that says anything: it ends, well or with an error of ours. */
import assert from 'node:assert/strict';
import { PopError } from '../../../host/pop/error.ts';
import { Mailbox } from '../../../host/pop/mailbox.ts';
import { MAX_BYTES, MAX_ENTRIES, popOptions, RIGHT } from '../../host/relay/support.ts';
import { Dialogue } from '../dialogue.ts';
import type { Target } from '../target.ts';

const TIMEOUTS = { connectMs: 1000, commandMs: 40, sessionMs: 1000, quietMs: 2 };
const {
  greeting = '',
  CAPA = '',
  USER = '',
  PASS = '',
  STAT = '',
  UIDL = '',
  LIST = '',
  RETR = '',
  DELE = '',
  QUIT = '',
} = RIGHT;

async function session(port: number): Promise<string> {
  const mailbox = await Mailbox.open(popOptions(port, { timeouts: TIMEOUTS }));
  try {
    const { entries } = await mailbox.list(MAX_ENTRIES);
    assert.ok(entries.length <= MAX_ENTRIES);
    for (const { number, uidl, bytes } of entries.slice(0, 5)) {
      assert.ok(Number.isSafeInteger(number) && number > 0, `number ${number}`);
      assert.ok(Number.isSafeInteger(bytes) && bytes >= 0, `bytes ${bytes}`);
      assert.ok(uidl === null || /^[!-~]+$/.test(uidl), `uidl ${uidl}`);
      const message = await mailbox.retrieve(number, MAX_BYTES);
      assert.ok(message === null || message.length <= MAX_BYTES);
      await mailbox.remove(number);
    }
    await mailbox.quit();
    return `${entries.length} messages`;
  } finally {
    mailbox.abandon();
  }
}

export async function open(): Promise<Target> {
  const dialogue = await Dialogue.open();
  return {
    seeds: [
      Dialogue.of(greeting, CAPA, USER, PASS, STAT, UIDL, LIST, RETR, DELE, QUIT),
      Dialogue.of(greeting, '-ERR\r\n', USER, PASS, STAT, '-ERR\r\n', LIST, RETR, DELE, QUIT),
      Dialogue.of(
        '+OK <1.2@example.jp>\r\n',
        '+OK\r\nSASL PLAIN LOGIN\r\nSTLS\r\n.\r\n',
        '-ERR\r\n',
        '+ \r\n',
        '+OK\r\n',
      ),
      Dialogue.of(greeting, CAPA, USER, '-ERR [AUTH] no\r\n'),
    ],
    words: [
      '+OK\r\n',
      '-ERR ',
      '+ ',
      '\r\n.\r\n',
      '..',
      '\x1e',
      '\x1e+OK\r\n',
      'UIDL',
      'STLS',
      'SASL PLAIN',
      '[IN-USE]',
      '[SYS/TEMP]',
      '[AUTH]',
      '1 20\r\n',
      '4294967296 ',
      ' -1',
    ],
    async play(input) {
      dialogue.begin(input);
      try {
        return await session(dialogue.port);
      } catch (error) {
        if (!(error instanceof PopError)) throw error;
        return `${error.kind} ${error.message.replaceAll(/\d+/g, '#').slice(0, 60)}`;
      } finally {
        dialogue.end();
      }
    },
    close: () => dialogue.close(),
  };
}
