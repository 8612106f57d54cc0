import assert from 'node:assert/strict';
import { getCiphers } from 'node:crypto';
import { describe, it } from 'node:test';
import { MAX_LEARNT_MS } from '../../../../host/config/unanswered.ts';
import { EXAMPLE, MINIMAL } from '../example.ts';
import { parseRouterConfiguration } from '../parsed.ts';
import { refusal } from '../refusal.ts';

const accepted = (text: string) => parseRouterConfiguration(text, 'r.yaml');
const refused = (text: string): string[] => refusal(() => accepted(text));

const KEY = 'list_key: list-secret\n';

describe('a configuration that needs more than it has', () => {
  const only = (text: string): string => {
    const lines = refused(text);
    assert.equal(lines.length, 1, lines.join('\n'));
    return lines[0] ?? '';
  };

  it('needs a mail server as soon as anybody is to be told', () => {
    const client = 'clients: [{address: 172.27.179.151, mail: sato@example.jp}]\n';
    assert.match(
      only(`${MINIMAL}${client}`),
      /^r\.yaml:1:1: smtp: is missing; notices to clients go out by it: give/,
    );
    const server = 'servers: [{address: 172.27.178.80, mail: sav_1@example.jp}]\n';
    accepted(`${MINIMAL}${server}`);
    assert.match(
      only(`${MINIMAL}${server}${KEY}notify: {via: server}\n`),
      /smtp: is missing; list mails go out by it/,
    );
    assert.match(
      only(`${MINIMAL}${KEY}station: {mail: a@example.jp}\nnotify: {via: station}\n`),
      /smtp: is missing; list mails/,
    );
  });

  it('needs the station that notices go to', () => {
    const smtp = 'smtp: {host: mail, from: ringback@router.example}\n';
    assert.match(
      only(`${MINIMAL}${smtp}${KEY}notify: {via: station}\n`),
      /^r\.yaml:1:1: station: is missing; notify\.via: station needs/,
    );
  });

  it('needs the same for a server that is told about in its own way', () => {
    const smtp = 'smtp: {host: mail, from: ringback@router.example}\n';
    const servers = 'servers: [{address: 172.27.178.80}, {address: 172.27.178.81, via: station}]\n';
    assert.match(
      only(`${MINIMAL}${smtp}${KEY}${servers}`),
      /^r\.yaml:1:1: station: is missing; servers\[1\]\.via: station needs/,
    );
    accepted(`${MINIMAL}${smtp}${KEY}${servers}station: {mail: station@example.jp}\n`);
  });

  it('needs a key as soon as there are list mails to be signed', () => {
    const smtp = 'smtp: {host: mail, from: ringback@router.example}\n';
    for (const [way, text] of [
      ['notify\\.via: server', 'notify: {via: server}\n'],
      ['notify\\.via: station', 'station: {mail: station@example.jp}\nnotify: {via: station}\n'],
      [
        'servers\\[0\\]\\.via: server',
        'servers: [{address: 172.27.178.80, mail: a@example.jp, via: server}]\n',
      ],
    ]) {
      assert.match(
        only(`${MINIMAL}${smtp}${text}`),
        new RegExp(`list_key: is missing; ${way} signs its list mails with it`),
      );
    }
    accepted(`${MINIMAL}${smtp}notify: {via: server}\n`.replace('server', 'direct'));
  });

  it('needs the URL of the router where forms go to the router', () => {
    assert.match(
      only(`${MINIMAL}page: {form: router}\n`),
      /^r\.yaml:3:7: page\.router_url: is missing; page\.form: router needs/,
    );
  });

  it('says a line only where the protocol has one, and leaves the page a port', () => {
    accepted(`${MINIMAL}page: {greet: [21, 25, 110, 119, 143, 587]}\n`);
    assert.match(
      only(`${MINIMAL}page: {greet: [25, 80]}\n`),
      /^r\.yaml:3:15: page\.greet: has a port whose protocol has no such line; 21, 25, 110, 119, 143, 587 have one$/,
    );
    assert.match(
      only(`${MINIMAL}page: {ports: [25], greet: [25]}\n`),
      /^r\.yaml:3:28: page\.greet: has all that page\.ports has/,
    );
  });

  it('needs something that traps are known by', () => {
    assert.match(
      only(`${MINIMAL}recover: {traps: {communities: []}}\n`),
      /^r\.yaml:3:32: recover\.traps\.communities: and users are both empty; give one of either, or listen: false$/,
    );
  });

  it('needs room for every server and port that it names', () => {
    const ports = (count: number): string => Array.from({ length: count }, (_, i) => i + 1).join(', ');
    const named = (count: number): string =>
      `detect: {watch: [172.27.178.0/24]}
fabric: {interfaces: [lan0], capacity: {servers: 17}}
` +
      `servers: [{address: 172.27.178.80, ports: [${ports(count)}]}]
`;
    accepted(named(16));
    assert.equal(
      only(named(17)),
      'r.yaml:2:50: fabric.capacity.servers: 17 is too small for 18 servers and ports; 18 or more, or name fewer of them',
    );
  });

  it('lists every mistake in the order of the text, twenty at most', () => {
    const text =
      'detect: 5\nfabric: {interfaces: [""], capacity: {servers: 1, colour: 2}}\nnotify: {vai: direct}\nclients: [{}]\n';
    assert.deepEqual(
      refused(text).map((line) => /^r\.yaml:(\d+:\d+): ([^:]*): /.exec(line)?.slice(1).join(' ')),
      [
        '1:9 detect',
        '2:23 fabric.interfaces[0]',
        '2:48 fabric.capacity.servers',
        '2:51 fabric.capacity.colour',
        '3:10 notify.vai',
        '4:11 clients[0].address',
        '4:11 clients[0].mail',
      ],
    );
    const many = refused(`${MINIMAL}clients:\n${'- {address: x, mail: sato@example.jp}\n'.repeat(30)}`);
    assert.equal(many.length, 21);
    assert.equal(many[20], 'r.yaml: and 10 more mistakes');
  });
});

