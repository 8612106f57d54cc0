/** Settings of luci-app-ringback in Chromium, as luci.test.ts: what is saved is checked, taken or refused by a real `ringback`. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { ringbackBeside } from '../host/router/program.ts';
import { until } from '../host/tools.ts';
import { examine, SERVICES, visits } from './luci/browser.ts';
import { Router } from './luci/router.ts';
import { LUCI } from './luci/server.ts';
import { parseUci } from './luci/uci-file.ts';

const SETTINGS = `${SERVICES}/settings`;

/** A router whose program reads /etc/config/ringback, and what its init script does with a change: check, then tell. */
async function openRouter(test: Parameters<typeof Router.open>[0]): Promise<Router> {
  const router: Router = await Router.open(test, {
    readsUci: true,
    reload: async () => {
      const { status, stderr } = await ringbackBeside('check', '-c', router.file, '--role', 'router');
      if (status !== 0) return stderr.split('\n').filter((line) => line !== '');
      router.program?.child.kill('SIGHUP');
      return [];
    },
  });
  return router;
}

const sectionsOf = (router: Router) => parseUci(readFileSync(`${router.etc}/ringback`, 'utf8'));
const optionOf = (router: Router, name: string, option: string) =>
  sectionsOf(router).find((section) => section.name === name)?.options[option];
const field = (page: Page, section: string, option: string) =>
  LUCI === null
    ? page.locator(`[id="ringback.${section}.${option}"]`)
    : page.locator(`[id="widget.cbid.ringback.${section}.${option}"]`);
const save = (page: Page): Promise<void> => page.getByRole('button', { name: 'Save', exact: true }).click();
const saveAndApply = (page: Page): Promise<void> => page.getByText('Save & Apply', { exact: true }).click();

visits('Settings', (visit) => {
  visit('are those of /etc/config/ringback, and a mistake is seen before it is saved', async (test, goTo) => {
    const router = await openRouter(test);
    await router.start();
    const page = await goTo(router, SETTINGS);
    await field(page, 'recover', 'settle').fill('a while');
    await save(page);
    await page.getByText('A number with its unit is expected').first().waitFor();
    assert.equal(optionOf(router, 'recover', 'settle'), undefined);
    await examine(page, 'settings');
    for (const tongue of ['ja', 'de'] as const) {
      const other = await goTo(router, SETTINGS, tongue);
      await other.getByText(tongue === 'ja' ? 'サーバのネットワーク' : 'Netze der Server').waitFor();
      await examine(other, `settings-${tongue}`);
    }
  });

  visit('that are changed are taken by the program that runs', async (test, goTo) => {
    const router = await openRouter(test);
    const program = await router.start();
    const page = await goTo(router, SETTINGS);
    await field(page, 'recover', 'settle').fill('7s');
    await field(page, 'notify', 'language').selectOption('ja');
    await saveAndApply(page);
    await program.logged('configuration.reloaded');
    assert.equal(optionOf(router, 'recover', 'settle'), '7s');
    assert.equal(optionOf(router, 'notify', 'language'), 'ja');
    assert.deepEqual(optionOf(router, 'detect', 'watch'), ['172.27.178.0/24']);
    const { status, stdout } = await ringbackBeside('check', '-c', router.file, '--as', 'yaml');
    assert.equal(status, 0);
    assert.match(stdout, /settle: "?7s/);
  });

  visit('that only the program knows to be wrong are shown, and it goes on as it was', async (test, goTo) => {
    const router = await openRouter(test);
    const program = await router.start();
    const page = await goTo(router, SETTINGS);
    await field(page, 'notify', 'sweep').fill('1s');
    await saveAndApply(page);
    await until('it is saved', () => optionOf(router, 'notify', 'sweep') === '1s');
    const again = await goTo(router, `${SERVICES}/status`);
    await again.getByText('ringback goes on as it was before the change.').waitFor();
    await again.getByText(/ringback:\d+:\d+: notify\.sweep/).waitFor();
    assert.equal(program.child.exitCode, null);
    assert.deepEqual(
      program.lines.filter(({ event }) => event === 'configuration.reloaded'),
      [],
    );
    const settings = await goTo(router, SETTINGS);
    await settings.getByText('The configuration is refused').waitFor();
    await examine(settings, 'settings-refused');
    await field(settings, 'notify', 'sweep').fill('8d');
    await saveAndApply(settings);
    await program.logged('configuration.reloaded');
    await again.getByText('The configuration is refused').waitFor({ state: 'detached' });
  });

  visit('have people and servers that are added and taken away', async (test, goTo) => {
    if (LUCI !== null) {
      test.skip('LuCI itself has no labels by which its widgets are found');
      return;
    }
    const router = await openRouter(test);
    const program = await router.start();
    const page = await goTo(router, SETTINGS);
    await page.getByRole('button', { name: 'Add People' }).click();
    await page.getByLabel('Address', { exact: true }).nth(1).fill('172.27.179.150');
    await page.getByLabel('Mail', { exact: true }).nth(1).fill("o'hara<>@example.jp");
    await save(page);
    await page.getByText('One mail address is expected').first().waitFor();
    await page.getByLabel('Mail', { exact: true }).nth(1).fill("o'hara@example.jp");
    await page.getByRole('button', { name: 'Delete Servers 1' }).click();
    await saveAndApply(page);
    await program.logged('configuration.reloaded');
    const clients = sectionsOf(router).filter(({ type }) => type === 'client');
    assert.deepEqual(
      clients.map(({ options }) => options.mail),
      ['sato@example.jp', "o'hara@example.jp"],
    );
    assert.deepEqual(
      sectionsOf(router).filter(({ type }) => type === 'server'),
      [],
    );
  });

  visit('of a file that has almost nothing are there all the same', async (test, goTo) => {
    const router = await Router.open(test, { uci: "config ringback 'ringback'\n" });
    const page = await goTo(router, SETTINGS);
    await page.getByText('Networks of the servers').first().waitFor();
  });
});
