/** The init scripts, with a router's own procd, ujail, uci, netifd and rpcd. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { routerLayout } from '../../../host/config/router/file.ts';
import { tables } from '../../../host/fabric/module.ts';
import { CONFIGURATION, noUserland, Router } from './router.ts';

const HOSTILE = '$(touch /tmp/owned) `touch /tmp/owned` ; touch /tmp/owned';

interface Mistakes {
  readonly mistakes: readonly string[];
  readonly since: number | null;
}

const mistakes = (router: Router, role = 'router'): Mistakes =>
  router.call('ringback', 'mistakes', { role }) as Mistakes;

describe('The service on a router', { skip: noUserland, timeout: 580_000 }, () => {
  it('is a daemon and a program, neither of them root, behind sockets for their user alone', async (test) => {
    const router = await Router.begin(test);
    assert.equal(router.init('ringback', 'start').status, 0);
    await router.ready();
    assert.deepEqual(Object.keys(router.pids('ringback')).sort(), ['fabricd', 'router']);
    const pids = router.pids('ringback');
    for (const [instance, capabilities] of [
      ['fabricd', '0000000000000000'],
      ['router', '0000000000003400'],
    ] as const) {
      const told = router.said('sh', '-c', `cat /proc/$(pgrep -P ${pids[instance]})/status`);
      assert.match(told, /^Uid:(\t32768){4}$/m, instance);
      assert.match(told, new RegExp(`^CapEff:\\t${capabilities}$`, 'm'), instance);
      assert.match(told, /^NoNewPrivs:\t1$/m, instance);
    }
    const sockets = router.said('ls', '-ln', '/var/run/ringback');
    assert.match(sockets, /^srw-{7} +1 32768 .* fabric\.sock$/m);
    assert.match(sockets, /^srw-{7} +1 32768 .* ringback\.sock$/m);
    // The daemon was started with the networks' names.
    await router.until('it listens at their devices', () => {
      const { interfaces = [] } = router.call('ringback', 'status') as {
        interfaces?: { name: string; network: string | null; up: boolean }[];
      };
      const said = interfaces.map(({ name, network, up }) => `${network} ${name} ${up}`);
      return said.join() === 'lan eth0 true,wan eth1 true';
    });
    assert.equal(router.init('ringback', 'stop').status, 0);
    await router.until('both have ended', () => Object.keys(router.pids('ringback')).length === 0);
  });

  it('takes another configuration in the same processes, and a device of a network that has come later', async (test) => {
    const router = await Router.begin(test);
    router.said('uci', 'set', 'network.wan.device=none0');
    router.said('uci', 'commit', 'network');
    router.said('ubus', 'call', 'network', 'reload');
    router.init('ringback', 'start');
    await router.ready();
    const before = router.pids('ringback');
    router.uci('set ringback.recover.settle=7s');
    router.said('reload_config');
    await router.until('the new one is in force', () => router.log().includes('configuration.reloaded'));
    assert.deepEqual(router.pids('ringback'), before);
    // That a network is waited for, and is there, is as it should be.
    assert.match(router.log(), /daemon\.info ringback-fabricd\S* .*: listening on it/);
    assert.doesNotMatch(router.log(), /daemon\.err ringback-fabricd/);
    router.said('uci', 'set', 'network.wan.device=eth1');
    router.said('uci', 'commit', 'network');
    router.said('ubus', 'call', 'network', 'reload');
    await router.until('the daemon looks there', () => {
      const { interfaces } = router.call('ringback', 'status') as {
        interfaces?: { name: string; network: string | null; up: boolean }[];
      };
      return interfaces?.some(({ name, network, up }) => name === 'eth1' && network === 'wan' && up) === true;
    });
    assert.deepEqual(router.pids('ringback'), before);
  });

  it('is started anew where something has changed that is read once, and only there', async (test) => {
    const router = await Router.begin(test);
    router.init('ringback', 'start');
    await router.ready();
    const before = router.pids('ringback');
    router.uci('set ringback.page=page', 'set ringback.page.listen=8480', 'add_list ringback.page.ports=80');
    router.said('reload_config');
    await router.until(
      'it is another process',
      () => ![undefined, before.router].includes(router.pids('ringback').router),
    );
    await router.ready();
    assert.match(router.log(), /daemon\.notice ringback: router is restarted/);
    assert.doesNotMatch(
      router.log(),
      /"configuration\.restart"|"state\.(failed|unreadable)"|is served|another ringback/,
    );
    await router.until('the page is there', () =>
      router.sh('ss -ltn 2>/dev/null || netstat -ltn').stdout.includes(':8480'),
    );
    const after = router.pids('ringback');
    router.uci('set ringback.recover.settle=7s');
    router.said('reload_config');
    await router.until('it is taken', () => router.log().includes('configuration.reloaded'));
    assert.deepEqual(router.pids('ringback'), after);
    // Who waits in memory would be lost.
    router.uci('set ringback.ringback.state=0');
    router.said('reload_config');
    await router.until('it is said', () => router.log().includes('"configuration.restart"'));
    assert.deepEqual(router.pids('ringback'), after);
    router.init('ringback', 'restart');
    await router.ready();
    const inMemory = router.pids('ringback');
    assert.notEqual(inMemory.router, after.router);
    router.uci('set ringback.ringback.state=/etc/ringback/state');
    assert.equal(router.init('ringback', 'reload').status, 0);
    await router.until('it is said', () => router.log().split('"configuration.restart"').length > 2);
    assert.deepEqual(router.pids('ringback'), inMemory);
  });

  it('goes on whatever an option of the configuration becomes, and says what is wrong with it', async (test) => {
    const router = await Router.begin(test);
    router.init('ringback', 'start');
    await router.ready();
    let before = router.pids('ringback');
    let refused = 0;
    let allowed = 0;
    for (const { type, options, repeats } of routerLayout(tables.limits).sections.values()) {
      for (const name of options.keys()) {
        const section = repeats ? `@${type}[-1]` : type;
        const path = `ringback.${section}.${name}`;
        router.sh(
          `cp /etc/config/ringback /tmp/good; uci -q get ringback.${section} >/dev/null || ${
            repeats ? `uci add ringback ${type}` : `uci set ringback.${type}=${type}`
          }`,
        );
        router.said('uci', 'set', `${path}=${HOSTILE}`);
        router.said('uci', 'commit', 'ringback');
        const { status } = router.init('ringback', 'reload');
        assert.equal(router.sh('test -e /tmp/owned').status, 1, path);
        if (status !== 0) {
          refused++;
          assert.ok(
            mistakes(router).mistakes.some((line) => line.includes(name) || line.includes(type)),
            path,
          );
          assert.deepEqual(router.pids('ringback'), before, path);
        }
        router.sh('cp /tmp/good /etc/config/ringback');
        if (status === 0) {
          // It may be so: a path with such a name, a password. Then that was in force, and what was is again.
          allowed++;
          assert.equal(router.init('ringback', 'reload').status, 0, path);
          await router.ready();
          before = router.pids('ringback');
        }
      }
    }
    assert.ok(refused > 40 && allowed > 0, `${refused} were refused, ${allowed} not`);
    const log = router.log();
    assert.match(log, /daemon\.err ringback: ringback: \/etc\/config\/ringback:\d+:\d+: detect\.watch/);
    assert.match(log, /daemon\.err ringback: router goes on as it is/);
    router.uci('set ringback.recover.settle=soon');
    assert.notEqual(router.init('ringback', 'reload').status, 0);
    assert.notEqual(mistakes(router).since, null);
    router.uci('set ringback.recover.settle=5s');
    assert.equal(router.init('ringback', 'reload').status, 0);
    assert.deepEqual(mistakes(router), { role: 'router', mistakes: [], since: null });
    assert.deepEqual(router.pids('ringback'), before);
  });

  it('goes on at restart and start with a wrong configuration, and where it does not run begins with the next right one', async (test) => {
    const router = await Router.begin(test);
    router.init('ringback', 'start');
    await router.ready();
    const before = router.pids('ringback');
    router.uci('set ringback.detect.unanswered=sometimes');
    for (const action of ['restart', 'start', 'reload']) {
      const { status, stderr } = router.init('ringback', action);
      assert.notEqual(status, 0, action);
      // On the terminal as well as in the log.
      assert.match(stderr, /^ringback: \/etc\/config\/ringback:\d+:\d+: detect\.unanswered: /m, action);
      assert.match(stderr, /^ringback: .*(goes on|is not restarted)/m, action);
    }
    router.said('reload_config');
    assert.deepEqual(router.pids('ringback'), before);
    router.init('ringback', 'stop');
    assert.match(router.init('ringback', 'start').stderr, /^ringback: ringback is not started/m);
    assert.deepEqual(router.pids('ringback'), {});
    assert.match(mistakes(router).mistakes.join(), /detect\.unanswered/);
    router.said('reload_config');
    router.uci('set ringback.detect.unanswered=20s');
    router.said('reload_config');
    await router.ready();
    router.uci('set ringback.ringback.enabled=0');
    router.said('reload_config');
    await router.until('it has ended', () => Object.keys(router.pids('ringback')).length === 0);
  });

  it('comes back however often it ends, each part without the other', async (test) => {
    const router = await Router.begin(test);
    router.init('ringback', 'start');
    await router.ready();
    // procd gives up what ends five times in an hour, unless it is told otherwise.
    for (let i = 0; i < 7; i++) {
      const { fabricd = 0, router: program } = router.pids('ringback');
      router.said('sh', '-c', `kill -9 $(pgrep -P ${fabricd}) ${fabricd}`);
      await router.until(
        'the daemon is back',
        () => ![undefined, fabricd].includes(router.pids('ringback').fabricd),
      );
      assert.equal(router.pids('ringback').router, program);
    }
    await router.until('the program has found it', () => router.log().includes('"fabric.back"'));
    assert.match(router.log(), /daemon\.err ringback\[\d+\]: .*"fabric\.lost"/);
    assert.match(router.log(), /daemon\.info ringback\[\d+\]: .*"fabric\.back"/);
    const { fabricd, router: program = 0 } = router.pids('ringback');
    router.said('sh', '-c', `kill -9 $(pgrep -P ${program}) ${program}`);
    await router.until(
      'the program is back',
      () => ![undefined, program].includes(router.pids('ringback').router),
    );
    await router.ready();
    assert.equal(router.pids('ringback').fabricd, fabricd);
  });

  it('begins as root where there is no ujail, goes on as the user, and its socket is the user’s', async (test) => {
    const router = await Router.begin(test);
    router.said('rm', '/sbin/ujail');
    router.init('ringback', 'start');
    await router.ready();
    assert.match(router.said('ls', '-ln', '/var/run/ringback'), /^srw-{7} +1 32768 .* fabric\.sock$/m);
    assert.doesNotMatch(router.log(), /privileges\.kept/);
    const status = router.said('cat', `/proc/${router.pids('ringback').router}/status`);
    assert.match(status, /^Uid:\t32768\t32768\t/m);
    assert.match(status, /^CapAmb:\t0+3400$/m);
  });

  it('leaves what the operator has said of the daemon', async (test) => {
    const router = await Router.begin(
      test,
      CONFIGURATION.replace('list interfaces', "list daemon '/usr/sbin/ringback-fabricd'\n\tlist interfaces"),
    );
    router.init('ringback', 'start');
    await router.ready();
    assert.deepEqual(Object.keys(router.pids('ringback')), ['router']);
  });

  it('is there for relay and takeover, each with its own', async (test) => {
    const more = `
config relay 'relay'
	option enabled '1'
	option state '/etc/ringback/relay'
	option list_key 'eight or more'
	option pop_host '127.0.0.1'
	option pop_user 'ringback'
	option pop_password 'pop-secret'

config takeover 'takeover'
	option enabled '1'
	option role 'standby'
	option listen '172.27.178.1'
	option key 'eight or more'
	list interfaces 'eth1'

config takeover_active
	option name 'web'
	option address '172.27.178.11'
`;
    const router = await Router.begin(test, CONFIGURATION + more);
    for (const role of ['relay', 'takeover']) {
      assert.equal(router.init(`ringback-${role}`, 'start').status, 0);
      await router.ready(role);
      const before = router.pids(`ringback-${role}`);
      router.uci(`set ringback.${role}.enabled=1`, `set ringback.${role}.nonsense=1`);
      assert.notEqual(router.init(`ringback-${role}`, 'reload').status, 0);
      assert.match(mistakes(router, role).mistakes.join(), /nonsense/);
      assert.deepEqual(router.pids(`ringback-${role}`), before);
      router.uci(`delete ringback.${role}.nonsense`);
      router.said('reload_config');
      assert.equal(router.init(`ringback-${role}`, 'reload').status, 0);
      assert.deepEqual(router.pids(`ringback-${role}`), before);
    }
    const relay = router.said('sh', '-c', 'grep -l ringback.relay /proc/[0-9]*/cmdline');
    assert.ok(relay !== '');
  });
});

