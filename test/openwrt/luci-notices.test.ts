/** Notices, history, message and takeover of luci-app-ringback in Chromium; as luci.test.ts, where no answer is recorded. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { SMTPServer } from 'smtp-server';
import { SATO, TANAKA } from '../host/fabric/fabric.ts';
import { ringbackBeside } from '../host/router/program.ts';
import { until } from '../host/tools.ts';
import { freePort } from '../ports.ts';
import { examine, SERVICES, visits } from './luci/browser.ts';
import { Router } from './luci/router.ts';

const HOSTILE = '<img src=x onerror=alert(1)>';
const CLIENTS =
  'clients: [{address: 172.27.179.151, mail: sato@example.jp}, {address: 172.27.179.150, mail: tanaka@example.jp}]';

/** A mail server that turns everybody away with a reason, until it is told not to. */
async function mailHost(test: TestContext) {
  const port = await freePort();
  const host = { port, isRefusing: true, mails: [] as string[] };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    closeTimeout: 1,
    onRcptTo: (_address, _session, done) =>
      done(host.isRefusing ? Object.assign(new Error(`later, ${HOSTILE}`), { responseCode: 450 }) : null),
    onData: (stream, session, done) => {
      host.mails.push(...session.envelope.rcptTo.map(({ address }) => address));
      stream.resume().on('end', () => done());
    },
  });
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  test.after(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return host;
}

