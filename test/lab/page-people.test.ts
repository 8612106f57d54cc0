import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describe } from 'node:test';
import { address, type Lab } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { type Answer, ask, comeBack, dataOf, formOf, PAGE, page, served, urlOf, VISITOR } from './curl.ts';
import { Disk } from './disk.ts';
import { story, turnedAway } from './support.ts';

const NEIGHBOUR = 'c154';
const URL_OF_ROUTER = `http://${address('router')}:8480`;
const OWN_FORM = '/.well-known/ringback/notice';

/** Answers yes to the question that stands at a path of the dead server. */
async function sayYes(lab: Lab, who: string, mail: string, path = '/', server = 's80'): Promise<Answer> {
  const url = new URL(path, urlOf(server, 4)).href;
  const { action, fields } = formOf(await page(lab, who, url));
  return ask(lab, who, new URL(action, url).href, ...dataOf({ ...fields, mail, want: 'yes' }));
}

/** Everybody to whom mail has gone, as often as it has. */
async function told(lab: Lab): Promise<readonly string[]> {
  return (await lab.mails()).flatMap(({ to }) => to).toSorted();
}

/** Says the first part to a server's web port, and the rest when it is told to (SIGUSR1); then prints what it hears. */
const SLOW_SPEAKER = `
const [server, first, rest] = process.argv.slice(1);
const socket = require('node:net').connect(80, server, () => socket.write(first, () => console.error('said')));
socket.pipe(process.stdout);
process.once('SIGUSR1', () => socket.write(rest));
`;

/**
 * A browser that keeps its connections: reads a page that keeps one for its form, thinks until SIGUSR1, sends the form, and asks
 * for the page again. Prints what it hears, each as JSON in a line.
 */
const FORM_FILLER = `
const http = require('node:http');
const [url] = process.argv.slice(1);
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const ask = (method, target, body) => new Promise((resolve, reject) => {
  const headers = { Accept: 'text/html', ...(body ? { 'Content-Type': 'application/x-www-form-urlencoded' } : {}) };
  const request = http.request(target, { agent, method, headers }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk) => { text += chunk; });
    response.on('end', () => {
      const { statusCode: status, headers: { location } } = response;
      console.log(JSON.stringify({ status, location, text, reused: request.reusedSocket }));
      resolve(text);
    });
  });
  request.on('error', reject).end(body);
});
(async () => {
  let page = await ask('GET', url);
  while (page.includes('data-try')) page = await ask('GET', url);
  const [, action] = /<form[^>]* action="([^"]*)"/.exec(page);
  const [, token] = /name="token" value="([^"]*)"/.exec(page);
  const here = setInterval(() => {}, 1000);
  process.once('SIGUSR1', async () => {
    clearInterval(here);
    await ask('POST', new URL(action, url), new URLSearchParams({ token, want: 'yes', mail: 'suzuki@example.jp' }).toString());
    await ask('GET', url);
    agent.destroy();
  });
  console.error('read');
})();
`;

/** Its answers so far. */
async function formFiller(
  lab: Lab,
  url: string,
): Promise<{ readonly child: ChildProcess; readonly heard: () => Heard[] }> {
  const child = lab.spawn(VISITOR, [process.execPath, '-e', FORM_FILLER, url]);
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  assert.ok(child.stderr !== null);
  const [said] = await once(child.stderr.setEncoding('utf8'), 'data');
  assert.equal(said, 'read\n');
  return {
    child,
    heard: () =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
  };
}

interface Heard {
  readonly status: number;
  readonly location?: string;
  readonly text: string;
  readonly reused: boolean;
}

