import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keyWarnings } from '../../../../host/config/router/entered-key.ts';
import { explainRouter } from '../../../../host/config/router/explain.ts';
import { parseRouterConfiguration } from '../../../../host/config/router/file.ts';
import { memoryMibFor, tableSizes } from '../../../../host/config/router/sizes.ts';
import { tables } from '../../../../host/fabric/module.ts';
import { sshCommand } from '../../../../host/fabric/ssh.ts';

const parse = (fabric: string, more = '') =>
  parseRouterConfiguration(
    `fabric: {interfaces: [br-lan, wan], ${fabric}}\ndetect: {watch: [172.27.178.0/24]}\n${more}`,
    'ringback.yaml',
    tables.limits,
  );

describe('A program beside a router', () => {
  for (const [router, user, host, port] of [
    ['root@192.168.1.1', 'root', '192.168.1.1', 22],
    ['192.168.1.1', 'root', '192.168.1.1', 22],
    ['ops@gate.example.jp:2222', 'ops', 'gate.example.jp', 2222],
    ['"root@[2001:db8:179::1]:2222"', 'root', '2001:db8:179::1', 2222],
  ] as const)
    it(`reaches it at ${router}`, () => {
      const { remote, daemon, socket } = parse(`host: beside, router: ${router}`).fabric;
      assert.deepEqual(remote, { user, host, port, keys: '/etc/ringback/beside' });
      assert.deepEqual([daemon, socket], [null, null]);
    });

  for (const router of [
    '-oProxyCommand=x@h',
    'root@-oProxyCommand=x',
    'a b',
    'root@a;b',
    'r@h:0',
    'r@h:65536',
    'r@h@i',
    '""',
  ])
    it(`does not reach it at ${router}`, () => {
      assert.throws(() => parse(`host: beside, router: ${JSON.stringify(router)}`), {
        code: 'configuration',
        message: /fabric\.router: .*where a router is reached by ssh; USER@ADDRESS/,
      });
    });

  for (const keys of ['beside', '/etc/a b', '/etc/%h', '~/keys', '/etc/$(id)', "/etc/a'b"])
    it(`has no keys in ${keys}`, () => {
      assert.throws(() => parse(`host: beside, router: root@h, keys: ${JSON.stringify(keys)}`), {
        message: /fabric\.keys: .*is not a directory of keys/,
      });
    });

  it('needs the router, and has no other daemon', () => {
    assert.throws(() => parse('host: beside'), { message: /fabric\.router: is missing; host: beside needs/ });
    assert.throws(() => parse('host: beside, router: root@h, daemon: [x]'), {
      message: /fabric\.daemon: stands beside host: beside/,
    });
    assert.throws(() => parse('host: beside, router: root@h, socket: /run/x'), {
      message: /fabric\.socket: stands beside host: beside/,
    });
    assert.throws(() => parse('router: root@h'), { message: /fabric\.router: is for host: beside alone/ });
    assert.throws(() => parse('keys: /etc/keys'), { message: /fabric\.keys: is for host: beside alone/ });
  });

  it('has no page, and says why', () => {
    assert.throws(() => parse('host: beside, router: root@h', 'page: {}\n'), {
      message: /page: can not be shown with fabric\.host: beside: it needs rules and routes on the router/,
    });
  });

  it('says where it listens, and who asks servers', () => {
    const [where = ''] = explainRouter(parse('host: beside, router: ops@192.168.1.1:2222'), tables, {});
    assert.match(
      where,
      /on br-lan and wan of the router 192\.168\.1\.1, .* as ops at port 2222 with the key in \/etc\/ringback\/beside; that daemon connects to servers for it;/,
    );
  });

  it('is told where the key that the router was given allows something else', () => {
    const given = 'host: beside, router: root@192.168.1.1';
    const entered = (words: string) => () =>
      `command="/usr/sbin/ringback-fabricd --remote ${words}",restrict ssh-ed25519 A ringback\n`;
    const small = parse(given);
    assert.deepEqual(keyWarnings(small, entered('--memory 32 --interface br-lan --interface wan')), []);
    // An earlier version gave no bound; and a line that was entered by hand is not known here.
    assert.deepEqual(keyWarnings(small, entered('--interface br-lan --interface wan')), []);
    assert.deepEqual(
      keyWarnings(small, () => null),
      [],
    );
    assert.deepEqual(keyWarnings(parse('daemon: [x]'), entered('--interface lan0')), []);
    for (const words of [
      '--interface br-lan',
      '--interface wan --interface br-lan',
      '--interface br-lan --interface wan --interface guest',
    ])
      assert.match(
        keyWarnings(small, entered(`--memory 32 ${words}`)).join(),
        /^fabric\.interfaces is br-lan and wan, and the key that the router was given listens on .*: that holds until "ringback beside" has entered it anew\.$/,
      );
    const large = parse(`${given}, capacity: {clients: 1000000}`);
    assert.match(
      keyWarnings(large, entered('--memory 32 --interface br-lan --interface wan')).join(),
      /^The tables take \d+ MiB, and the key that the router was given allows 32 MiB: they are refused until "ringback beside" has/,
    );
  });

  it('has a key that allows its tables, and twice as many clients', () => {
    const mib = (more: string): number =>
      memoryMibFor(tableSizes(parse(`host: beside, router: root@h${more}`), 0), tables);
    const usual = mib('');
    assert.ok(usual >= 16 && usual <= 32, `${usual}`);
    assert.equal(mib(', capacity: {servers: 512, clients: 8192, attempts: 16384}'), 16);
    assert.ok(mib(', capacity: {clients: 1000000}') > usual);
  });

  it('has its daemon ask the servers, and says so', () => {
    const said = explainRouter(parse('host: beside, router: root@192.168.1.1'), tables, {}).join('\n');
    assert.match(said, /Before that is believed of a server, the daemon connects to it itself: only/);
    assert.ok(!said.includes('this machine connects'));
  });

  it('gives ssh no word that is not its own', () => {
    const { remote } = parse('host: beside, router: root@192.168.1.1').fabric;
    assert.ok(remote !== null);
    const command = sshCommand(remote);
    assert.deepEqual(command.slice(0, 4), ['ssh', '-F', 'none', '-T']);
    assert.deepEqual(command.slice(-5), ['-l', 'root', '--', '192.168.1.1', 'ringback-fabricd --remote']);
    for (const setting of [
      'StrictHostKeyChecking=yes',
      'BatchMode=yes',
      'ClearAllForwardings=yes',
      'IdentitiesOnly=yes',
    ])
      assert.ok(command.includes(setting), setting);
  });
});
