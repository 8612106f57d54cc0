/**
 * Status and overview of luci-app-ringback in Chromium, over stand-ins of LuCI and rpcd (LUCI=DIRECTORY, a tree of its sources:
 * over LuCI itself), before a real `ringback run`.
 */
import assert from 'node:assert/strict';
import { client, SATO, TANAKA } from '../host/fabric/fabric.ts';
import { examine, OVERVIEW, SERVICES, visits } from './luci/browser.ts';
import { Router, UCI } from './luci/router.ts';

/** What would be an element, and run, if it was taken for HTML. */
const HOSTILE = '<img src=x onerror=alert(1)>';

visits('Status', (visit) => {
  visit(
    'shows a server that is down and who waits for it, in English, Japanese, German',
    async (test, goTo) => {
      const router = await Router.open(test);
      const program = await router.start();
      router.refuses(SATO);
      router.refuses(TANAKA);
      await program.logged('client.waiting', 2);
      const page = await goTo(router, `${SERVICES}/status`);
      await page.getByText('www.example.jp (172.27.178.80)').waitFor();
      await page.getByRole('button', { name: '2: show, www.example.jp' }).click();
      await page.getByText('172.27.179.151').waitFor();
      await examine(page, 'status');
      const titles = { ja: '停止しているサーバ', de: 'Ausgefallene Server' } as const;
      for (const tongue of ['ja', 'de'] as const) {
        const other = await goTo(router, `${SERVICES}/status`, tongue);
        await other.getByRole('heading', { name: titles[tongue] }).waitFor();
        await examine(other, `status-${tongue}`);
      }
    },
  );

  visit('is on the overview, too: how many servers are down, and how many wait', async (test, goTo) => {
    const router = await Router.open(test);
    const program = await router.start();
    router.refuses(SATO);
    await program.logged('client.waiting');
    const page = await goTo(router, OVERVIEW);
    const tile = page.locator('.cbi-section', { hasText: 'ringback' });
    await tile.getByText('Servers and services that are down').waitFor();
    assert.match(await tile.innerText(), /are down\s+1\s+Who waits\s+1\s/);
    await examine(page, 'overview');
  });

  visit('is drawn anew by itself when a server is back', async (test, goTo) => {
    const router = await Router.open(test);
    const program = await router.start();
    router.refuses(SATO);
    await program.logged('client.waiting');
    const page = await goTo(router, `${SERVICES}/status`);
    await page.getByText('Refuses connections').waitFor();
    router.accepts(TANAKA);
    await program.logged('outage.closed');
    await page.getByText('All servers answer.').waitFor();
  });

  visit('says what to do where no program runs, on each of its pages', async (test, goTo) => {
    const router = await Router.open(test);
    for (const [path, title] of [
      ['status', 'ringback does not answer'],
      ['history', 'ringback does not answer'],
      ['notices', 'ringback does not answer'],
      ['takeover', 'No takeover runs on this router'],
    ]) {
      const page = await goTo(router, `${SERVICES}/${path}`);
      await page.getByText(title ?? '').waitFor();
      await examine(page, `${path}-silent`);
    }
    const page = await goTo(router, OVERVIEW);
    await page.getByText('nobody is noticed, and nobody is told').waitFor();
    const status = await goTo(router, `${SERVICES}/status`);
    await status.getByText('ringback does not answer').waitFor();
    await router.start();
    await status.getByText('All servers answer.').waitFor();
    await status.getByText('There is no message.').waitFor();
  });

  visit('has no buttons for whoever may only read', async (test, goTo) => {
    const router = await Router.open(test, {
      recorded: { outbox: { queued: 1, notices: [{ id: '3f', state: 'given up' }] } },
    });
    await router.start();
    router.luci.mayWrite = false;
    const page = await goTo(router, `${SERVICES}/status`);
    await page.getByText('All servers answer.').waitFor();
    const notices = await goTo(router, `${SERVICES}/notices`);
    await notices.getByText('Not delivered yet: 1').waitFor();
    for (const seen of [page, notices]) assert.equal(await seen.locator('#view button').count(), 0);
  });

  visit('says that it is switched off where it is', async (test, goTo) => {
    const router = await Router.open(test, { uci: UCI.replace("enabled '1'", "enabled '0'") });
    const page = await goTo(router, `${SERVICES}/status`);
    await page.getByText('ringback is switched off').waitFor();
    await page.getByRole('link', { name: 'Switch it on under Settings.' }).waitFor();
  });

  visit('names a few of ten thousand who wait, and counts them all', async (test, goTo) => {
    const router = await Router.open(test);
    await router.start();
    const all = 10_000;
    for (let n = 1; n <= all; n++) router.refuses({ address: client(n), port: 40_000 });
    const page = await goTo(router, `${SERVICES}/status`);
    await page.getByRole('button', { name: `${all}: show` }).click({ timeout: 60_000 });
    await page.getByText(`The router names the first 50 here; ${all - 50} more wait.`).waitFor();
    assert.equal(await page.getByRole('cell', { name: /^10\.0\.\d+\.\d+$/ }).count(), 50);
  });

  visit('takes nothing that others wrote for HTML', async (test, goTo) => {
    const router = await Router.open(test, {
      interfaces: ['<i>lan</i>', 'wan0'],
      uci: UCI.replace('www.example.jp', HOSTILE),
      reload: async () => [`/etc/config/ringback: ${HOSTILE}`],
    });
    const program = await router.start();
    router.refuses(SATO);
    await program.logged('client.waiting');
    await router.luci.applyChanges();
    const page = await goTo(router, `${SERVICES}/status`);
    await page.getByText(`${HOSTILE} (172.27.178.80)`).first().waitFor();
    await page.getByText('<i>lan</i>').waitFor();
    await page.getByText('The configuration is refused').waitFor();
    await page.getByText(`/etc/config/ringback: ${HOSTILE}`).waitFor();
    await page.getByLabel('Message, as on planned work').fill(HOSTILE);
    await page.getByRole('button', { name: 'Show this message' }).click();
    await page.locator('blockquote', { hasText: HOSTILE }).waitFor();
    assert.equal(await page.locator('#view img').count(), 0);
    await examine(page, 'hostile');
    const overview = await goTo(router, OVERVIEW);
    await overview.getByText('refused: it goes on as it was before').waitFor();
  });
});
