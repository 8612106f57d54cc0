/** An SMTP server that says exactly what the test wants, whatever it is. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** By verb: `greeting`, `EHLO`, `AUTH`, `MAIL`, `RCPT`, `DATA`, `.` for the end of the message. null: it is silent. */
type Answers = Readonly<Record<string, string | null>>;

const RIGHT: Answers = {
  greeting: '220 ready',
  EHLO: '250-mail.example.jp\r\n250 AUTH PLAIN',
  AUTH: '235 logged in',
  DATA: '354 go on',
};

interface VerbatimServer {
  readonly port: number;
  /** Lines that clients have sent, but for the text of messages. */
  readonly commands: string[];
  /** What it answers from now on. */
  answers: Answers;
  /** Those to whom it has said nothing. */
  readonly waiting: Socket[];
}

function converse(socket: Socket, server: VerbatimServer): void {
  const say = (verb: string): void => {
    const answer =
      server.answers[verb] === undefined ? (RIGHT[verb] ?? '250 as you like') : server.answers[verb];
    if (answer === null) server.waiting.push(socket);
    else socket.write(`${answer}\r\n`);
  };
  let rest = '';
  let isText = false;
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('latin1')).split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (isText && line !== '.') continue;
      server.commands.push(line);
      const verb = isText ? '.' : line.slice(0, 4);
      isText = verb === 'DATA' && (server.answers.DATA ?? '3').startsWith('3');
      say(verb);
    }
  });
  say('greeting');
}

export async function verbatimServer(test: TestContext, answers: Answers = {}): Promise<VerbatimServer> {
  const sockets: Socket[] = [];
  const listener = createServer((socket) => {
    sockets.push(socket);
    converse(socket, server);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  assert.ok(address !== null && typeof address === 'object');
  const server: VerbatimServer = { port: address.port, commands: [], answers, waiting: [] };
  test.after(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  return server;
}