describe('people who answer the page', { concurrency: 4 }, () => {
  story(
    'are told each for himself behind one address, and once whatever the case of their letters',
    async (lab) => {
      await lab.start('mail');
      const ringback = await Ringback.start(lab, { page: PAGE });
      await turnedAway(lab, ringback, 'c151', 's80');
      const named = await page(lab, 'c150', urlOf('s80', 4));
      assert.doesNotMatch(named.body, /<form/, 'whom the operator names is told anyway');
      assert.equal((await sayYes(lab, VISITOR, 'suzuki@example.jp')).status, 200);
      for (const mail of ['kobayashi@example.jp', 'Suzuki@example.jp'])
        assert.equal((await sayYes(lab, VISITOR, mail, OWN_FORM)).status, 200);
      await comeBack(lab, 's80');
      const { people: count } = await ringback.event(
        { event: 'outage.closed', server: address('s80') },
        60_000,
      );
      assert.equal(count, 4);
      for (const mail of ['kobayashi@example.jp', 'Suzuki@example.jp', 'sato@example.jp'])
        await ringback.event({ event: 'notice.sent', mail }, 60_000);
      assert.deepEqual(await told(lab), [
        'Suzuki@example.jp',
        'kobayashi@example.jp',
        'sato@example.jp',
        'tanaka@example.jp',
      ]);
    },
  );

  story(
    'read the same whether or not they have stopped the notices, which outlives the program',
    async (lab) => {
      await lab.start('mail');
      const settings = { recover: { settle: '0s' }, page: { ...PAGE, router_url: URL_OF_ROUTER } };
      const first = await Ringback.start(lab, settings);
      await turnedAway(lab, first, 'c151', 's80');
      await comeBack(lab, 's80');
      await first.event({ event: 'notice.sent', mail: 'sato@example.jp' }, 60_000);
      const [mail] = await lab.mails();
      const link = mail?.headers.get('list-unsubscribe')?.slice(1, -1) ?? '';
      assert.equal((await ask(lab, 'c151', link, '--data', 'List-Unsubscribe=One-Click')).status, 200);
      await first.stop('SIGKILL');

      const second = await Ringback.start(lab, settings);
      await turnedAway(lab, second, 'c150', 's81');
      const answers: string[] = [];
      for (const [who, mail] of [
        [VISITOR, 'sato@example.jp'],
        [NEIGHBOUR, 'mori@example.jp'],
      ] as const) {
        const answer = await sayYes(lab, who, mail, '/', 's81');
        const next = await page(lab, who, urlOf('s81', 4));
        const all = [answer, next]
          .map(({ status, headers, body }) => `${status} ${headers} ${body}`)
          .join('\n');
        answers.push(all.replaceAll(mail, 'MAIL').replaceAll(/^date: .*$/gim, ''));
      }
      assert.equal(answers[0], answers[1]);
      await comeBack(lab, 's81');
      await second.event({ event: 'notice.sent', mail: 'mori@example.jp' }, 60_000);
      await second.event({ event: 'notice.sent', mail: 'tanaka@example.jp' }, 60_000);
      assert.deepEqual(await told(lab), ['mori@example.jp', 'sato@example.jp', 'tanaka@example.jp']);
      assert.equal((await ask(lab, 'c151', link, '--data', 'notices=allow')).status, 200);
      await second.stop('SIGKILL');

      const third = await Ringback.start(lab, settings);
      await turnedAway(lab, third, 'c151', 's82');
      await comeBack(lab, 's82');
      await third.event({ event: 'notice.sent', mail: 'sato@example.jp' }, 60_000);
    },
  );

  for (const form of ['server', 'router'] as const) {
    story(
      `may be quicker than the data plane, which has not told of them: form to the ${form}`,
      async (lab) => {
        const more = form === 'router' ? { form, router_url: URL_OF_ROUTER } : {};
        const ringback = await Ringback.start(lab, { page: { ...PAGE, ...more } });
        await turnedAway(lab, ringback, 'c151', 's80');
        await page(lab, NEIGHBOUR, urlOf('s80', 4));
        const { pid } = ringback.daemon();
        process.kill(pid, 'SIGSTOP');
        const answer = await sayYes(lab, VISITOR, 'suzuki@example.jp').finally(() =>
          process.kill(pid, 'SIGCONT'),
        );
        assert.equal(answer.status, 200, answer.body);
        await ringback.event({
          event: 'page.registered',
          client: address(VISITOR),
          mail: 'suzuki@example.jp',
        });
        await ringback.event({ event: 'client.waiting', client: address(VISITOR) });
      },
    );
  }

  story('must have been turned away, however good their form is', async (lab) => {
    const settings = { form: 'router', router_url: URL_OF_ROUTER };
    const ringback = await Ringback.start(lab, { recover: { settle: '0s' }, page: { ...PAGE, ...settings } });
    await turnedAway(lab, ringback, 'c151', 's80');
    const { action, fields } = formOf(await page(lab, VISITOR, urlOf('s80', 4)));
    const answer = dataOf({ ...fields, mail: 'suzuki@example.jp', want: 'yes' });
    await comeBack(lab, 's80');
    await ringback.event({ event: 'outage.closed', server: address('s80') }, 60_000);
    assert.equal((await ask(lab, VISITOR, action, ...answer)).status, 503, 'the server is back');
    await lab.powerOff('s80', [80]);
    assert.equal(await lab.tryTo('c150', 's80'), 'turned away');
    await ringback.event({ event: 'client.waiting', client: address('c150') });
    assert.equal(
      (await ask(lab, VISITOR, action, ...answer)).status,
      403,
      'of the next outage he knows nothing',
    );
    assert.deepEqual(ringback.matching({ event: 'page.registered' }), []);
    await page(lab, VISITOR, urlOf('s80', 4));
    assert.equal((await ask(lab, VISITOR, action, ...answer)).status, 200);
  });

  story('are not told that they are registered when it can’t be written down', async (lab) => {
    const disk = new Disk();
    const ringback = await Ringback.start(lab, { page: PAGE, state: `${disk.path}/state` });
    await turnedAway(lab, ringback, 'c151', 's80');
    disk.fill();
    const answer = await sayYes(lab, VISITOR, 'suzuki@example.jp');
    assert.equal(answer.status, 503);
    assert.match(answer.body, /could not be stored/);
    await ringback.stop('SIGKILL');
    disk.remove();
  });

  story('on a connection from before the server’s return hear that it is back', async (lab) => {
    const ringback = await Ringback.start(lab, { recover: { settle: '0s' }, page: PAGE });
    await turnedAway(lab, ringback, 'c151', 's80');
    const { action, fields } = formOf(await page(lab, VISITOR, urlOf('s80', 4)));
    const body = new URLSearchParams({ ...fields, mail: 'suzuki@example.jp', want: 'yes' }).toString();
    const head = [
      `POST ${action} HTTP/1.1`,
      'Host: www.example.jp',
      'Content-Type: application/x-www-form-urlencoded',
      `Content-Length: ${body.length}`,
    ];
    const [first, rest] = [`${head.join('\r\n')}\r\n\r\n${body.slice(0, 4)}`, body.slice(4)];
    const speaker = lab.spawn(VISITOR, [process.execPath, '-e', SLOW_SPEAKER, address('s80'), first, rest]);
    let heard = '';
    speaker.stdout?.setEncoding('utf8').on('data', (text: string) => {
      heard += text;
    });
    assert.ok(speaker.stderr !== null);
    await once(speaker.stderr, 'data');
    await comeBack(lab, 's80');
    await ringback.event({ event: 'outage.closed', server: address('s80') }, 60_000);
    speaker.kill('SIGUSR1');
    await once(speaker, 'close');
    assert.match(heard, /^HTTP\/1\.1 503 .*The server is back/s);
    assert.deepEqual(ringback.matching({ event: 'page.registered' }), []);
  });

  for (const version of [4, 6] as const) {
    story(`hear from the page that the server is back, after its return: IPv${version}`, async (lab) => {
      const ringback = await Ringback.start(lab, { recover: { settle: '0s' }, page: PAGE });
      await turnedAway(lab, ringback, 'c151', 's80', version);
      const url = urlOf('s80', version);
      await page(lab, VISITOR, url);
      const { child, heard } = await formFiller(lab, `${url}/`);
      await comeBack(lab, 's80');
      await ringback.event({ event: 'outage.closed', server: address('s80', version) }, 60_000);
      await served(lab, url);
      child.kill('SIGUSR1');
      await once(child, 'close');
      const [form, next] = heard().slice(-2);
      assert.deepEqual([form?.status, form?.reused], [503, true]);
      assert.match(form?.text ?? '', /The server is back/);
      assert.equal(next?.text.includes('at your service'), true, 'the server itself');
      assert.deepEqual(ringback.matching({ event: 'page.registered' }), []);
      // Whatever was suspected of the server meanwhile is decided before an outage that begins later.
      await turnedAway(lab, ringback, 'c152', 's81', version);
      assert.deepEqual(ringback.matching({ event: 'outage.opened', port: 80 }), []);
    });
  }

  story('are told if they have read so, however close the server’s return is', async (lab) => {
    await lab.start('mail');
    const ringback = await Ringback.start(lab, { recover: { settle: '0s' }, page: PAGE });
    await turnedAway(lab, ringback, 'c151', 's80');
    const url = urlOf('s80', 4);
    const visitors = await Promise.all(
      [VISITOR, NEIGHBOUR, 'c155', 'c156'].map(async (who) => ({
        who,
        form: formOf(await page(lab, who, url)),
      })),
    );
    await lab.start('s80');
    await lab.powerOn('s80');
    const promised: string[] = [];
    const answering = visitors.map(async ({ who, form: { action, fields } }) => {
      // Until the limit, or until the server answers itself.
      for (let n = 1; n <= 5; n++) {
        const mail = `${who}.${n}@example.jp`;
        const { status, body } = await ask(
          lab,
          who,
          `${url}${action}`,
          ...dataOf({ ...fields, mail, want: 'yes' }),
        );
        if (status !== 200 || !body.includes('You are registered')) break;
        promised.push(mail);
      }
    });
    await lab.trap('s80');
    await Promise.all(answering);
    await ringback.event({ event: 'outage.closed', server: address('s80') }, 60_000);
    const people = [...promised, 'sato@example.jp'].toSorted();
    for (const mail of people) await ringback.event({ event: 'notice.sent', mail }, 60_000);
    assert.deepEqual(await told(lab), people);
  });
});
