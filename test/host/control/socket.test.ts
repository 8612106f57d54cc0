import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, createServer as createRaw } from 'node:net';
import { afterEach, beforeEach, describe, it, type TestContext } from 'node:test';
import { partsInTurns } from '../../../host/control/parts.ts';
import {
  askControl,
  type ControlRoutes,
  isNobodyThere,
  type Question,
  serveControl,
} from '../../../host/control/socket.ts';
import { RingbackError } from '../../../host/errors.ts';
import { machineTime } from '../../../host/time.ts';
import { directory } from '../fabric/scripted.ts';
import { until } from '../tools.ts';

let place: ReturnType<typeof directory>;
let path: string;
beforeEach(() => {
  place = directory();
  path = place.path('ringback.sock');
});
afterEach(() => place.remove());

async function served(context: TestContext, status: () => unknown, more: ControlRoutes = {}): Promise<void> {
  const server = await serveControl(path, { 'GET /status': status, ...more });
  context.after(() => server.close());
}

/** Whatever bytes are said, and all that is answered until the connection ends. */
async function say(bytes: string | Buffer): Promise<string> {
  const socket = connect(path).setEncoding('utf8');
  let [heard, ended] = ['', false];
  socket.on('data', (text: string) => {
    heard += text;
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    ended = true;
  });
  socket.end(bytes);
  await until('the end of the connection', () => ended);
  return heard;
}

