import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explainRouter } from '../../../../host/config/router/explain.ts';
import { routerWarnings } from '../../../../host/config/router/warnings.ts';
import { tables } from '../../../../host/fabric/module.ts';
import { KEY_BYTES } from '../../../../host/fabric/records.ts';
import type { TableSizes } from '../../../../host/fabric/sizes.ts';
import { commandsFor } from '../../../../host/router/fabric-commands.ts';
import { EXAMPLE, MINIMAL, SECRETS } from '../example.ts';
import { parseRouterConfiguration } from '../parsed.ts';

/** Of this machine. */
const ADDRESS = { address: '', netmask: '', family: 'IPv4', mac: '', internal: false, cidr: null } as const;

const example = parseRouterConfiguration(EXAMPLE, 'example');
/** The example with one part replaced. */
const changed = (part: string | RegExp, other: string) => {
  const text = EXAMPLE.replace(part, other);
  assert.notEqual(text, EXAMPLE, `nothing to replace: ${part}`);
  return parseRouterConfiguration(text, 'changed');
};
const minimal = (more = '') => parseRouterConfiguration(`${MINIMAL}${more}`, 'minimal');

describe('the explanation', () => {
  it('says what the example does', () => {
    assert.deepEqual(explainRouter(example, tables, {}), [
      'Watches the servers in 172.27.178.0/24 on lan0 and wan0, by "ringback-fabricd"; nothing outside of that is learnt.',
      'A server counts as down when it is reported unreachable, a connection request stays unanswered for 30s, or a service known to live there refuses a connection.',
      'Before that is believed of a server, this machine connects to it itself: only to ports that people tried, that are known, or that the page answers for, and where an entry of servers has ports only to those.',
      'Signs that a server is back: an ARP reply or announcement (IPv6: a neighbour advertisement), an accepted connection, or an SNMP trap coldStart, warmStart, or linkUp at 0.0.0.0:162 (1 community, 1 v3 user, 1 relay believed).',
      'A sign starts a check: what people tried must accept connections for 5s before anybody is told.',
      'Each waiting client with a known mail address (1 configured) gets one mail. Mails are in English where the client has no language of its own.',
      'A person gets 6 mails an hour and 20 a day at most; what is more is collected into one mail.',
      'An address that came in through the page gets 2 mails an hour and 5 a day until it is confirmed by the link of a notice.',
      "Who last tried more than 12h ago is not told, and is forgotten after 7d; a mail that can't be delivered is dropped after 3d.",
      'Mail goes out by 172.27.179.25:25, only with STARTTLS, with a login, from ringback@router.example.',
      "In a dead server's place, on port 80, answers a page (to all who come) that asks where to send a notice; its form goes to the dead server's address.",
      "On ports 21, 25, and 110 a line of the port's protocol says in its place that it is down, and to come again later.",
      'A dashboard, without naming anybody, its metrics and its health are at http://127.0.0.1:8481/, for whoever has its token. It answers to router.lan, too.',
      "The data plane's tables take about 9.6 MiB: 1,024 servers and services, 65,536 waiting clients, 65,536 connection attempts in flight.",
      'A server takes a place for itself and one for each of its services, so that 512 servers with one service each find room. Whoever has answered nobody for longest goes first; what servers names stays. Outages of addresses that never answered anybody and that it does not name take no more than a quarter.',
      'Up to 65,536 clients can wait, for all servers together. Clients nobody has a mail address of are noted for one server while no more wait for it than places are left: 32,768 where nobody waits for another. Kept for those with a known mail address: the last 4,096 places. Who comes beyond that is not noted, and counted in "ringback status" as clients refused.',
      'Up to 200,000 notices can be on their way. Where more people wait for one server, they are told in portions, as there is room: nobody who was noted is given up for want of it.',
      'What happens to servers is told /usr/libexec/ringback/changed.',
      '"ringback status" asks at /run/ringback/ringback.sock.',
    ]);
  });

  it('follows the configuration', () => {
    const says = (configuration: ReturnType<typeof minimal>, sentence: RegExp) =>
      assert.ok(
        explainRouter(configuration, tables).some((line) => sentence.test(line)),
        `${sentence} in\n${explainRouter(configuration, tables).join('\n')}`,
      );
    says(
      changed('[172.27.178.0/24]', '[172.27.178.0/24, "2001:db8:178::/64"]'),
      /in 172\.27\.178\.0\/24 and 2001:db8:178::\/64 on/,
    );
    says(
      changed('[172.27.178.0/24]', `[172.27.178.0/24, ${'10.0.0.1, '.repeat(9)}10.0.0.2]`),
      /10\.0\.0\.1\/32, and 6 more on/,
    );
    says(
      changed('daemon: [ringback-fabricd]', 'socket: /run/f.sock'),
      /wherever the data plane at \/run\/f\.sock listens/,
    );
    says(
      changed('[lan0, wan0]', '[lan0, {name: t1, sees: everything}]'),
      /on lan0 and t1, by .* is learnt\. On t1 everything is seen/,
    );
    says(
      changed(
        /interfaces: .*\n {2}daemon: .*\n/,
        'interfaces: [lan0, {name: t1, sees: everything}]\n  socket: /run/f.sock\n',
      ),
      /On t1 \(number 2 of its interfaces\) everything is seen/,
    );
    says(
      changed('ask: connect', 'ask: none'),
      /^That is believed without connecting to the server: one that turns away one client/,
    );
    says(
      parseRouterConfiguration(MINIMAL.replace('[lan0]', '[{name: t1, sees: everything}]'), 'mirror'),
      /Where this machine has no way to a server, that counts as down when/,
    );
    says(
      changed('[80, 443]', '[80, 443], ask: none'),
      /only to those\. It is otherwise for 172\.27\.178\.80\.$/,
    );
    says(changed('30s ', 'false '), /unreachable or a service known/);
    says(
      changed('30s ', 'auto '),
      /unanswered for as long as is learnt .*, 3s at least, and 30s at the most/,
    );
    says(
      changed('datagrams: [ ]', 'datagrams: [443, 53]'),
      /^Datagrams to ports 443 and 53 of UDP count as connection requests do, /,
    );
    says(changed('datagrams: [ ]', 'datagrams: [53]'), /^Datagrams to port 53 of UDP count/);
    says(
      changed('conversations: false', 'conversations: true'),
      /^In a conversation that was accepted, what a client sends, and sends again twice, .* unanswered for 30s /,
    );
    says(
      changed('conversations: false', 'conversations: true'),
      /tables take about 10\.0 MiB: .* 65,536 connection attempts in flight, 4,096 conversations in which something is not acknowledged\.$/,
    );
    says(
      changed('known_clients_only: false', 'known_clients_only: true'),
      /Only clients with a known mail address are noticed\./,
    );
    says(changed('listen: 0.0.0.0:162', 'listen: false'), /advertisement\) or an accepted connection\.$/);
    says(changed('0.0.0.0:162', '"[::]:162"'), / at \[::\]:162 \(/);
    says(changed('confirm: connect', 'confirm: none'), /believed as it is/);
    says(changed('settle: 5s', 'settle: 90s'), /accept connections for 90s/);
    says(
      changed('ports: [80] ', 'ports: [80, 8080] '),
      /place, on ports 80 and 8080, answers a page \(to all/,
    );
    says(changed('known: show', 'known: pass'), /a page \(clients with a known mail address get no page\)/);
    says(
      changed('form: server', 'form: router'),
      /its form goes to this router \(http:\/\/172\.27\.179\.1:8480\)/,
    );
    says(changed('language: en', 'language: ja'), /Mails are in Japanese where/);
    says(changed('via: direct', 'via: server'), /Each server's own relay \(1 configured\)/);
    says(changed('via: direct', 'via: station'), /The management station \(1 configured\)/);
    says(changed('via: direct', 'via: station'), /gave a mail address on the page is told by this router/);
    says(
      changed('mail: sav_1@example.jp}', 'mail: sav_1@example.jp, via: server}'),
      /^For 172\.27\.178\.80 it is otherwise: Each server's own relay \(1 configured\)/,
    );
    says(changed('tls: auto', 'tls: implicit'), /TLS from the first byte, with a login/);
    says(changed('user: ringback, password: smtp-secret, ', ''), /TLS where it is offered, without a login/);
    says(changed('host: 172.27.179.25', 'host: "2001:db8:179::25"'), /by \[2001:db8:179::25\]:25,/);
    says(
      changed('{hour: 6, day: 20}', '{hour: 1, day: 3}'),
      /^A person gets 1 mail an hour and 3 a day at most;/,
    );
    says(changed('{hour: 6, day: 20}', '{hour: 1, day: 3}'), /page gets 1 mail an hour and 3 a day until/);
    says(changed('{hour: 6, day: 20}', 'false'), /^A person gets as many mails as there are\.$/);
    says(changed('{hour: 6, day: 20}', 'false'), /page gets 2 mails an hour and 5 a day until/);
    says(changed('clients: 65536', 'clients: 1000'), /1,000 waiting clients/);
    says(
      changed('clients: 65536', 'clients: 1000'),
      /^Up to 1,000 clients can wait, .* left: 500 where .*: the last 62 places\. Who/,
    );
    says(changed('clients: 65536', 'clients: 31'), /: the last 1 place\. Who/);
  });

  it('says which of the watched addresses are this machine itself, unless that is warned of', () => {
    const own = (...addresses: readonly string[]) => ({
      lan0: addresses.map((address) => ({ ...ADDRESS, address })),
    });
    const said = (...addresses: readonly string[]) =>
      explainRouter(example, tables, own(...addresses)).filter((line) => line.includes('own addresses'));
    assert.deepEqual(said('172.27.178.1', '172.27.179.1'), [
      "Of the watched addresses 172.27.178.1 is this machine's own: an outage of this machine's own addresses is opened only where servers names them.",
    ]);
    assert.match(said('172.27.178.1', '172.27.178.2')[0] ?? '', / 172\.27\.178\.1 and 172\.27\.178\.2 are /);
    assert.deepEqual(said('172.27.178.80', '172.27.179.1'), []);
    const itself = explainRouter(example, tables, own('172.27.178.80', '172.27.179.1'));
    assert.ok(
      itself.some((line) => /^172\.27\.178\.80 is this machine itself: services there are asked/.test(line)),
    );
  });

  it('reckons the memory with the sizes it is given', () => {
    const sizes: TableSizes[] = [];
    const bytes = (one: TableSizes): number => {
      sizes.push(one);
      return 4 << 20;
    };
    const line = explainRouter(minimal(), { ...tables, bytes }).find((sentence) => sentence.includes('MiB'));
    assert.match(line ?? '', /about 4\.0 MiB/);
    const [command] = commandsFor(minimal(), [], Buffer.alloc(KEY_BYTES));
    assert.ok(command?.kind === 'configure', 'the sizes are the first that the fabric is told');
    assert.deepEqual(sizes, [command.sizes]);
  });

  it('names no secret and nobody who is told', () => {
    const text = [...explainRouter(example, tables), ...routerWarnings(example)].join('\n');
    for (const hidden of [...SECRETS, 'sato@example.jp', 'station@example.jp', 'sav_1@example.jp']) {
      assert.ok(!text.includes(hidden), hidden);
    }
  });
});

describe('the warnings', () => {
  const known: [string, ReturnType<typeof minimal>, RegExp][] = [
    [
      'watching everything',
      changed('[172.27.178.0/24]', '[0.0.0.0/0, "::/0"]'),
      /^detect\.watch contains 0\.0\.0\.0\/0 and ::\/0: /,
    ],
    [
      'a dashboard for others',
      changed('127.0.0.1:8481', '172.27.179.1:8481'),
      /^dashboard\.listen is 172\.27\.179\.1:8481, beyond this machine, and without TLS: /,
    ],
    [
      'a server outside',
      changed('172.27.178.80', '172.27.177.80'),
      /^1 server outside of detect\.watch will never be noticed: 172\.27\.177\.80\.$/,
    ],
    ['a server of the other family', changed('172.27.178.80', '2001:db8:178::80'), /^1 server outside/],
    [
      'no detection',
      changed(
        /unreachable: true\n {2}unanswered: 30s (.*)\n {2}refused: true/,
        'unreachable: false\n  unanswered: false\n  refused: false',
      ),
      /no outage is ever noticed/,
    ],
    [
      'silence that is learnt, and believed',
      changed(/unanswered: 30s (?:.*\n)*? {2}ask: connect/, 'unanswered: auto\n  ask: none'),
      /^detect\.unanswered is auto and detect\.ask is none: a few seconds/,
    ],
    [
      'conversations that are believed',
      changed(/conversations: false(?:.*\n)*? {2}ask: connect/, 'conversations: true\n  ask: none'),
      /^detect\.conversations is true and detect\.ask is none: what anybody makes up/,
    ],
    [
      'no sign of life',
      changed(
        /traps:\n(?: {4}.*\n)* {2}arp: true\n {2}syn_ack: true/,
        'traps: false\n  arp: false\n  syn_ack: false',
      ),
      /no recovery is ever noticed/,
    ],
    [
      'interfaces beside a socket',
      changed('daemon: [ringback-fabricd]', 'socket: /run/f.sock'),
      /^fabric\.interfaces has no effect beside/,
    ],
    ['nobody to tell', minimal(), /^clients is empty: outages are noticed/],
    ['a page without a way to tell anybody', minimal('page: {}\n'), /^page asks people .* no smtp/],
    [
      'nobody to notice',
      changed(/known_clients_only: false([\s\S]*)clients:\n.*\n/, 'known_clients_only: true$1'),
      /nobody is ever noticed/,
    ],
    [
      'relays without mail',
      changed(/via: direct([\s\S]*), mail: sav_1@example\.jp/, 'via: server$1'),
      /^No server has a mail address/,
    ],
    [
      'one relay without mail',
      changed(/via: direct([\s\S]*)station:/, 'via: server$1  - {address: 172.27.178.81}\nstation:'),
      /^1 server without a mail address: /,
    ],
    [
      'a page port that a server leaves out',
      changed('ports: [80, 443]', 'ports: [443]'),
      /^page\.ports has a port that servers: ports leaves out for 172\.27\.178\.80: there it is neither asked/,
    ],
    [
      'a page for a server that may not be asked',
      changed('ports: [80, 443]', 'ports: [443], ask: none'),
      /^servers has ask: none for 172\.27\.178\.80: no page comes/,
    ],
    ['a readable password', changed('tls: auto', 'tls: none'), /^smtp\.tls is none: the password/],
  ];

  it('are none for the example', () => {
    assert.deepEqual(routerWarnings(example), []);
  });

  it('are none of a socket whose interfaces are named for a mark', () => {
    const interfaces = 'interfaces: [lan0, {name: t1, sees: everything}]\n  socket: /run/f.sock\n';
    assert.deepEqual(routerWarnings(changed(/interfaces: .*\n {2}daemon: .*\n/, interfaces)), []);
  });

  it('include a page that can not come: where all is copies, and on a bridge that no rule sees', () => {
    const copies = changed('[lan0, wan0]', '[{name: t1, sees: everything}, {name: t2, sees: everything}]');
    assert.deepEqual(routerWarnings(copies), [
      "On t1 and t2 everything is seen, in copies: no page can come from here in a dead server's place.",
    ]);
    const bridges = (filtered: readonly (4 | 6)[], ...ports: readonly string[]) => ({
      bridgeOf: (name: string) => (ports.includes(name) ? 'br0' : null),
      isFiltered: (version: 4 | 6) => filtered.includes(version),
    });
    const said = (...known: Parameters<typeof bridges>) => routerWarnings(example, {}, bridges(...known));
    const [one, ...more] = said([], 'lan0', 'wan0');
    assert.match(one ?? '', /^lan0 and wan0 are ports of the bridge br0, .* over IPv4: the page can't come/);
    assert.deepEqual(more, []);
    assert.deepEqual(said([4], 'lan0', 'wan0'), []);
    assert.deepEqual(said([], 'lan0'), [], 'a bridge of the router’s own');
  });

  it('are none of a page port of a server that names no ports', () => {
    assert.deepEqual(routerWarnings(changed('ports: [80, 443], ', '')), []);
  });

  it('include watched addresses of this machine itself, not its servers, nor networks that it is in', () => {
    const address = (text: string) => ({ lan0: [{ ...ADDRESS, address: text }] });
    const one = (configuration: ReturnType<typeof minimal>, own: string) => {
      const found = routerWarnings(configuration, address(own));
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0] ?? '', /^detect\.watch names \S+, of this machine itself: an outage/);
    };
    one(changed('[172.27.178.0/24]', '[172.27.178.0/24, 172.27.179.1]'), '172.27.179.1');
    one(changed('[172.27.178.0/24]', '[172.27.178.0/24, "2001:DB8::1"]'), '2001:db8:0::1');
    for (const inside of ['172.27.178.0', '172.27.178.1', '172.27.178.80']) {
      assert.deepEqual(routerWarnings(example, address(inside)), []);
    }
  });

  for (const [name, configuration, sentence] of known) {
    it(`include ${name}`, () => {
      const found = routerWarnings(configuration);
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0] ?? '', sentence);
    });
  }
});
