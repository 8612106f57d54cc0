/** What is around the program on a router: hotplug both ways, its firewall, its log; with the router's own fw4, procd and logd. */

import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { CONFIGURATION, noUserland, Router } from './router.ts';

const PAGE = `
config page 'page'
	option listen '8480'
	list ports '80'

config hook
	list command '/usr/libexec/ringback/hotplug'
`;

/** A script of the operator's: what it is told is a line of /tmp/told. */
const SCRIPT = 'echo "$ACTION $SERVER $PORT $CAUSE $PEOPLE $EVENT $ADDRESS" >> /tmp/told\n';

const told = (router: Router): string[] => router.run('cat', '/tmp/told').stdout.split('\n').slice(0, -1);

/** A router between a client and a network in which a server should be, with its firewall; clients' side rejects what comes in. */
async function between(test: TestContext) {
  const router = await Router.begin(test, CONFIGURATION + PAGE);
  writeFileSync(
    join(router.root, 'etc/config/firewall'),
    `
config defaults
	option input 'REJECT'
	option output 'ACCEPT'
	option forward 'REJECT'

config zone
	option name 'lan'
	list network 'lan'
	option input 'REJECT'
	option output 'ACCEPT'
	option forward 'ACCEPT'

config zone
	option name 'wan'
	list network 'wan'
	option input 'REJECT'
	option output 'ACCEPT'
	option forward 'REJECT'

config forwarding
	option src 'lan'
	option dest 'wan'
`,
  );
  const script = join(router.root, 'etc/hotplug.d/ringback/50-told');
  writeFileSync(script, SCRIPT);
  chmodSync(script, 0o644);
  router.said('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
  router.said('fw4', '-q', 'start');
  const client = await router.machine(test, 'lan', '172.27.179.150');
  const server = await router.machine(test, 'wan', '172.27.178.81');
  router.init('ringback', 'start');
  await router.ready();
  /** What a browser gets: the status of an answer, or the end of an attempt. */
  const status = (): string =>
    client('curl', '-s', '-o', '/dev/null', '-m', '3', '-w', '%{http_code}', 'http://172.27.178.80/').stdout;
  return { router, client, server, status };
}

describe('Around the program on a router', { skip: noUserland, timeout: 580_000 }, () => {
  it('scripts of the operator are told; the page is there behind a zone that rejects, and comes back after fw4 has deleted it', async (test) => {
    const { router, status, server } = await between(test);
    await router.until('the page is in the place of the server', () => status() === '503');
    await router.until('the script is told', () => told(router).length > 0);
    assert.match(told(router).join(), /^down 172\.27\.178\.80 0 unreachable/);
    for (const action of ['reload', 'restart', 'flush']) {
      router.said('fw4', '-q', action);
      if (action === 'flush') {
        assert.doesNotMatch(router.said('nft', 'list', 'tables'), /ringback/);
        const fromMs = Date.now();
        await router.until('the table is back', () =>
          router.said('nft', 'list', 'tables').includes('ringback'),
        );
        test.diagnostic(`back ${Date.now() - fromMs} ms after fw4 flush`);
        router.said('fw4', '-q', 'start');
      }
      await router.until(`the page is there after fw4 ${action}`, () => status() === '503');
    }
    // The program is killed, and does not come back: nobody is kept from the server, which is there again.
    const { router: program = 0 } = router.pids('ringback');
    router.said('sh', '-c', `rm /usr/bin/ringback; kill -9 $(pgrep -P ${program}) ${program}`);
    const fromMs = Date.now();
    server('ip', 'address', 'add', '172.27.178.80/24', 'dev', 'far1');
    server('busybox', 'httpd', '-p', '80', '-h', '/tmp');
    await router.until('the server answers for itself', () => status() === '404');
    test.diagnostic(`answers for nobody ${Date.now() - fromMs} ms after kill -9`);
    assert.doesNotMatch(router.said('nft', 'list', 'set', 'inet', 'ringback', 'lease'), /elements/);
  });

  it('a server that is back is told to scripts, by whom it is, with what they are told of', async (test) => {
    const { router, server, client, status } = await between(test);
    await router.until('the page is in the place of the server', () => status() === '503');
    server('ip', 'address', 'add', '172.27.178.80/24', 'dev', 'far1');
    server('busybox', 'httpd', '-p', '80', '-h', '/tmp');
    await router.until('it is back', () => {
      client('ping', '-c', '1', '-W', '1', '172.27.178.80');
      return told(router).some((line) => line.startsWith('told'));
    });
    assert.match(
      told(router).join(),
      /up 172\.27\.178\.80 0 unreachable 1 .*told 172\.27\.178\.80 0 unreachable 1/,
    );
  });

  it('scripts are told of a takeover by the same command, and of nothing that has not its form', async (test) => {
    const router = await Router.begin(test);
    const script = join(router.root, 'etc/hotplug.d/ringback/50-told');
    writeFileSync(script, `env > /tmp/environment\n${SCRIPT}`);
    const as = (...argv: string[]) =>
      router.run('start-stop-daemon', '-S', '-c', 'ringback:ringback', '-x', ...argv);
    const hook = (...words: string[]) => as('/usr/libexec/ringback/hotplug', '--', ...words);
    const call = (object: string, method: string, message: object) =>
      as('/bin/ubus', '--', 'call', object, method, JSON.stringify(message));
    // Nothing but that one method is this user's to call, with these members alone.
    for (const env of [['NODE_OPTIONS=--require=/tmp/owned.js', 'ACTION=down'], ['BASH_ENV=/tmp/owned']])
      assert.notEqual(call('hotplug.ringback', 'call', { env }).status, 0, env.join());
    assert.notEqual(call('ringback', 'message', { text: 'Owned.' }).status, 0);
    for (const wrong of [
      { action: 'down', env: ['NODE_OPTIONS=x'] },
      { action: 'down', NODE_OPTIONS: '--require=/tmp/owned.js' },
      { action: 'down', server: '$(touch /tmp/owned)' },
      { action: 'down', server: '172.27.178.80\nPATH=/tmp' },
      { action: 'down', server: '172.27.178.80', cause: 'refused;id' },
      { action: 'down', cause: 'refused\nPATH=/tmp' },
      { action: 'takeover', event: 'taken\nA=', interface: 'eth1' },
      { action: 'takeover', event: 'taken', interface: 'eth1\nPATH=/tmp' },
      { action: 'down', server: '172.27.178.80', port: 65536 },
      { action: 'down', server: '172.27.178.80', peer: 'web' },
      ...['../eth1', '-x', '.', '..', 'eth*', '$(id)', '`id`', 'eth;id', '~', "eth'", 'eth"'].map((name) => ({
        action: 'takeover',
        event: 'taken',
        interface: name,
      })),
      { action: 'takeover', event: 'taken', peer: 'web\nLD_PRELOAD=/tmp/owned.so' },
      { action: 'add' },
      {},
    ]) {
      const { status, stdout } = call('ringback', 'hotplug', wrong);
      assert.ok(status !== 0 || 'error' in JSON.parse(stdout), JSON.stringify(wrong));
    }
    assert.notEqual(hook('down', '`touch /tmp/owned`', "'; touch /tmp/owned; '", '-').status, 0);
    assert.equal(hook('taken', '172.27.178.80', 'eth1', 'web').status, 0);
    assert.equal(hook('down', '2001:db8:178::80', '443', 'unanswered', '-').status, 0);
    await router.until('both are told', () => told(router).length === 2);
    // A name of a pair may be any line: signs of a shell come to nobody.
    assert.equal(hook('taken', '172.27.178.80', 'br-lan.1', '-web $(touch /tmp/owned) `*`;佐藤').status, 0);
    await router.until('it is told', () => told(router).length === 3);
    assert.match(router.said('cat', '/tmp/environment'), /^PEER=_web___touch__tmp_owned_[A-Za-z0-9_]*$/m);
    assert.match(told(router)[0] ?? '', /^takeover +taken 172\.27\.178\.80$/);
    assert.match(told(router)[1] ?? '', /^down 2001:db8:178::80 443 unanswered/);
    assert.equal(router.sh('test -e /tmp/owned').status, 1);
    assert.doesNotMatch(router.said('cat', '/tmp/environment'), /NODE_OPTIONS|LD_PRELOAD|BASH_ENV/);
  });

  it('scripts run one after the other, and are ended when they hang', async (test) => {
    const router = await Router.begin(test);
    // As it is, with a limit that a test can wait for.
    const runner = join(router.root, 'usr/libexec/ringback/hotplug-scripts');
    const text = readFileSync(runner, 'utf8');
    assert.match(text, /^LIMIT_S=30$/m);
    writeFileSync(runner, text.replace('LIMIT_S=30', 'LIMIT_S=2'));
    const place = join(router.root, 'etc/hotplug.d/ringback');
    writeFileSync(
      join(place, '10-slow'),
      `[ -e /tmp/running ] && echo two at once >> /tmp/told
: > /tmp/running
[ "$PORT" != 1 ] || { sleep 900 & sleep 901; }
[ "$PORT" != 2 ] || sleep 1
[ "$PORT" != 3 ] || { sleep 902 & }
`,
    );
    writeFileSync(join(place, '50-told'), `${SCRIPT}rm /tmp/running\n`);
    const down = (port: number): unknown =>
      router.call('ringback', 'hotplug', { action: 'down', server: '172.27.178.80', port });
    for (const port of [0, 2, 3, 4, 5]) assert.deepEqual(down(port), {});
    await router.until('all are told', () => told(router).length === 5);
    assert.deepEqual(
      told(router).map((line) => line.split(' ')[2]),
      ['0', '2', '3', '4', '5'],
    );
    for (const port of [1, 6, ...Array.from({ length: 20 }, (_, i) => 100 + i)])
      assert.deepEqual(down(port), {});
    // One that runs, with what ends it after the limit, and one that waits for its turn.
    const runners = router.sh('pgrep -f "^/bin/sh /usr/libexec/ringback/hotplug-scripts"').stdout.split('\n');
    assert.ok(runners.length - 1 <= 4, runners.join(' '));
    await router.until('the one that hangs is left', () =>
      told(router).some((line) => line.includes(' 119')),
    );
    // Its script was ended with what it had begun, and did not come to its end; what another has left running runs.
    const left = router.sh('cat /proc/[0-9]*/cmdline | tr "\\0" "\\n"').stdout;
    assert.match(left, /^902$/m);
    assert.doesNotMatch(left, /^90[01]$/m);
    assert.match(router.log(), /daemon\.err ringback: scripts in .* took longer/);
    assert.deepEqual(router.said('ls', '/var/run/ringback-hotplug'), '');
  });

  it('a clock that sysntpd has set is told to the program, one that is not set is not', async (test) => {
    const router = await Router.begin(test);
    router.init('ringback', 'start');
    await router.ready();
    router.said('sh', '-c', 'stratum=16 /usr/sbin/ntpd-hotplug stratum');
    router.said('sh', '-c', 'stratum=3 /usr/sbin/ntpd-hotplug stratum');
    await router.until('it is told', () => router.log().includes('"clock.set"'));
    assert.equal(router.log().match(/"clock\.set"/g)?.length, 1);
  });
});
