/** What open pages of the dashboard are told, over real connections. */
import assert from 'node:assert/strict';
import { type ClientRequest, request } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { addToHistory } from '../../../host/store/history.ts';
import { until } from '../tools.ts';
import { busyScene, type Dashboard, fillPast, NASTY, quietScene, serveDashboard, TOKEN } from './served.ts';

interface Section {
  readonly id: string;
  readonly html: string;
}

class Listener {
  readonly sections: Section[] = [];
  status = 0;
  hasEnded = false;
  readonly #asking: ClientRequest;

  constructor(
    url: string,
    path = '/events?lang=en',
    headers: Record<string, string> = { authorization: `Bearer ${TOKEN}` },
  ) {
    this.#asking = request(url + path, { headers, agent: false }, (response) => {
      this.status = response.statusCode ?? 0;
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        const whole = text.split('\n\n');
        text = whole.pop() ?? '';
        for (const event of whole) {
          const [, data] = /^event: section\ndata: (.*)$/.exec(event) ?? [];
          if (data !== undefined) this.sections.push(JSON.parse(data));
        }
      });
      response.on('error', () => {});
      response.on('close', () => {
        this.hasEnded = true;
      });
    });
    this.#asking.on('error', () => {
      this.hasEnded = true;
    });
    this.#asking.end();
  }

  last(id: string): string {
    return this.sections.findLast((section) => section.id === id)?.html ?? '';
  }

  took(): string[] {
    return this.sections.splice(0).map(({ id }) => id);
  }

  leave(): void {
    this.#asking.destroy();
  }
}

function listening(
  test: TestContext,
  { url }: Dashboard,
  path?: string,
  headers?: Record<string, string>,
): Listener {
  const listener = new Listener(url, path, headers);
  test.after(() => listener.leave());
  return listener;
}

async function session({ ask }: Dashboard): Promise<{ cookie: string }> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const given = await ask('/login', { method: 'POST', token: null, headers, body: `token=${TOKEN}` });
  return { cookie: given.headers['set-cookie']?.[0]?.split(';')[0] ?? '' };
}

describe('An open dashboard', () => {
  it('is told everything first, and then what has changed', async (test) => {
    const dashboard = await serveDashboard(test);
    const { seen, log } = dashboard;
    const listener = listening(test, dashboard);
    await until('all sections', () => listener.sections.length >= 7);
    assert.deepEqual(listener.took().sort(), [
      'day',
      'down',
      'month',
      'notices',
      'router',
      'summary',
      'untold',
    ]);
    seen.scene = busyScene();
    log.info('outage.opened', { server: '172.27.178.80', port: 0, cause: 'unreachable' });
    await until('news', () => listener.last('down').includes('www.example.jp (172.27.178.80)'));
    assert.match(listener.last('summary'), /4 outages at present\. 40 clients wait\./);
    assert.match(listener.last('down'), /172\.27\.179\.103: 3 tries, the last at /);
    assert.ok(!listener.took().includes('month'), 'what is as it was is not sent again');
  });

  it('hears of a return, and what the history says of it', async (test) => {
    const dashboard = await serveDashboard(test);
    fillPast(dashboard.store);
    const listener = listening(test, dashboard);
    await until('all sections', () => listener.sections.length >= 7);
    assert.match(listener.last('month'), /6 outages ended, on \d days?\./);
    const { store } = dashboard;
    const toMs = store.clock.nowMs();
    const past = {
      server: '172.27.178.80',
      port: 0,
      cause: 'unreachable',
      sign: 'arp',
      fromMs: toMs - 5000,
      toMs,
    };
    const untold = { noAddress: 0, stale: 0, stopped: 3, handedOver: 0 };
    store.write((sql) => addToHistory(sql, { ...past, clients: 4, people: 1, telling: null, untold }));
    const counts = { clients: 4, people: 1, queued: 1, told: 0, failed: 0 };
    const at = { server: '172.27.178.80', port: 0 };
    dashboard.log.info('outage.closed', { ...at, cause: 'unreachable', sign: 'arp', ...counts });
    await until('news', () => listener.last('untold').includes('3 want no notices'));
    assert.match(
      listener.last('untold'),
      /Notice feedface\S* was given up: 550 5\.1\.1 &lt;mori@example\.jp&gt;: no such user/,
    );
    assert.match(listener.last('month'), /7 outages ended, on \d days?\./);
    assert.match(
      listener.last('day'),
      /<svg role="img"[^>]* aria-label="www\.example\.jp \(172\.27\.178\.80\): from \d+ s ago to \d+ s ago; from 9 h 15 min ago to 9 h ago"/,
    );
  });

  it('speaks the language that it was asked in', async (test) => {
    const dashboard = await serveDashboard(test);
    dashboard.seen.scene = busyScene();
    const [english, japanese] = [listening(test, dashboard), listening(test, dashboard, '/events?lang=ja')];
    await until('both', () => english.sections.length >= 7 && japanese.sections.length >= 7);
    assert.match(english.last('down'), /unreachable, .*since /);
    assert.match(japanese.last('down'), /到達不能/);
    assert.ok(!/[぀-ヿ]/.test(english.last('summary')));
  });

  it('is one of few, and those that are too many are told so', async (test) => {
    const dashboard = await serveDashboard(test);
    const listeners = Array.from({ length: 9 }, () => listening(test, dashboard));
    await until('an answer for each', () => listeners.every(({ status }) => status !== 0));
    assert.deepEqual(
      listeners.map(({ status }) => status).sort(),
      [200, 200, 200, 200, 200, 200, 200, 200, 503],
    );
  });

  it('ends when somebody signs out, whoever listens', async (test) => {
    const dashboard = await serveDashboard(test);
    const [stolen, own] = [await session(dashboard), await session(dashboard)];
    const listeners = [stolen, own, undefined].map((headers) =>
      listening(test, dashboard, undefined, headers),
    );
    await until('all sections', () => listeners.every(({ sections }) => sections.length >= 7));
    await dashboard.ask('/logout', { method: 'POST', token: null });
    dashboard.pass(0);
    assert.ok(!listeners.some(({ hasEnded }) => hasEnded), 'not by a stranger');
    await dashboard.ask('/logout', { method: 'POST', token: null, headers: own });
    await until('the end of all', () => listeners.every(({ hasEnded }) => hasEnded));
    assert.equal((await dashboard.ask('/events', { token: null, headers: stolen })).status, 401);
  });

  it('ends with its session, and goes on for whoever has the token', async (test) => {
    const dashboard = await serveDashboard(test);
    const headers = await session(dashboard);
    dashboard.pass(12 * 3_600_000 - 60_000);
    const listener = listening(test, dashboard, undefined, headers);
    const other = listening(test, dashboard);
    await until('all sections', () => listener.sections.length >= 7 && other.sections.length >= 7);
    dashboard.pass(61_000);
    await until('its end', () => listener.hasEnded);
    assert.ok(!other.hasEnded);
  });

  it('ends with the program', async (test) => {
    const dashboard = await serveDashboard(test);
    const listener = listening(test, dashboard);
    await until('all sections', () => listener.sections.length >= 7);
    await dashboard.server.close();
    await until('its end', () => listener.hasEnded);
  });

  it('says when the router can’t be asked, and goes on', async (test) => {
    const dashboard = await serveDashboard(test);
    const { seen, log, lines } = dashboard;
    const listener = listening(test, dashboard);
    await until('all sections', () => listener.sections.length >= 7);
    seen.trouble = new Error('the disk is gone');
    log.info('outage.opened', { server: '172.27.178.80', port: 0, cause: 'unreachable' });
    await until('the failure', () => lines.some(({ event }) => event === 'dashboard.failed'));
    assert.equal((await dashboard.ask('/metrics')).status, 503);
    seen.trouble = null;
    seen.scene = busyScene();
    await until('the recovery', () => listener.last('summary').includes('4 outages'));
  });
});

