/**
 * luci-app-ringback on a router's own userland: its rpcd with our plugin and rights, uci, procd and services. LUCI=DIRECTORY
 * takes LuCI, too; what stands for uhttpd is ours.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { examine, SERVICES, visits } from '../luci/browser.ts';
import type { Rpcd } from '../luci/rpcd.ts';
import { APPLICATION, LUCI, LuciServer } from '../luci/server.ts';
import { CONFIGURATION, noUserland, Router } from './router.ts';

/** JSON-RPC's word for what a session may not do. */
const DENIED = -32002;
const ORDER = {
  jsonrpc: '2.0',
  id: 1,
  method: 'call',
  params: ['', 'ringback', 'message', { text: 'Down.' }],
};

/** What uhttpd does with a question: the session's rights, the call, and ubus's status. */
function rpcd(router: Router, session: () => string): Rpcd {
  const call = (object: string, method: string, given: object) => {
    const { status, stdout } = router.run('ubus', 'call', object, method, JSON.stringify(given));
    // It ends with ubus's own code, below 0.
    return {
      status: status ? 256 - status : 0,
      reply: status === 0 && stdout !== '' ? JSON.parse(stdout) : null,
    };
  };
  const one = (request: unknown): unknown => {
    const { id, method, params } = request as { id: unknown; method: string; params?: unknown[] };
    const head = { jsonrpc: '2.0', id };
    if (method === 'list') return { ...head, result: [] };
    const [, object, name, given] = (params ?? []) as [string, string, string, object];
    const mine = { ubus_rpc_session: session() };
    const access = call('session', 'access', { ...mine, scope: 'ubus', object, function: name });
    if (access.reply?.access !== true) return { ...head, error: { code: DENIED, message: 'Access denied' } };
    // As uhttpd: whose session it is goes with the question.
    const { status, reply } = call(object, name, { ...given, ...mine });
    return { ...head, result: reply === null ? [status] : [status, reply] };
  };
  return { answer: async (request) => (Array.isArray(request) ? request.map(one) : one(request)) };
}

/** Of the rights that LuCI itself gives those without which nobody sees a form. */
const BASE = {
  'luci-base': {
    read: { ubus: { uci: ['changes', 'get'] } },
    write: { ubus: { uci: ['add', 'apply', 'confirm', 'delete', 'order', 'set'] } },
  },
};

/** The application as its package leaves it, and LuCI's own rights beside it. */
function install(router: Router): void {
  execFileSync('cp', ['-a', `${APPLICATION}root/.`, router.root]);
  execFileSync('mkdir', ['-p', join(router.root, 'www')]);
  execFileSync('cp', ['-a', `${APPLICATION}htdocs/.`, join(router.root, 'www')]);
  const rights = join(router.root, 'usr/share/rpcd');
  if (LUCI === null) writeFileSync(join(rights, 'acl.d/luci-base.json'), JSON.stringify(BASE));
  else
    for (const part of ['luci-base', 'luci-mod-status'])
      execFileSync('cp', ['-a', join(LUCI, 'modules', part, 'root/usr/share/rpcd/acl.d'), rights]);
}

async function openRouter(test: Parameters<typeof Router.begin>[0], user = 'root') {
  const router = await Router.begin(
    test,
    `${CONFIGURATION}\nconfig server\n\toption address '172.27.178.80'\n\toption name 'www.example.jp'\n\tlist ports '80'\n`,
  );
  install(router);
  const hash = execFileSync('openssl', ['passwd', '-1', 'password'], { encoding: 'utf8' }).trim();
  router.sh(`touch /etc/config/rpcd /etc/config/luci
for user in root guest; do
  section=$(uci add rpcd login)
  uci set "rpcd.$section.username=$user" && uci set "rpcd.$section.password=${hash.replaceAll('$', '\\$')}"
  uci add_list "rpcd.$section.read=unauthenticated"
  uci add_list "rpcd.$section.read=luci-base"
  uci add_list "rpcd.$section.read=$([ $user = root ] && echo '*' || echo luci-app-ringback)"
  [ $user = guest ] || uci add_list "rpcd.$section.write=*"
done
uci commit rpcd
/etc/init.d/rpcd restart; sleep 1; ubus -t 30 wait_for session ringback`);
  const { ubus_rpc_session: session } = router.call('session', 'login', {
    username: user,
    password: 'password',
  }) as {
    ubus_rpc_session: string;
  };
  const luci = await LuciServer.open(rpcd(router, () => session));
  luci.mayWrite = user === 'root';
  test.after(() => luci.close());
  return { router, luci };
}

/** Passwords and keys in every place where the configuration has them; also in one that is refused. */
function giveSecrets(router: Router): string[] {
  const secrets = ['list-secret', 'smtp-secret', 'trap-secret', 'ppp-secret', 'pop-secret'];
  const [list, smtp, trap, ppp, pop] = secrets;
  router.uci(
    `set ringback.ringback.list_key=${list}`,
    `set ringback.smtp.user=ringback`,
    `set ringback.smtp.password=${smtp}`,
    `add_list ringback.recover.traps_communities=${trap}`,
    `set ringback.relay=relay`,
    `set ringback.relay.pop_password=${pop}`,
  );
  router.said('uci', 'set', 'network.ppp=interface');
  router.said('uci', 'set', `network.ppp.password=${ppp}`);
  router.said('uci', 'commit', 'network');
  return secrets;
}