visits('Notices', (visit) => {
  visit('say why they are not there yet, are tried again by a button, or given up', async (test, goTo) => {
    const host = await mailHost(test);
    const router = await Router.open(test, { lines: [CLIENTS], smtpPort: host.port });
    const program = await router.start();
    router.refuses(SATO);
    router.refuses(TANAKA);
    await program.logged('client.waiting', 2);
    router.accepts({ ...TANAKA, port: 50_000 });
    await program.logged('outage.closed');
    await program.logged('notice.failed', 2);
    const page = await goTo(router, `${SERVICES}/notices`);
    await page.getByText(`later, ${HOSTILE}`).nth(1).waitFor();
    assert.equal(await page.locator('#view img').count(), 0);
    await examine(page, 'notices');
    await page.getByRole('button', { name: 'Give up: tanaka@example.jp' }).click();
    await page.getByText('given up').waitFor();
    host.isRefusing = false;
    await page.getByRole('button', { name: 'Try now: sato@example.jp' }).click();
    await until('Sato is told', () => host.mails.length === 1);
    await page.getByText('sent', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Try now: tanaka@example.jp' }).click();
    await until('Tanaka is told', () => host.mails.length === 2);
    const history = await goTo(router, `${SERVICES}/history`);
    await history.getByText('2 of 2 told').waitFor();
    await history.getByText('www.example.jp (172.27.178.80)').waitFor();
    await examine(history, 'history');
  });

  visit('are given up all at once after a question', async (test, goTo) => {
    const host = await mailHost(test);
    const router = await Router.open(test, { lines: [CLIENTS], smtpPort: host.port });
    const program = await router.start();
    router.refuses(SATO);
    await program.logged('client.waiting');
    router.accepts({ ...SATO, port: 50_000 });
    await program.logged('notice.failed');
    const page = await goTo(router, `${SERVICES}/notices`);
    await page.getByRole('button', { name: 'Give up all that wait' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Not delivered yet: 1').waitFor();
    await until('all are given up', async () => {
      // One that is being sent at the moment is left out, and it is said so.
      await page.getByRole('button', { name: 'Give up all that wait' }).click();
      await page.getByRole('button', { name: 'Give up', exact: true }).click();
      return (await ringbackBeside('outbox', '-c', router.file, '--json')).stdout.includes('"queued":0');
    });
    await page.getByText('Not delivered yet: 0').waitFor();
  });
});

visits('The message', (visit) => {
  visit('is set for a time, read by the program, and removed', async (test, goTo) => {
    const router = await Router.open(test);
    await router.start();
    const page = await goTo(router, `${SERVICES}/status`);
    await page.getByText('nobody reads a message before').waitFor();
    await page.getByRole('button', { name: 'Show this message' }).click();
    await page.getByText('A message has 1 to 1000 characters.').waitFor();
    await page.getByLabel('Message, as on planned work').fill('ディスクを交換しています。');
    await page.getByLabel('How long it stands').selectOption({ label: 'for a week' });
    await page.getByRole('button', { name: 'Show this message' }).click();
    await page.locator('blockquote', { hasText: 'ディスクを交換しています。' }).waitFor();
    const again = await goTo(router, `${SERVICES}/status`);
    await again.getByText('People read this until').waitFor();
    await again.getByRole('button', { name: 'Remove the message' }).click();
    await again.getByText('There is no message.').waitFor();
  });
});

visits('Recorded answers', (visit) => {
  visit('a history of an older version, with nulls, and long ago', async (test, goTo) => {
    const outage = {
      ...{
        server: '172.27.178.80',
        port: 0,
        cause: 'unheard of',
        sign: null,
        from: null,
        to: '1970-01-01T00:00:20.000Z',
      },
      ...{
        seconds: 4_000_000,
        clients: 3,
        people: 3,
        told: 2,
        queued: null,
        failed: null,
        untold: null,
        handedOver: null,
      },
    };
    const second = {
      ...{ ...outage, port: 443, cause: 'refused', to: 'no time at all', seconds: 75 },
      ...{
        untold: { noAddress: 1, stale: 2, stopped: 0, limited: 4 },
        queued: 5,
        failed: 6,
        handedOver: { clients: 7 },
      },
    };
    const outages = [outage, second, { server: '2001:db8:178::80' }];
    const router = await Router.open(test, { recorded: { history: { outages, lists: [] } } });
    const page = await goTo(router, `${SERVICES}/history`);
    await page.getByText('unheard of').waitFor();
    const text = await page.locator('#view').innerText();
    const said = ['46 d 7 h', 'whole host', 'unknown: the clock was wrong', 'no time at all', '1 min 15 s'];
    said.push(
      'tried too long ago: 2',
      'had enough mails: 4',
      'on a list for a relay: 7',
      '2 of 3 told',
      '? of ? told',
    );
    for (const words of said) assert.ok(text.includes(words), `${words}: ${text}`);
    assert.ok(!text.includes('want no notices'));
    await examine(page, 'history-old');
  });

  visit(
    'an active, one of whose addresses is stuck, and a standby that has taken one',
    async (test, goTo) => {
      const since = '2026-05-01T09:00:00.000Z';
      const active = {
        ...{
          since,
          name: 'web',
          role: 'active',
          healthy: false,
          faults: ['the command says 1'],
          refused: {},
        },
        standby: { address: '172.27.178.13:7373', name: 'standby', reachable: true },
        addresses: [
          { address: '172.27.178.80/24', adapter: 'eth1', state: 'stuck', cause: 'fault', reason: HOSTILE },
          { address: '172.27.178.81/24', adapter: 'eth1', state: 'here', cause: null, reason: null },
        ],
      };
      const first = await goTo(
        await Router.open(test, { recorded: { status: active } }),
        `${SERVICES}/takeover`,
      );
      await first.getByText('the command says 1').waitFor();
      await first.getByText('stuck').waitFor();
      await first.getByText(HOSTILE).waitFor();
      await examine(first, 'takeover-active');
      const standby = {
        ...{ since, name: 'standby', role: 'standby', needed: 2, sufficient: false, refused: {} },
        adapters: [
          { adapter: 'eth2', hardware: '02:00:00:00:00:05', addresses: ['172.27.178.80'] },
          { adapter: 'eth3', hardware: null, addresses: [] },
        ],
        actives: [
          {
            name: 'web',
            address: '172.27.178.11',
            state: 'silent',
            healthy: false,
            addresses: ['172.27.178.80'],
          },
        ],
        taken: [
          {
            address: '172.27.178.80',
            adapter: 'eth2',
            active: 'web',
            cause: 'heartbeat',
            state: 'taken',
            seconds: 90,
          },
        ],
      };
      const second = await goTo(
        await Router.open(test, { recorded: { status: standby } }),
        `${SERVICES}/takeover`,
      );
      await second.getByText('eth2 (172.27.178.80); eth3 (not there)').waitFor();
      await second.getByText('2: too few are there').waitFor();
      await second.getByText('1 min 30 s').waitFor();
      await examine(second, 'takeover-standby');
    },
  );

  visit(
    'a thousand servers that are down, which are shown in parts, and the focus stays',
    async (test, goTo) => {
      const outages = Array.from({ length: 1000 }, (_, n) => ({
        ...{
          server: `10.1.${n >> 8}.${n & 255}`,
          port: 0,
          cause: 'unreachable',
          from: null,
          clients: [],
          waiting: 1,
        },
      }));
      const page = await goTo(
        await Router.open(test, { recorded: { status: { outages } } }),
        `${SERVICES}/status`,
      );
      const rows = page.getByRole('cell', { name: /^10\.1\.\d+\.\d+$/ });
      await page.getByText('50 of 1000 are shown.').waitFor();
      assert.equal(await rows.count(), 50);
      await page.getByRole('button', { name: 'Show more' }).click();
      await page.getByText('500 of 1000 are shown.').waitFor();
      assert.equal(await rows.count(), 500);
      assert.equal(await page.evaluate('document.activeElement.textContent'), 'Show more');
    },
  );

  visit(
    'interfaces that are down, a daemon that is away, a state in memory, ten thousand cut to fifty',
    async (test, goTo) => {
      const clients = Array.from({ length: 50 }, (_, n) => ({
        client: `10.0.0.${n}`,
        first: null,
        last: null,
        tries: 1,
      }));
      const status = {
        ...{ since: null, suspicions: [], short: [], gaps: 3, counters: null, pending: [], past: [] },
        outages: [
          { server: '172.27.178.81', port: 0, cause: 'unreachable', from: null, clients, waiting: 10_000 },
        ],
        notices: { pending: 1, sent: 2, failed: 3, queued: 1 },
        state: { place: 'memory', reason: `no room left ${HOSTILE}`, directory: '/etc/ringback/state' },
        traps: { accepted: 1, ignored: 2, malformed: 3, unauthorised: 4, limited: 5 },
        interfaces: [
          {
            name: 'pppoe-wan',
            network: 'wan',
            number: 1,
            hardware: null,
            up: false,
            received: 0,
            dropped: 0,
            lost: 0,
          },
        ],
      };
      const page = await goTo(await Router.open(test, { recorded: { status } }), `${SERVICES}/status`);
      await page.getByText('The data plane is away').waitFor();
      await page.getByText('Nothing is noticed there until it is back: wan (pppoe-wan)').waitFor();
      await page.getByText(`no room left ${HOSTILE}`).waitFor();
      await page.getByText('3 since the start.').waitFor();
      await page.getByRole('button', { name: '10000: show' }).click();
      await page.getByText('The router names the first 50 here; 9950 more wait.').waitFor();
      await examine(page, 'troubles');
    },
  );
});