describe('the schema', () => {
  it('takes what is allowed instead of the values of the example', () => {
    const changed = (part: string, other: string) => {
      assert.ok(EXAMPLE.includes(part), part);
      return accepted(EXAMPLE.replace(part, other));
    };
    assert.equal(changed('30s ', 'false ').detect.unansweredMs, null);
    const { unansweredMs, learnsWait } = changed('30s ', 'auto ').detect;
    assert.deepEqual({ unansweredMs, learnsWait }, { unansweredMs: MAX_LEARNT_MS, learnsWait: true });
    assert.equal(changed('30s ', '10s ').detect.learnsWait, false);
    assert.deepEqual(changed('datagrams: [ ]', 'datagrams: [443, 53]').detect.datagrams, [443, 53]);
    assert.equal(changed('conversations: false', 'conversations: true').detect.conversations, true);
    assert.equal(changed('listen: 0.0.0.0:162', 'listen: false').recover.traps, null);
    assert.deepEqual(changed('0.0.0.0:162', '"[::]:1162"').recover.traps?.listen, { host: '::', port: 1162 });
    assert.deepEqual(changed('0.0.0.0:162', '1162').recover.traps?.listen, { host: '::', port: 1162 });
    assert.equal(changed('listen: 8480', 'listen: false').page, null);
    assert.equal(changed('/var/lib/ringback  ', 'false ').state, null);
    assert.equal(changed('settle: 5s', 'settle: 0s').recover.settleMs, 0);
    assert.deepEqual(changed('[community-secret]', '[]').recover.traps?.communities, []);
    assert.deepEqual(
      changed('coldStart', '.1.3.6.1.4.1.8072.4.0.1').recover.traps?.accept[0],
      '1.3.6.1.4.1.8072.4.0.1',
    );
    assert.equal(changed('host: 172.27.179.25', 'host: Mail.Example.JP').smtp?.host, 'mail.example.jp');
    assert.equal(changed('host: 172.27.179.25', 'host: "2001:DB8:179::25"').smtp?.host, '2001:db8:179::25');
    assert.equal(
      changed('protocol: aes', 'protocol: aes256').recover.traps?.users[0]?.priv?.protocol,
      'aes256',
    );
    assert.deepEqual(changed('[80, 443]', '[80, 443, 80]').servers[0]?.ports, [80, 443]);
    assert.equal(changed(', language: ja', '').clients[0]?.language, null);
  });

  it('takes a socket in the place of interfaces and a command', () => {
    const { fabric } = accepted('detect: {watch: [10.0.0.0/8]}\nfabric: {socket: /run/fabric.sock}\n');
    assert.deepEqual([fabric.socket, fabric.daemon, fabric.interfaces], ['/run/fabric.sock', null, []]);
    const beside = accepted(EXAMPLE.replace('daemon: [ringback-fabricd]', 'socket: /run/fabric.sock')).fabric;
    assert.deepEqual([beside.daemon, beside.interfaces], [null, ['lan0', 'wan0']]);
  });

  it('takes an interface with keys of its own in the place of its name', () => {
    const interfaces = (text: string) => accepted(MINIMAL.replace('[lan0]', text)).fabric;
    const some = interfaces('[lan0, {name: t1, sees: everything}, {name: wan0}]');
    assert.deepEqual(some.interfaces, ['lan0', 't1', 'wan0']);
    assert.deepEqual(some.seesEverything, ['t1']);
    const wrong: [string, RegExp][] = [
      [
        '[{sees: everything}]',
        /^r\.yaml:2:23: fabric\.interfaces\[0\]\.name: is missing; 1 to 15 characters/,
      ],
      [
        '[{name: t1, sees: all}]',
        /fabric\.interfaces\[0\]\.sees: "all" is not one of the words .*; everything$/,
      ],
      ['[{name: t1, see: everything}]', /interfaces\[0\]\.see: unknown key; did you mean "sees"\?$/],
      ['[[lan0]]', /interfaces\[0\]: a list is not the name of a network interface/],
      ['[t1, {name: t1, sees: everything}]', /interfaces\[1\]: t1 is in the list already, as number 1/],
    ];
    for (const [text, message] of wrong) {
      const lines = refused(MINIMAL.replace('[lan0]', text));
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.match(lines[0] ?? '', message);
    }
  });

  it('takes the names by which browsers ask for a server, in one form', () => {
    const named = (names: string): string =>
      `${MINIMAL}servers: [{address: 172.27.178.80, names: ${names}}]\n`;
    assert.deepEqual(accepted(named('[WWW.Example.JP, 日本.example.jp, shop]')).servers[0]?.names, [
      'www.example.jp',
      'xn--wgv71a.example.jp',
      'shop',
    ]);
    for (const wrong of [
      '[172.27.178.80]',
      '["www.example.jp:80"]',
      '["http://www.example.jp/"]',
      '["*.jp"]',
    ])
      assert.match(refused(named(wrong)).join('\n'), /servers\[0\]\.names\[0\]: .* is not a host name/);
  });

  it('takes as many interfaces as the daemon, and refuses more', () => {
    const many = (count: number): string =>
      MINIMAL.replace('[lan0]', `[${Array.from({ length: count }, (_, i) => `lan${i}`).join(', ')}]`);
    assert.equal(accepted(many(255)).fabric.interfaces.length, 255);
    assert.match(refused(many(256)).join('\n'), /fabric\.interfaces: has 256 items, 255 are allowed/);
  });

  it('takes the mark for 32 interfaces, in the order of the list', () => {
    const marked = (before: number): string =>
      MINIMAL.replace(
        '[lan0]',
        `[${Array.from({ length: before }, (_, i) => `lan${i}, `).join('')}{name: t1, sees: everything}]`,
      );
    assert.deepEqual(accepted(marked(31)).fabric.seesEverything, ['t1']);
    assert.match(
      refused(marked(32)).join('\n'),
      /interfaces\[32\]\.sees: can be said of the first 32 interfaces only; put t1 before the others$/,
    );
  });

  it('asks servers, also where every interface sees everything, unless it is said', () => {
    const ask = (interfaces: string, detect = '', servers = '') =>
      accepted(
        `detect: {watch: [172.27.178.0/24]${detect}}\nfabric: {interfaces: ${interfaces}}\n${servers}`,
      );
    const mirror = '{name: t1, sees: everything}';
    assert.equal(ask('[lan0]').detect.ask, 'connect');
    assert.equal(ask('[lan0]', ', ask: none').detect.ask, 'none');
    assert.equal(ask(`[lan0, ${mirror}]`).detect.ask, 'connect');
    assert.equal(ask(`[${mirror}]`).detect.ask, 'connect');
    assert.equal(ask(`[${mirror}]`, ', ask: none').detect.ask, 'none');
    const socket = accepted('detect: {watch: [10.0.0.0/8]}\nfabric: {socket: /run/fabric.sock}\n');
    assert.equal(socket.detect.ask, 'connect');
    const servers =
      'servers: [{address: 172.27.178.80, ask: none}, {address: 172.27.178.81, ask: connect}, {address: 172.27.178.82}]\n';
    assert.deepEqual(
      ask('[lan0]', '', servers).servers.map((server) => server.ask),
      ['none', 'connect', null],
    );
  });

  it('takes false for the traps and for the page as a whole', () => {
    assert.equal(accepted(`${MINIMAL}recover: {traps: false}\npage: false\n`).recover.traps, null);
    assert.equal(accepted(`${MINIMAL}page: false\n`).page, null);
    assert.deepEqual(accepted(`${MINIMAL}page: {}\n`).page?.ports, [80]);
  });

  it('takes DES only where OpenSSL still has it', () => {
    const text = EXAMPLE.replace('protocol: aes', 'protocol: des');
    if (getCiphers().includes('des-cbc'))
      assert.equal(accepted(text).recover.traps?.users[0]?.priv?.protocol, 'des');
    else
      assert.match(
        refused(text).join(),
        /this value \(des\) is not in the OpenSSL that Node\.js uses here; aes, aes256/,
      );
  });

  it('takes 4096 networks and no more', () => {
    const watch = (count: number): string =>
      MINIMAL.replace(
        '172.27.178.0/24',
        Array.from({ length: count }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`).join(', '),
      );
    assert.equal(accepted(watch(4096)).detect.watch.length, 4096);
    assert.match(
      refused(watch(4097)).join(),
      /^r\.yaml:1:17: detect\.watch: has 4097 items, 4096 are allowed; /,
    );
  });
});