describe('A configuration that was kept', { skip: noUserland, timeout: 120_000 }, () => {
  it('is led to the form of this version once, and stays as it is then', async (test) => {
    const router = await Router.begin(test);
    const configuration = (): string => readFileSync(join(router.root, 'etc/config/ringback'), 'utf8');
    router.said('sh', '-c', '. /etc/uci-defaults/90_ringback');
    const once = configuration();
    assert.equal(once.match(/list command '\/usr\/libexec\/ringback\/hotplug'/g)?.length, 2);
    router.said('sh', '-c', '. /etc/uci-defaults/90_ringback');
    router.said('sh', '-c', 'rm /etc/ringback/config-version; . /etc/uci-defaults/90_ringback');
    assert.equal(configuration(), once);
    assert.equal(router.run('ringback', 'check', '-c', '/etc/config/ringback', '--role', 'router').status, 0);
    assert.match(router.said('ls', '-l', '/etc/config/ringback'), /^-rw-{7}/);
  });

  it('is known to reload_config from the beginning, whose first call starts what has been switched on', async (test) => {
    const router = await Router.begin(
      test,
      CONFIGURATION.replace("option enabled '1'", "option enabled '0'"),
    );
    router.init('ringback', 'start');
    router.said('sed', '-i', '/ringback/d', '/var/run/config.md5');
    router.said('sh', '-c', '. /etc/uci-defaults/90_ringback; . /etc/uci-defaults/90_ringback');
    assert.match(router.said('grep', '-c', '/ringback$', '/var/run/config.md5'), /^1$/m);
    router.said('reload_config');
    assert.deepEqual(router.pids('ringback'), {});
    router.uci('set ringback.ringback.enabled=1');
    router.said('reload_config');
    await router.ready();
  });
});