describe('The page of the dashboard', () => {
  it('names nobody where it only counts', async (test) => {
    const { ask, seen, store } = await serveDashboard(test, { people: 'counted' });
    seen.scene = busyScene();
    fillPast(store);
    const { body } = await ask('/');
    assert.match(body, /34 clients wait/);
    assert.match(body, /2 tries failed: 450 4\.2\.0 &lt;…&gt;: greylisted/);
    for (const who of ['172.27.179.', 'sato@', 'mori@']) assert.ok(!body.includes(who), who);
  });

  it('lets no text of others become markup', async (test) => {
    const { ask, seen, store } = await serveDashboard(test);
    seen.scene = busyScene();
    seen.names.set('172.27.178.80', NASTY);
    fillPast(store);
    const { body, headers } = await ask('/');
    assert.equal(body.match(/<script/g)?.length, 1);
    assert.ok(!body.includes('<img'));
    assert.ok(body.split('&lt;script&gt;').length > 5);
    assert.match(
      String(headers['content-security-policy']),
      /^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-/,
    );
    assert.equal(headers['cache-control'], 'no-store');
  });

  it('is as short for a crowd as for a few', async (test) => {
    const { ask, seen } = await serveDashboard(test);
    const [outage] = busyScene().outages;
    assert.ok(outage);
    seen.scene = { ...quietScene(), outages: [{ ...outage, waiting: 100_000 }] };
    const { body } = await ask('/');
    assert.match(body, /100000 clients wait/);
    assert.match(body, /and 99997 more/);
  });
});

describe('The health', () => {
  it('is for everybody, and what is wrong for whoever may look', async (test) => {
    const { ask, seen, log } = await serveDashboard(test);
    seen.readings = { ...seen.readings, interfaces: [] };
    const well = await ask('/health', { token: null });
    assert.deepEqual([well.status, well.body], [200, '{"status":"pass"}']);
    assert.equal(well.headers['content-type'], 'application/health+json');
    log.error('smtp.refused', { reason: 'no', message: 'no' });
    const worse = async (): Promise<unknown> => JSON.parse((await ask('/health')).body);
    await until('fresh numbers', async () => JSON.stringify(await worse()).includes('"mailServer":"warn"'));
    log.info('smtp.back');
    seen.readings = { ...seen.readings, counters: null };
    await until('fresh numbers', async () => (await ask('/health', { token: null })).status === 503);
    assert.equal((await ask('/health', { token: null })).body, '{"status":"fail"}');
    assert.equal((await ask('/health', { token: 'wrong' })).status, 401);
  });
});
