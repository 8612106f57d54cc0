/** `ringback check --here`, as users start it: what is there, and what is not. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, describe, it } from 'node:test';
import type { Finding } from '../../../host/cli/here-findings.ts';
import { interfaceFinding } from '../../../host/cli/here-machine.ts';
import { sidesFindings } from '../../../host/cli/here-network.ts';
import type { Devices } from '../../../host/config/router/devices.ts';
import { freePort } from '../../ports.ts';
import { parseRouterConfiguration } from '../config/parsed.ts';
import { directory } from '../fabric/scripted.ts';
import { scriptedServer } from '../mail/support.ts';
import { LIST_MAIL, PASSWORD, popServer, USER } from '../relay/support.ts';
import { type Result, ringbackBeside } from '../router/program.ts';

const place = directory();
after(() => place.remove());
let files = 0;

async function checked(lines: readonly string[], ...options: readonly string[]): Promise<Result> {
  const file = place.path(`${++files}.yaml`);
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return await ringbackBeside('check', '--here', '-c', file, ...options);
}

/** A router on the loopback, with a mail server at this port; later lines stand for earlier ones. */
const router = (mailPort: number, interfaces = '[lo]'): string[] => [
  'detect: {watch: [172.27.178.0/24]}',
  `fabric: {interfaces: ${interfaces}}`,
  `state: ${place.path('state')}`,
  `control: ${place.path('control.sock')}`,
  `smtp: {host: 127.0.0.1, port: ${mailPort}, tls: none, from: ringback@router.example}`,
];
const NO_TRAPS = 'recover: {traps: {listen: false}}';

function findingsOf({ stdout, stderr }: Result): Map<string, Finding> {
  const { here } = JSON.parse(stdout || assert.fail(stderr)) as { here: readonly Finding[] };
  return new Map(here.map((finding) => [finding.what, finding]));
}

