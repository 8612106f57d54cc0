/** Every refusal of a POP server, over the wire. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { PopError, type PopErrorKind } from '../../../host/pop/error.ts';
import { Mailbox } from '../../../host/pop/mailbox.ts';
import {
  LIST_MAIL,
  MAX_BYTES,
  MAX_ENTRIES,
  type PopServerOptions,
  popOptions,
  popServer,
} from '../relay/support.ts';
import { COMMANDS, type Command, REFUSALS } from './pop-forms.ts';
import { GOES_ON, kindOf } from './pop-table.ts';

/** What makes the client give this command. */
const SETTINGS: Readonly<Partial<Record<Command, PopServerOptions>>> = {
  STLS: { capabilities: ['STLS'] },
  APOP: { capabilities: ['UIDL'], answers: { greeting: '+OK <1@mail.example.jp>\r\n' } },
  'AUTH PLAIN': { capabilities: ['SASL PLAIN'] },
};

/** A whole session; the kinds of what went wrong in it: `refused` where it went on. */
async function session(port: number): Promise<PopErrorKind[]> {
  const kinds: PopErrorKind[] = [];
  const during = async <T>(doing: Promise<T>): Promise<T | null> =>
    doing.catch((error: unknown) => {
      assert.ok(error instanceof PopError, String(error));
      kinds.push(error.kind);
      return null;
    });
  const mailbox = await during(Mailbox.open(popOptions(port)));
  if (mailbox === null) return kinds;
  for (const { number } of (await during(mailbox.list(MAX_ENTRIES)))?.entries ?? []) {
    const steps: readonly (() => Promise<unknown>)[] = [
      () => mailbox.top(number, 0, MAX_BYTES),
      () => mailbox.retrieve(number, MAX_BYTES),
      () => mailbox.remove(number),
    ];
    for (const step of steps) if (mailbox.isOpen) await during(step());
  }
  if (mailbox.isOpen) await during(mailbox.quit());
  mailbox.abandon();
  return kinds;
}

async function sweep(test: TestContext, command: Command): Promise<void> {
  const verb = command === 'the greeting' ? 'greeting' : (command.split(' ')[0] ?? '');
  for (const line of REFUSALS) {
    const { answers, ...settings } = SETTINGS[command] ?? {};
    const server = await popServer(test, {
      messages: [LIST_MAIL],
      ...settings,
      answers: { ...answers, [verb]: `${line}\r\n` },
    });
    const kinds = await session(server.port);
    const kind = kindOf(command, line);
    const isSilent = command === 'CAPA' || command === 'UIDL';
    assert.deepEqual(kinds, kind !== null ? [kind] : isSilent ? [] : ['refused'], `${command}: ${line}`);
    assert.ok(kind !== null || GOES_ON[command] !== undefined, 'the page says what comes of it');
    if (kind === null) assert.equal(server.commands().at(-1), 'QUIT');
  }
}

describe('A refusal comes to what the page says', () => {
  for (const command of COMMANDS) it(`to ${command}`, (test) => sweep(test, command));
});
