import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, createServer as createRaw } from 'node:net';
import { afterEach, beforeEach, describe, it, type TestContext } from 'node:test';
import { RingbackError } from '../../../host/errors.ts';
import { askControl, serveControl } from '../../../host/router/control.ts';
import { directory } from '../fabric/scripted.ts';
import { until } from '../tools.ts';

let place: ReturnType<typeof directory>;
let path: string;
beforeEach(() => {
  place = directory();
  path = place.path('ringback.sock');
});
afterEach(() => place.remove());

async function served(context: TestContext, status: () => Promise<unknown>): Promise<void> {
  const server = await serveControl(path, status);
  context.after(() => server.close());
}

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
    await assert.rejects(askControl(path, '/other'), unavailable(/404/));
  });

  it('says why there is no status', async (context) => {
    await served(context, async () => Promise.reject(new Error('the data plane is away')));
    await assert.rejects(askControl(path, '/status'), unavailable(/the data plane is away/));
  });

  it('takes the place of one that a killed process left behind', async (context) => {
    leaveSocket(path);
    await served(context, async () => 'here');
    assert.equal(await askControl(path, '/status'), 'here');
  });

  it('is not taken from a process that serves it', async (context) => {
    await served(context, async () => 'the first');
    await assert.rejects(
      serveControl(path, async () => 'the second'),
      unavailable(/another ringback serves it; stop that one/),
    );
    assert.equal(await askControl(path, '/status'), 'the first');
  });

  it('takes the place of nothing but a socket', async () => {
    writeFileSync(path, 'somebody’s file');
    await assert.rejects(
      serveControl(path, async () => ({})),
      unavailable(new RegExp(path)),
    );
    assert.equal(readFileSync(path, 'utf8'), 'somebody’s file');
  });

  it('cannot be where there is no directory, and says that', async () => {
    const lost = place.path('missing/ringback.sock');
    await assert.rejects(
      serveControl(lost, async () => ({})),
      unavailable(/missing.* does not exist|no directory .*missing/),
    );
  });

  it('cannot be where a directory is', async () => {
    mkdirSync(path);
    await assert.rejects(
      serveControl(path, async () => ({})),
      unavailable(new RegExp(path)),
    );
    assert.ok(statSync(path).isDirectory(), 'which stays');
  });

  it('is gone once it is closed, even with somebody still waiting for an answer', async () => {
    let asked = false;
    const server = await serveControl(path, () => {
      asked = true;
      return new Promise(() => {});
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
    await assert.rejects(askControl(path, '/status'), unavailable(/no `ringback run` is running here/));
    leaveSocket(path);
    await assert.rejects(askControl(path, '/status'), unavailable(/no `ringback run` is running here/));
  });

  it('somebody else says that the answer is none', async (context) => {
    await stranger(context, (_, response) => response.end('<p>Hello</p>'));
    assert.ok(
      unavailable(new RegExp(path))(await refused(askControl(path, '/status'))),
      'an error for people',
    );
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