describe('ringback check --here', () => {
  it('says of each thing that it is there, and ends with 0', async (test) => {
    const server = await scriptedServer(test);
    const { status, stdout } = await checked([...router(server.port), NO_TRAPS]);
    assert.equal(status, 0, stdout);
    assert.match(stdout, /is right\.[\s\S]*^Here:$/m);
    assert.match(stdout, /^ {2}ok {5}interface lo: is up$/m);
    assert.match(stdout, /^ {2}ok {5}state: .*MiB/m);
    assert.match(stdout, new RegExp(`^ {2}ok {5}mail server: 127\\.0\\.0\\.1:${server.port} answers`, 'm'));
    // It looked, and left nothing.
    assert.equal(server.received.length, 0);
  });

  it('says what is wrong and what to do, and ends with 1', async (test) => {
    const page = createServer().listen(0, '127.0.0.1');
    const traps = createSocket('udp4').bind(0, '127.0.0.1');
    await Promise.all([once(page, 'listening'), once(traps, 'listening')]);
    test.after(() => {
      page.close();
      traps.close();
    });
    const address = page.address();
    assert.ok(address !== null && typeof address === 'object');
    const result = await checked(
      [
        ...router(await freePort(), '[nowhere0]').map((line) =>
          line.replace(/^state: .*/, 'state: /nowhere/ringback/state'),
        ),
        `page: {listen: "127.0.0.1:${address.port}", ports: [80]}`,
        `recover: {traps: {listen: "127.0.0.1:${traps.address().port}", communities: [a-long-community-name]}}`,
      ],
      '--json',
    );
    assert.equal(result.status, 1, result.stderr);
    const found = findingsOf(result);
    for (const [what, says] of [
      ['interface nowhere0', /this machine has none; ip link/],
      ['page', /is another program's; ss -lntup/],
      ['traps', /is another program's/],
      ['state', /\/nowhere\/ringback does not exist; mkdir -p \/nowhere\/ringback\/state/],
      ['mail server', /connecting: .*ECONNREFUSED.*smtp\.port/],
    ] as const) {
      assert.equal(found.get(what)?.verdict, 'wrong', what);
      assert.match(found.get(what)?.says ?? '', says);
    }
  });

  it('knows a zone that the machine does not understand', async (test) => {
    const server = await scriptedServer(test);
    const before = process.env.TZ;
    process.env.TZ = 'CET-1CEST,M3.5.0,M10.5.0/3';
    test.after(() => {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    });
    const clock = findingsOf(await checked([...router(server.port), NO_TRAPS], '--json')).get('clock');
    assert.equal(clock?.verdict, 'doubtful');
    assert.match(clock?.says ?? '', /TZ=CET-1CEST.* is not understood/);
  });

  it('looks into the mailbox of a relay, and gives its password to nobody without TLS', async (test) => {
    const mail = await scriptedServer(test);
    const pop = await popServer(test, { messages: [LIST_MAIL] });
    const relay = (tls: string): string[] => [
      `relay: {pop: {host: 127.0.0.1, port: ${pop.port}, tls: ${tls}, user: ${USER}, password: "${PASSWORD}"}}`,
      `smtp: {host: 127.0.0.1, port: ${mail.port}, tls: none, from: relay@www.example.jp}`,
      ...[
        'list_key: a-long-key-of-the-list',
        `state: ${place.path('relay')}`,
        `control: ${place.path('relay.sock')}`,
      ],
    ];
    const plain = findingsOf(await checked(relay('none'), '--json')).get('mailbox');
    assert.deepEqual([plain?.verdict, pop.left()], ['right', [1]], plain?.says);
    const auto = findingsOf(await checked(relay('auto'), '--json')).get('mailbox');
    assert.equal(auto?.verdict, 'doubtful', auto?.says);
    assert.ok(!pop.commands().some((line) => line.includes(PASSWORD)), `${pop.commands()}`);
  });

  it('looks at the interfaces of a pair', async () => {
    const result = await checked(
      [
        'takeover:',
        '  role: standby',
        '  listen: "127.0.0.1:7373"',
        '  interfaces: [nowhere0]',
        '  actives: [{name: web, address: 127.0.0.2}]',
        '  key: a-long-key-of-the-pair-0123456789',
        `control: ${place.path('takeover.sock')}`,
      ],
      '--json',
    );
    assert.equal(result.status, 1, result.stderr);
    assert.equal(findingsOf(result).get('interface nowhere0')?.verdict, 'wrong');
  });

  it('is wrong usage with --as, and of a scenario', async () => {
    const { status, stderr } = await checked([...router(25), NO_TRAPS], '--as', 'uci');
    assert.deepEqual([status, /--as and --here exclude/.test(stderr)], [2, true], stderr);
    const scenario = await ringbackBeside('check', 'embodiment-1', '--here');
    assert.deepEqual([scenario.status, /is a scenario/.test(scenario.stderr)], [2, true], scenario.stderr);
  });
});

describe('what is said of an interface', () => {
  const devices = (carrier: string | null | 'unknown'): Devices => ({
    names: ['lo'],
    numberOf: (name) => (name === 'lo' ? 1 : null),
    carrierOf: () => carrier,
  });

  for (const [title, name, known, verdict, says] of [
    ['that is there', 'lo', devices(null), 'right', 'is up'],
    ['of a network, that of its device', 'lan', devices('lo'), 'right', 'lo is up'],
    [
      'that nobody has',
      'lan',
      devices(null),
      'wrong',
      'this machine has none; ip link lists those that there are',
    ],
    [
      'of which nobody can say',
      'lan',
      devices('unknown'),
      'unknown',
      'netifd does not say whether a device carries a network of that name',
    ],
    ['where none can be seen', 'lan', null, 'unknown', 'this machine does not say which interfaces it has'],
  ] as const) {
    it(`is right of one ${title}`, () => {
      assert.deepEqual(interfaceFinding(name, known), { what: `interface ${name}`, verdict, says });
    });
  }
});

describe('what is said of sides', () => {
  const lan = [{ cidr: '172.27.179.1/24' }] as never;
  const said = (text: string, interfaces = {}): string =>
    sidesFindings(parseRouterConfiguration(`fabric: {interfaces: [lan0]}\n${text}`, 'test.yaml'), interfaces)
      .map((finding) => `${finding.verdict} ${finding.says}`)
      .join('\n');

  for (const [title, text, says] of [
    [
      'clients that count as servers',
      'detect: {watch: [172.27.0.0/16]}\nclients: [{address: 172.27.179.151, mail: sato@example.jp}]\nsmtp: {host: a, from: a@b}',
      /172\.27\.179\.151 of clients: are in detect\.watch/,
    ],
    [
      'networks in each other',
      'detect: {watch: [172.27.178.0/24, 172.27.178.128/25]}',
      /172\.27\.178\.128\/25 is in 172\.27\.178\.0\/24/,
    ],
    ['a network without its length', 'detect: {watch: [172.27.178.0]}', /172\.27\.178\.0: one address each/],
    [
      'port 443',
      'detect: {watch: [172.27.178.0/24]}\npage: {listen: 8480, ports: [80, 443]}',
      /443: the page has no certificate/,
    ],
    ['nothing', 'detect: {watch: [172.27.178.0/24]}', /^right clients and servers are apart$/],
  ] as const) {
    it(`is ${title}`, () => assert.match(said(text), says));
  }

  it('is a server beside its client', () => {
    const text = `detect: {watch: [172.27.179.80]}
servers: [{address: 172.27.179.80}]
clients: [{address: 172.27.179.151, mail: sato@example.jp}]
smtp: {host: a, from: a@b}`;
    assert.match(
      said(text, { lan0: lan }),
      /172\.27\.179\.80 and 172\.27\.179\.151 are in one network, 172\.27\.179\.0\/24/,
    );
    assert.doesNotMatch(said(text), /in one network/);
  });
});
