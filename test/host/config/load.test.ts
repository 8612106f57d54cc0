import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { routerWarnings } from '../../../host/config/router/warnings.ts';
import { readYaml } from '../../../host/config/yaml.ts';
import { EXAMPLE, MINIMAL } from './example.ts';
import { loadRouterConfiguration, parseRouterConfiguration } from './parsed.ts';
import { refusal } from './refusal.ts';

const MIB = 1024 * 1024;
const SMTP = { host: '172.27.179.25', from: 'ringback@router.example' };

const refused = (text: string): string[] => refusal(() => parseRouterConfiguration(text, 'r.yaml'));

describe('a configuration text', () => {
  it('gives every key of the example', () => {
    assert.deepEqual(parseRouterConfiguration(EXAMPLE, 'example'), {
      state: '/var/lib/ringback',
      fabric: {
        interfaces: ['lan0', 'wan0'],
        seesEverything: [],
        daemon: ['ringback-fabricd'],
        socket: null,
        remote: null,
        capacity: { servers: 1024, clients: 65_536, attempts: 65_536 },
      },
      detect: {
        watch: [{ address: '172.27.178.0', length: 24 }],
        unreachable: true,
        unansweredMs: 30_000,
        datagrams: [],
        learnsWait: false,
        forwarded: 'found',
        refused: true,
        knownClientsOnly: false,
        own: false,
        ask: 'connect',
      },
      recover: {
        traps: {
          listen: { host: '0.0.0.0', port: 162 },
          communities: ['community-secret'],
          users: [
            {
              name: 'ops',
              auth: { protocol: 'sha256', key: 'auth-secret' },
              priv: { protocol: 'aes', key: 'priv-secret' },
            },
          ],
          relays: ['172.27.179.50'],
          accept: ['coldStart', 'warmStart', 'linkUp'],
        },
        arp: true,
        synAck: true,
        confirm: 'connect',
        settleMs: 5000,
      },
      notify: {
        via: 'direct',
        freshMs: 43_200_000,
        sweepMs: 604_800_000,
        giveUpMs: 259_200_000,
        most: { hour: 6, day: 20 },
        language: 'en',
      },
      smtp: {
        host: '172.27.179.25',
        port: 25,
        tls: 'auto',
        user: 'ringback',
        password: 'smtp-secret',
        from: 'ringback@router.example',
      },
      clients: [{ address: '172.27.179.151', mail: 'sato@example.jp', language: 'ja' }],
      servers: [
        {
          address: '172.27.178.80',
          name: 'www.example.jp',
          names: ['www.example.jp', 'example.jp'],
          ports: [80, 443],
          mail: 'sav_1@example.jp',
          via: null,
          ask: null,
          real: null,
        },
      ],
      station: { mail: 'station@example.jp' },
      page: {
        listen: { host: '::', port: 8480 },
        ports: [80, 21, 25, 110],
        greet: [21, 25, 110],
        form: 'server',
        routerUrl: 'http://172.27.179.1:8480',
        askAgainMs: 2_592_000_000,
        known: 'show',
      },
      dashboard: {
        listen: { host: '127.0.0.1', port: 8481 },
        token: 'dashboard-secret',
        names: ['router.lan'],
        people: 'counted',
      },
      listKey: 'list-secret',
      hooks: [['/usr/libexec/ringback/changed', 'servers']],
      log: { format: 'auto', level: 'info' },
      control: '/run/ringback/ringback.sock',
    });
  });

  it('with nothing but what is required has the defaults of the example', () => {
    const example = parseRouterConfiguration(EXAMPLE, 'example');
    const { state, fabric, detect, recover, notify, control, ...rest } = parseRouterConfiguration(
      MINIMAL,
      'minimal',
    );
    assert.equal(state, example.state);
    assert.deepEqual(fabric, { ...example.fabric, interfaces: ['lan0'] });
    assert.deepEqual(detect, example.detect);
    const traps = example.recover.traps && {
      ...example.recover.traps,
      communities: ['public'],
      users: [],
      relays: [],
    };
    assert.deepEqual(recover, { ...example.recover, traps });
    assert.deepEqual(notify, example.notify);
    assert.equal(control, example.control);
    assert.deepEqual(rest, {
      smtp: null,
      clients: [],
      servers: [],
      station: null,
      page: null,
      dashboard: null,
      listKey: null,
      hooks: [],
      log: { format: 'auto', level: 'info' },
    });
  });

  it('may be JSON, begin with a byte order mark, have line ends of Windows, or use aliases', () => {
    const minimal = parseRouterConfiguration(MINIMAL, 'minimal');
    const json = '{"detect": {"watch": ["172.27.178.0/24"]}, "fabric": {"interfaces": ["lan0"]}}';
    assert.deepEqual(parseRouterConfiguration(json, 'json'), minimal);
    assert.deepEqual(parseRouterConfiguration(`\uFEFF${MINIMAL}`, 'bom'), minimal);
    assert.deepEqual(
      parseRouterConfiguration(EXAMPLE.replaceAll('\n', '\r\n'), 'crlf'),
      parseRouterConfiguration(EXAMPLE, 'lf'),
    );
    const aliased = `${MINIMAL}servers:\n- {address: 172.27.178.80, ports: &web [80, 443]}\n- {address: 172.27.178.81, ports: *web}\n`;
    assert.deepEqual(parseRouterConfiguration(aliased, 'aliased').servers[1]?.ports, [80, 443]);
  });

  it('that breaks the syntax gets one message with its place', () => {
    const broken: [string, string, RegExp][] = [
      ['a: 1\nb:\n\tc: 2\n', '3:1', /a tab is used to indent/],
      ['a: [1, 2\nb: 3\n', '2:1', /indentation is wrong/],
      ['a: "b\n', '2:1', /a quote is opened and not closed/],
      ['smtp:\n  host: x\n  password:secret\n', '3:3', /neither "key: value" nor text/],
      ['a: b: c\n', '1:4', /a second "key: value"/],
      ['a: {b: 1 c: 2}\n', '1:8', /separated by commas/],
      ['a: @b\n', '1:4', /in quotes/],
      ['a: "\\secret"\n', '1:5', /backslash/],
      ['? [a]\n: b\n', '1:3', /a key is a plain word/],
      ['a: 1\n---\nb: 2\n', '2:1', /second document/],
      ['a: 1\n]\n', '2:1', /does not belong here/],
      ['[1, 2', '1:6', /a closing bracket is missing/],
      [`a: ${'['.repeat(100_000)}`, '1:35', /nested too deeply/],
      [`a: ${'{a: '.repeat(100_000)}`, '1:', /nested too deeply/],
      [`${'- '.repeat(100_000)}`, '1:', /nested too deeply/],
    ];
    for (const [text, place, message] of broken) {
      const lines = refused(text);
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.ok(lines[0]?.startsWith(`r.yaml:${place}`), `${JSON.stringify(text.slice(0, 40))}: ${lines[0]}`);
      assert.match(lines[0] ?? '', message);
      assert.match(lines[0] ?? '', /^r\.yaml:\d+:\d+: /);
      assert.doesNotMatch(lines[0] ?? '', /secret/);
    }
  });

  it('that gives a key twice is refused at the second one', () => {
    assert.deepEqual(refused(`${MINIMAL}control: /a\ncontrol: /b\n`), [
      'r.yaml:4:1: this key is given twice; keep one of them',
    ]);
  });

  it('that uses aliases as a bomb, in a circle or without a target is refused', () => {
    const bomb = ['a: &a [x, x]'];
    for (const [index, name] of [...'bcdefghij'].entries()) {
      bomb.push(`${name}: &${name} [${Array(20).fill(`*${'abcdefghij'[index]}`).join(', ')}]`);
    }
    assert.ok(refused(bomb.join('\n')).some((line) => /^r\.yaml:7:\d+: more than 100 aliases/.test(line)));
    assert.match(
      refused(`${MINIMAL}clients: &all [*all]\n`)[0] ?? '',
      /^r\.yaml:3:16: this is not the name of an alias/,
    );
    assert.match(
      refused(`${MINIMAL}control: *secret\n`)[0] ?? '',
      /^r\.yaml:3:10: this is not the name of an alias; [^*]*$/,
    );
  });

  it('that uses tags is refused', () => {
    assert.match(
      refused(`${MINIMAL}control: !secret /a\n`)[0] ?? '',
      /^r\.yaml:3:10: tags \(!name\) have no meaning here/,
    );
    assert.match(refused(`${MINIMAL}control: !!binary aGk=\n`)[0] ?? '', /^r\.yaml:3:10: tags/);
  });

  it('that is empty, binary or too large is refused', () => {
    for (const text of ['', '\n\n', '# nothing but words\n', '---\n', 'null\n']) {
      assert.match(refused(text).join(), /^r\.yaml:1:1: is empty; give at least detect\.watch/);
    }
    assert.match(refused('a: 1\nb\0').join(), /^r\.yaml:2:2: is not a text file/);
    assert.match(
      refused(`a: ${'x'.repeat(2 * MIB)}`).join(),
      /^r\.yaml:1:1: is larger than 2 MiB, .* as JSON/,
    );
    assert.match(refused(`{"a": "${'x'.repeat(8 * MIB)}"}`).join(), /^r\.yaml: is larger than 8 MiB/);
  });

  it('means the same as JSON and as YAML', () => {
    for (const text of [
      '{"a": {"b": [1, -0.5, 1e3, 123456789012345678901, true, null, "x: y", "\\u00e9\\"\\\\", ""]}, "c:d": {}, "": []}',
      '\n {"a"\n:\n"b"}\n',
      '{"a\\\\": "\\\\", "b": ":"}',
    ]) {
      assert.deepEqual(readYaml(text).value, JSON.parse(text));
      assert.deepEqual(readYaml(`---\n${text}`).value, JSON.parse(text));
    }
    assert.deepEqual(readYaml('{"a":\t1,\n\t"b": 2}').value, { a: 1, b: 2 });
  });

  it('that is JSON has its mistakes where they are, and no key twice', () => {
    const start = '{"detect": {"watch": ["172.27.178.0/24"]},\n';
    const mistakes: [string, string][] = [
      [`${start} "fabric": {"interfaces": ["lan0"]},\n "detect": {}}`, '3:2: this key is given twice'],
      [`${start} "fabric": {"interfaces": ["lan0"], "interfaces": []}}`, '2:37: this key is given twice'],
      [`${start} "fabric": {"interfaces": 5}}`, '2:27: fabric.interfaces: '],
      [`${start} "__proto__": {}}`, '2:2: __proto__: unknown key'],
      [
        `${start} "fabric": {"interfaces": ["lan0"]}, "contrl": "/a"}`,
        '2:38: contrl: unknown key; did you mean',
      ],
      [`${'{"a": '.repeat(40)}1${'}'.repeat(40)}`, '1:188: this is nested too deeply'],
    ];
    for (const [text, expected] of mistakes) {
      const lines = refused(text);
      assert.ok(
        lines.some((line) => line.startsWith(`r.yaml:${expected}`)),
        `${lines.join('\n')}\non ${text}`,
      );
    }
  });

  it('that is JSON has room for every client there can be', () => {
    const clients = Array.from({ length: 65_535 }, (_, i) => ({
      address: `10.0.${i >> 8}.${i & 255}`,
      mail: `user${i}@a-rather-long-department.example.jp`,
      language: 'ja',
    }));
    const whole = {
      detect: { watch: ['172.27.178.0/24'] },
      fabric: { interfaces: ['lan0'] },
      smtp: SMTP,
      clients,
    };
    const text = JSON.stringify(whole);
    assert.ok(text.length > 2 * MIB);
    assert.equal(parseRouterConfiguration(text, 'r.yaml').clients.length, 65_535);
    const wrong = text.replace('user60000@', 'user60000');
    assert.match(refused(wrong).join(), /^r\.yaml:1:1: clients\[60000\]\.mail: /);
  });

  it('that is a list or a word is refused', () => {
    for (const text of ['- a\n', 'ringback\n', '5\n', 'true\n']) {
      assert.match(
        refused(text).join(),
        /^r\.yaml:1:1: is not a mapping of keys to values; allowed here: state, /,
      );
    }
  });

  it('is understood in time however large its mistakes are', () => {
    const many = Array.from({ length: 50_000 }, (_, index) => `k${index}: 1`).join('\n');
    const lines = refused(many);
    assert.equal(lines.length, 21);
    assert.match(lines[20] ?? '', /^r\.yaml: and 49\d\d\d more mistakes$/);
    assert.match(lines[0] ?? '', /^r\.yaml:1:1: /);
  });
});