/** A question with a body, as it is on the wire. */
const post = (to: string, body: string): string =>
  `POST ${to} HTTP/1.1\r\nHost: ringback\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** An HTTP server at the socket that is none of ours. */
async function stranger(context: TestContext, answer: Parameters<typeof createServer>[1]): Promise<void> {
  const server = createServer(answer ?? (() => {}));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
}

const unavailable = (message: RegExp) => (error: unknown) =>
  error instanceof RingbackError && error.code === 'unavailable' && message.test(error.message);

/** What is wrong with an answer that must not be one. */
async function refused(asking: Promise<unknown>): Promise<unknown> {
  let outcome: { readonly error: unknown } | undefined;
  asking.then(
    () => {
      outcome = { error: 'answered' };
    },
    (error) => {
      outcome = { error };
    },
  );
  await until('an end', () => outcome !== undefined);
  return outcome?.error;
}

/** A socket that a killed process left behind. */
function leaveSocket(at: string): void {
  const program = `require('net').createServer().listen(${JSON.stringify(at)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', program]);
  assert.ok(existsSync(at), 'it is there');
}

describe('The control socket', () => {
  it('answers with the status of the moment', async (context) => {
    let count = 0;
    await served(context, async () => ({ count: ++count, name: '日本' }));
    assert.deepEqual(await askControl(path, '/status'), { count: 1, name: '日本' });
    assert.deepEqual(await askControl(path, '/status'), { count: 2, name: '日本' });
  });

  it('may be opened by its owner only', async (context) => {
    const mask = process.umask(0);
    context.after(() => process.umask(mask));
    await served(context, async () => ({}));
    assert.equal((statSync(path).mode & 0o777).toString(8), '600');
  });

  it('answers nothing else', async (context) => {
    await served(context, async () => ({}));
    await assert.rejects(askControl(path, '/other'), unavailable(/nothing is known of "\/other"/));
    await assert.rejects(askControl(path, '/constructor'), unavailable(/nothing is known/));
    await assert.rejects(askControl(path, '/status', {}), unavailable(/\/status takes GET, not POST/));
  });

  it('says why there is no status', async (context) => {
    await served(context, async () => Promise.reject(new Error('the data plane is away')));
    await assert.rejects(askControl(path, '/status'), unavailable(/the data plane is away/));
  });

  it('hands on what was asked and sent', async (context) => {
    await served(context, () => null, {
      'GET /echo': Object.assign(({ query, body }: Question) => ({ query: [...query], body }), {
        parameters: ['a', 'b'],
      }),
      'POST /echo': async ({ query, body }) => ({ query: [...query], body }),
    });
    assert.deepEqual(await askControl(path, '/echo?a=1&b=%E6%97%A5'), {
      query: [['a', '1'], ['b', '日']], // biome-ignore format: pairs
      body: null,
    });
    const large = { text: '本'.repeat(80_000), list: [1, null, { deep: true }] };
    assert.deepEqual(await askControl(path, '/echo', large), { query: [], body: large });
  });

  it('refuses a parameter that a route does not take, and does nothing', async (context) => {
    let orders = 0;
    await served(context, () => 'here', {
      'POST /order': () => ++orders,
      'GET /last': Object.assign(() => 'here', { parameters: ['last'] }),
    });
    for (const route of ['/status?last=3', '/last?last=3&lsat=3']) {
      await assert.rejects(askControl(path, route), /^RingbackError: nothing is known of "ls?a/);
    }
    assert.match(await say(post('/order?dry=1', '')), /^HTTP\/1\.1 400 [\s\S]*nothing is known of "dry"/);
    assert.equal(orders, 0);
    assert.equal(await askControl(path, '/last?last=3'), 'here');
  });

  it('says whose fault it is that there is no answer', async (context) => {
    await served(context, () => null, {
      'POST /usage': () => {
        throw new RingbackError('usage', 'a number is expected');
      },
      'POST /input': async () => {
        throw new RingbackError('input', 'no such notice');
      },
    });
    assert.match(await say(post('/usage', '')), /^HTTP\/1\.1 400 [\s\S]*a number is expected\r\n/);
    assert.match(await say(post('/input', '')), /^HTTP\/1\.1 409 [\s\S]*no such notice\r\n/);
    for (const [route, code, message] of [
      ['/usage', 'usage', 'a number is expected'],
      ['/input', 'input', 'no such notice'],
    ]) {
      await assert.rejects(askControl(path, String(route), {}), (error: unknown) => {
        return error instanceof RingbackError && error.code === code && error.message === message;
      });
    }
  });

  it('refuses in words what is broken or too much, and goes on', async (context) => {
    let orders = 0;
    await served(context, () => 'here', { 'POST /order': () => ++orders });
    const head = 'POST /order HTTP/1.1\r\nHost: ringback\r\nConnection: close\r\n';
    for (const [bytes, status, words] of [
      [post('/order', '{"ids": ['), 400, /no JSON/],
      [post('/order', '\0\xff'), 400, /no JSON/],
      [post('/order', ' '.repeat(300_000)), 413, /more than 256 KiB at once/],
      [
        `${head}Transfer-Encoding: chunked\r\n\r\n${'10000\r\n'.concat('x'.repeat(65_536), '\r\n').repeat(5)}0\r\n\r\n`,
        413,
        /256/,
      ],
      [post('http://ringback/order', '{}'), 404, /nothing is known/],
      [post('/', '{}'), 404, /nothing is known/],
      [post('/order/../order', '{}'), 404, /nothing is known/],
      [post('/status', '{}'), 405, /\/status takes GET, not POST/],
      [post('/order', '{}').replace('POST', 'DELETE'), 405, /Allow: POST[\s\S]*takes POST, not DELETE/],
      [post('/order', '{}').replace('POST', 'STEAL'), 400, /Bad Request/],
      ['220 mail.example.jp\r\n', 400, /Bad Request/],
      [`GET /status HTTP/1.1\r\nCookie: ${'x'.repeat(100_000)}\r\n\r\n`, 431, /Too Large/],
    ] as const) {
      const heard = await say(bytes);
      const what = `${bytes.slice(0, 60)}: ${heard}`;
      assert.ok(heard.startsWith(`HTTP/1.1 ${status} `), what);
      assert.match(heard, words, what);
    }
    // Half a question, and no more.
    assert.doesNotMatch(await say(`${head}Content-Length: 1000\r\n\r\n{"all": true}`), / 200 /);
    assert.equal(orders, 0);
    assert.equal(await askControl(path, '/status'), 'here');
    assert.equal(await askControl(path, '/order', {}), 1);
  });

  it('takes the place of one that a killed process left behind', async (context) => {
    leaveSocket(path);
    await served(context, async () => 'here');
    assert.equal(await askControl(path, '/status'), 'here');
  });

  it('is not taken from a process that serves it', async (context) => {
    await served(context, async () => 'the first');
    await assert.rejects(
      serveControl(path, { 'GET /status': () => 'the second' }),
      unavailable(/another ringback serves it; stop that one/),
    );
    assert.equal(await askControl(path, '/status'), 'the first');
  });

  it('takes the place of nothing but a socket', async () => {
    writeFileSync(path, 'somebody’s file');
    await assert.rejects(serveControl(path, {}), unavailable(new RegExp(path)));
    assert.equal(readFileSync(path, 'utf8'), 'somebody’s file');
  });

  it('cannot be where there is no directory, and says that', async () => {
    const lost = place.path('missing/ringback.sock');
    await assert.rejects(
      serveControl(lost, {}),
      unavailable(/missing.* does not exist|no directory .*missing/),
    );
  });

  it('cannot be where this user may not write, and says what to do', async () => {
    // Nobody may write there, not even root.
    await assert.rejects(
      serveControl('/proc/ringback.sock', {}),
      unavailable(/run as root, or name another/),
    );
  });

  it('cannot be where a directory is', async () => {
    mkdirSync(path);
    await assert.rejects(serveControl(path, {}), unavailable(new RegExp(path)));
    assert.ok(statSync(path).isDirectory(), 'which stays');
  });

  it('says in parts what is made in parts, and makes no more when whoever asked is gone', async (context) => {
    let made = 0;
    let isOver = false;
    const endless = function* (): Generator<string> {
      try {
        for (yield '['; ; made++) yield `${'"x",'.repeat(10_000)}`;
      } finally {
        isOver = true;
      }
    };
    await served(context, () => partsInTurns(['{"a"', ':[1,', '2]}'], machineTime), {
      'GET /endless': () => partsInTurns(endless(), machineTime),
    });
    assert.deepEqual(await askControl(path, '/status'), { a: [1, 2] });
    const reader = connect(path).on('error', () => {});
    reader.write('GET /endless HTTP/1.1\r\nHost: ringback\r\n\r\n');
    reader.pause();
    let before = -1;
    await until('nobody reads any more, and no more is made', () => {
      const isFull = made > 0 && made === before;
      before = made;
      return isFull;
    });
    reader.destroy();
    await until('it is over', () => isOver);
  });

  it('is gone once it is closed, even with somebody still waiting for an answer', async () => {
    let asked = false;
    const server = await serveControl(path, {
      'GET /status': () => {
        asked = true;
        return new Promise(() => {});
      },
    });
    const patient = connect(path).on('error', () => {});
    patient.write('GET /status HTTP/1.1\r\nHost: ringback\r\n\r\n');
    await until('it was asked', () => asked);
    let closed = false;
    void server.close().then(() => {
      closed = true;
    });
    await until('it is closed', () => closed);
    assert.equal(existsSync(path), false);
    patient.destroy();
  });
});

describe('Asking', () => {
  it('where nobody is says that nobody is', async () => {
    const nobody = (error: unknown): boolean =>
      unavailable(/no `ringback run` is running here/)(error) && isNobodyThere(error);
    await assert.rejects(askControl(path, '/status'), nobody);
    leaveSocket(path);
    await assert.rejects(askControl(path, '/status'), nobody);
  });

  it('somebody else says that the answer is none', async (context) => {
    await stranger(context, (_, response) => response.end('<p>Hello</p>'));
    const error = await refused(askControl(path, '/status'));
    assert.ok(unavailable(new RegExp(path))(error), 'an error for people');
    assert.equal(isNobodyThere(error), false);
  });

  it('somebody who goes away in the middle of the answer says that', async (context) => {
    await stranger(context, (_, response) => {
      response.writeHead(200, { 'Content-Length': 1000 });
      response.write('{"half": ', () => response.destroy());
    });
    assert.ok(
      unavailable(new RegExp(path))(await refused(askControl(path, '/status'))),
      'an error for people',
    );
  });

  it('somebody who speaks no HTTP says that', async (context) => {
    const server = createRaw((socket) => socket.end('220 mail.example.jp\r\n'));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    context.after(() => server.close());
    assert.ok(
      unavailable(new RegExp(path))(await refused(askControl(path, '/status'))),
      'an error for people',
    );
  });
});