if (noUserland !== false) it('LuCI on a router', { skip: noUserland }, () => {});
else
  visits("A router's own userland", (visit) => {
    visit('shows what runs, takes a change, and says why it takes another one not', async (test, goTo) => {
      const { router, luci } = await openRouter(test);
      const silent = await goTo({ luci }, `${SERVICES}/status`);
      await silent.getByText('ringback does not answer').waitFor();
      await silent.getByText('the router does not run here').first().waitFor();
      assert.equal(router.init('ringback', 'start').status, 0);
      await router.ready();
      await silent.getByText('All servers answer.').waitFor();
      await silent.getByRole('cell', { name: 'eth1' }).waitFor();
      await examine(silent, 'userland-status');
      const before = router.pids('ringback');

      const settings = await goTo({ luci }, `${SERVICES}/settings`);
      const field = (section: string, option: string) =>
        settings.locator(`[id="${LUCI === null ? '' : 'widget.cbid.'}ringback.${section}.${option}"]`);
      await field('recover', 'settle').fill('7s');
      await settings.getByText('Save & Apply', { exact: true }).click();
      await router.until(
        'it is saved',
        () => router.run('uci', 'get', 'ringback.recover.settle').stdout === '7s\n',
      );
      await router.until('it is taken', () => router.log().includes('configuration.reloaded'));
      assert.deepEqual(router.pids('ringback'), before);

      router.uci('set ringback.notify=notify', 'set ringback.notify.sweep=1s');
      router.said('reload_config');
      await silent.getByText('The configuration is refused').waitFor();
      await silent.getByText(/notify\.sweep/).waitFor();
      await examine(silent, 'userland-refused');
      assert.deepEqual(router.pids('ringback'), before);
      router.uci('delete ringback.notify.sweep');
      router.said('reload_config');
      await silent.getByText('The configuration is refused').waitFor({ state: 'detached' });

      await silent.getByLabel('Message, as on planned work').fill('Disks are being changed.');
      await silent.getByRole('button', { name: 'Show this message' }).click();
      await silent.locator('blockquote', { hasText: 'Disks are being changed.' }).waitFor();
      assert.equal((router.call('ringback', 'message') as { text: string }).text, 'Disks are being changed.');
    });

    visit('shows who was turned away by a server whose kernel refuses', async (test, goTo) => {
      const { router, luci } = await openRouter(test);
      router.said('sysctl', '-w', 'net.ipv4.ip_forward=1');
      const server = await router.machine(test, 'wan', '172.27.178.80');
      const client = await router.machine(test, 'lan', '172.27.179.150');
      assert.equal(server('ping', '-c1', '-W5', '172.27.178.1').status, 0);
      assert.equal(router.init('ringback', 'start').status, 0);
      await router.ready();
      const page = await goTo({ luci }, `${SERVICES}/status`);
      await page.getByText('All servers answer.').waitFor();
      assert.notEqual(client('bash', '-c', '</dev/tcp/172.27.178.80/80').status, 0);
      await page.getByText('Refuses connections').waitFor();
      await page.getByRole('button', { name: '1: show, www.example.jp' }).click();
      await page.getByRole('cell', { name: '172.27.179.150', exact: true }).waitFor();
      await examine(page, 'userland-outage');
    });

    visit(
      'lets people who may only read see who waits, and no password, and order nothing',
      async (test, goTo) => {
        const { router, luci } = await openRouter(test, 'guest');
        const secrets = giveSecrets(router);
        assert.equal(router.init('ringback', 'start').status, 0);
        await router.ready();
        const heard: string[] = [];
        for (const [path, text] of Object.entries({
          status: 'All servers answer.',
          history: 'There was none yet.',
          notices: 'Not delivered yet: 0',
          takeover: 'No takeover runs on this router',
          settings: 'Settings are for those who may change them',
        })) {
          const page = await goTo({ luci }, `${SERVICES}/${path}`);
          page.on('response', async (response) => heard.push(await response.text().catch(() => '')));
          await page.reload();
          await page.getByText(text).waitFor();
          assert.equal(await page.getByLabel('Message, as on planned work').count(), 0);
        }
        // Whatever else such a session asks of rpcd.
        const questions = [
          ...['ringback', 'network'].flatMap((config) => [
            ['uci', 'get', { config }],
            ['uci', 'state', { config }],
            ['uci', 'changes', { config }],
          ]),
          ...['status', 'mistakes', 'setup', 'history', 'outbox', 'message'].map((name) => [
            'ringback',
            name,
            {},
          ]),
          ['ringback', 'hotplug', { action: 'down' }],
          ['file', 'read', { path: '/etc/config/ringback' }],
          ['file', 'exec', { command: '/bin/cat', params: ['/etc/config/ringback'] }],
        ];
        for (const [object, method, given] of questions) {
          const body = JSON.stringify({
            jsonrpc: '2.0',
            id: 1,
            method: 'call',
            params: ['', object, method, given],
          });
          heard.push(await (await fetch(`${luci.url}/ubus/`, { method: 'POST', body })).text());
        }
        assert.ok(heard.some((text) => text.includes('"servers"') && text.includes('www.example.jp')));
        for (const text of heard)
          for (const secret of secrets)
            assert.ok(!text.includes(secret), `${secret} in ${text.slice(0, 500)}`);
        const order = { method: 'POST', body: JSON.stringify(ORDER) };
        const { error } = (await (await fetch(`${luci.url}/ubus/`, order)).json()) as {
          error?: { code: number };
        };
        assert.equal(error?.code, DENIED);
        assert.equal((router.call('ringback', 'message') as { text: string | null }).text, null);
      },
    );
  });