describe('a configuration file', () => {
  let directory = '';
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'ringback-config-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(directory, name), content);
    return join(directory, name);
  };

  it('is read, and named in messages as it was given', () => {
    const good = file('good.yaml', EXAMPLE);
    assert.deepEqual(loadRouterConfiguration(good), parseRouterConfiguration(EXAMPLE, 'x'));
    const served = loadRouterConfiguration(good, '/run/ringback/fabric.sock');
    assert.equal(served.fabric.socket, '/run/ringback/fabric.sock');
    assert.doesNotMatch(routerWarnings(served).join(), /has no effect/);
    const bad = file('bad.yaml', `${MINIMAL}contrl: /a\n`);
    assert.deepEqual(
      refusal(() => loadRouterConfiguration(bad)),
      [`${bad}:3:1: contrl: unknown key; did you mean "control"?`],
    );
  });

  it('that is not there, or not a file, is refused with the remedy', () => {
    mkdirSync(join(directory, 'folder'));
    symlinkSync('loop', join(directory, 'loop'));
    const good = file('plain.yaml', MINIMAL);
    const wrong: [string, RegExp][] = [
      [join(directory, 'missing.yaml'), /missing\.yaml: does not exist; give the right path with -c FILE$/],
      [join(good, 'below.yaml'), /below\.yaml: does not exist, a part of its path/],
      [join(directory, 'folder'), /folder: is a directory; give the path of a configuration file/],
      [join(directory, 'loop'), /loop: is a symbolic link that leads nowhere/],
    ];
    for (const [path, message] of wrong) {
      const lines = refusal(() => loadRouterConfiguration(path));
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? '', message);
    }
  });

  it('that may not be read is refused with the remedy', () => {
    const path = file('locked.yaml', MINIMAL);
    chmodSync(directory, 0o755);
    chmodSync(path, 0);
    // Root may read everything: be nobody for the moment.
    const user = process.geteuid?.() ?? 0;
    if (user === 0) process.seteuid?.(65_534);
    try {
      const lines = refusal(() => loadRouterConfiguration(path));
      assert.match(lines.join(), /locked\.yaml: may not be read by this user; change its permissions/);
    } finally {
      if (user === 0) process.seteuid?.(0);
    }
  });

  it('that is no text is refused with the remedy', () => {
    const utf16 = file('utf16.yaml', Buffer.from(`\uFEFF${MINIMAL}`, 'utf16le'));
    assert.match(
      refusal(() => loadRouterConfiguration(utf16)).join(),
      /utf16\.yaml: is not text in UTF-8; .*iconv/,
    );
    const binary = file(
      'binary.yaml',
      Uint8Array.from({ length: 256 }, (_, index) => index),
    );
    assert.match(refusal(() => loadRouterConfiguration(binary)).join(), /binary\.yaml: is not text in UTF-8/);
    const zeros = file('zeros.yaml', new Uint8Array(64));
    assert.match(refusal(() => loadRouterConfiguration(zeros)).join(), /zeros\.yaml:1:1: is not a text file/);
  });

  it('that never ends is refused as too large', () => {
    assert.deepEqual(
      refusal(() => loadRouterConfiguration('/dev/zero')),
      ['/dev/zero: is larger than 8 MiB; a configuration is not, give the right path with -c FILE'],
    );
  });
});
