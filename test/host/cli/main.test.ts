/** The command line, as users start it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { explainRouter } from '../../../host/config/router/explain.ts';
import { tables } from '../../../host/fabric/module.ts';
import { EXAMPLE, SECRETS } from '../config/example.ts';
import { parseRouterConfiguration } from '../config/parsed.ts';
import { EXAMPLE as RELAY_EXAMPLE, SECRETS as RELAY_SECRETS } from '../config/relay/example.ts';
import { client, SATO, SERVER, syn } from '../fabric/fabric.ts';
import { directory } from '../fabric/scripted.ts';
import { pcap } from '../replay/captures.ts';
import { ringback } from '../router/program.ts';
import { until } from '../tools.ts';

const place = directory();
after(() => place.remove());
const file = (name: string, content: string | Buffer): string => {
  writeFileSync(place.path(name), content);
  return place.path(name);
};

const COMMANDS = ['run', 'relay', 'check', 'status', 'history', 'outbox', 'replay'];
const NOON_US = Date.UTC(2026, 4, 1, 12) * 1000;
const STORY = file('story.pcap', pcap([{ timeUs: NOON_US, bytes: syn(SATO, SERVER, 1) }]));

/** Every line on standard error is marked as the program's. */
function complains(stderr: string): void {
  for (const line of stderr.trimEnd().split('\n')) assert.match(line, /^ringback: /);
}

describe('ringback --help', () => {
  it('names every command, and how it may end', () => {
    for (const argv of [['--help'], ['-h'], ['help']]) {
      const { status, stdout, stderr } = ringback(...argv);
      assert.deepEqual([status, stderr], [0, '']);
      for (const name of COMMANDS) assert.match(stdout, new RegExp(`^  ${name} `, 'm'));
      assert.match(stdout, /0 done, 1 failed, 2 wrong usage or configuration/);
    }
  });

  for (const [name, options] of [
    ['run', ['-c, --config', '-v, --verbose', '--syslog', '--fabric']],
    ['relay', ['-c, --config', '-v, --verbose', '--syslog']],
    ['check', ['-c, --config', '--role', '--here', '--json', '--as']],
    ['status', ['-c, --config', '--role', '--json']],
    ['history', ['-c, --config', '--role', '--json', '--last']],
    ['outbox', ['-c, --config', '--role', '--json', '--last', '--all']],
    ['replay', ['-c, --config', '--json', '--watch', '--unanswered']],
  ] as const) {
    it(`says of ${name} what it does and what it takes`, () => {
      for (const option of ['--help', '-h']) {
        const { status, stdout, stderr } = ringback(name, option);
        assert.deepEqual([status, stderr], [0, '']);
        assert.match(stdout, new RegExp(`^usage: ringback ${name}`));
        const listed = stdout
          .split('\n')
          .flatMap((line) => line.match(/^ {2}\s*(-[^ ]+(?: --[a-z]+)?)/)?.[1] ?? []);
        assert.deepEqual(listed, [...options, '-h, --help']);
      }
    });
  }

  it('is what nothing at all is answered with, as wrong usage', () => {
    const { status, stdout } = ringback();
    assert.equal(status, 2);
    assert.match(stdout, /usage: ringback COMMAND/);
  });
});

describe('ringback --version', () => {
  it('is that of the package', () => {
    const { version } = JSON.parse(
      readFileSync(fileURLToPath(new URL('../../../package.json', import.meta.url)), 'utf8'),
    );
    assert.deepEqual(ringback('--version'), { status: 0, stdout: `ringback ${version}\n`, stderr: '' });
  });
});

describe('A wrong command line', () => {
  for (const [argv, message] of [
    [
      ['forward'],
      /no command "forward"; there are run, relay, takeover, check, status, explain, history, outbox, message, test-mail, test-notice, announce, replay/,
    ],
    [['stauts'], /no command "stauts"; do you mean status\?/],
    [['emulate'], /emulate: which scenario\? --list names those that are shipped/],
    [['constructor'], /no command "constructor"/],
    [['--json', 'status'], /no command "--json"/],
    [['run', '--verbos'], /run: no option --verbos; do you mean --verbose\? ringback run --help/],
    [['run', '--json'], /run: no option --json; /],
    [['status', '--watch', '10.0.0.0/8'], /status: no option --watch; /],
    [['check', '-c'], /check: Option '-c.*argument/],
    [['replay', '--json=yes', STORY], /replay: Option '--json'/],
    [
      ['check', 'nowhere.yaml'],
      /nowhere\.yaml: is neither a scenario that is shipped nor a file; .*ringback emulate --list/,
    ],
    [['check', 'flood', 'x'], /check: x is too much; ringback check --help/],
    [['emulate', 'flood', 'x'], /emulate: x is too much/],
    [['emulate', 'flod'], /flod: is neither .*; did you mean flood\? ringback emulate --list/],
    [['run', 'x'], /run: x is too much; ringback run --help/],
    [['run', 'README.md'], /run: README\.md is too much; do you mean -c README\.md\?/],
    [['history', 'www.example.jp'], /history: www\.example\.jp is too much; ringback history --help/],
    [['history', '--last', '0'], /history: --last 0 is wrong; a number from 1 to 10000 is expected/],
    [['outbox', '--last', 'ten'], /outbox: --last ten is wrong/],
    [['outbox', 'dorp', 'x'], /outbox: no action "dorp"; do you mean drop\?; ringback outbox --help/],
    [['outbox', 'everything'], /outbox: no action "everything"; there are list, retry, drop/],
    [['outbox', 'list', 'x'], /outbox: list x is too much/],
    [['outbox', '--all'], /outbox: list does not take --all; --last 10000/],
    [['outbox', 'drop'], /outbox: drop takes Message-IDs, or --all/],
    [['outbox', 'retry', '--all', 'x'], /outbox: retry takes Message-IDs, or --all/],
    [['outbox', 'retry', 'x', '<'], /outbox: "<" is no Message-ID; ringback outbox --help/],
    [['outbox', 'drop', ''], /outbox: "" is no Message-ID/],
    [['outbox', 'retry', 'x', '--last', '3'], /outbox: retry does not take --last/],
    [['replay'], /replay: no file given/],
    [['replay', '--watch', 'everything', STORY], /--watch everything is not a network/],
    [['replay', '--unanswered', '-5s', STORY], /unanswered/],
    [
      ['check', '-c', '/nowhere/ringback.yaml'],
      /\/nowhere\/ringback\.yaml: does not exist; give the right path/,
    ],
    ...(['router', 'relay', 'takeover'] as const).map(
      (role) =>
        [
          ['status', '-c', 'board/openwrt/ringback/files/etc/config/ringback', '--role', role],
          new RegExp(
            `config/ringback: the ${role} is switched off there: config [a-z]+ has no option enabled`,
          ),
        ] as const,
    ),
  ] as const) {
    it(`ends with 2 and a remedy: ringback ${argv.join(' ').replaceAll(place.path(''), '')}`, () => {
      const { status, stdout, stderr } = ringback(...argv);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, message);
      complains(stderr);
      assert.doesNotMatch(stderr, /^ {4}at /m);
    });
  }
});

describe('ringback replay', () => {
  it('prints one JSON object a line for each file', () => {
    const { status, stdout, stderr } = ringback('replay', '--json', STORY, STORY);
    assert.deepEqual([status, stderr], [0, '']);
    const objects = stdout.trimEnd().split('\n').map((line) => JSON.parse(line)); // biome-ignore format: a line
    assert.deepEqual(
      objects.map(({ packets, attempts }) => [packets, attempts.open]),
      [
        [1, 1],
        [1, 1],
      ],
    );
  });

  it('prints text for people', () => {
    const { status, stdout } = ringback(
      'replay',
      '--watch',
      '172.27.178.0/24',
      '--watch',
      '::/0',
      '--unanswered',
      '5s',
      STORY,
    );
    assert.equal(status, 0);
    assert.match(stdout, /story\.pcap: 1 packet, 0 malformed\n {2}connection attempts: .*1 open\n/);
  });

  it('warns of a damaged end on standard error, and ends with 1 although it printed the rest', () => {
    const cut = file('cut.pcap', readFileSync(STORY).subarray(0, -1));
    const { status, stdout, stderr } = ringback('replay', '--json', cut);
    assert.equal(status, 1);
    assert.equal(JSON.parse(stdout).packets, 0);
    assert.match(stderr, /^ringback: .*cut\.pcap: damaged at byte 24: .*\n$/);
  });

  it('ends with 1 where a file is no capture', () => {
    const { status, stdout, stderr } = ringback('replay', file('text', 'This is no capture.'));
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /^ringback: .*text: not a capture file; pcap or pcapng is expected\n$/);
  });

  it('stops quietly when nobody reads on', async () => {
    const many = Array.from({ length: 3000 }, (_, i) => {
      return { timeUs: NOON_US + i, bytes: syn({ address: client(i + 1), port: 5 }, SERVER, i) };
    });
    const large = file('large.pcap', pcap(many));
    const program = fileURLToPath(new URL('../../../dist/ringback.mjs', import.meta.url));
    const child = spawn(process.execPath, [program, 'replay', '--json', large, large, large], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stderr, ended]: [string, number | string | null] = ['', null];
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('close', (status, signal) => {
      ended = status ?? signal;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    await until('its end', () => ended !== null);
    assert.deepEqual([ended, stderr], [0, '']);
  });
});

describe('ringback check', () => {
  it('says what the example of the manual will do, and none of its secrets', () => {
    const path = file('example.yaml', EXAMPLE);
    const { status, stdout, stderr } = ringback('check', '-c', path);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, new RegExp(`^${path} is right\\.\n`));
    for (const said of [/172\.27\.178\.0\/24/, /lan0 and wan0/, /30s/, /12h/, /ringback status/])
      assert.match(stdout, said);
    for (const secret of SECRETS) assert.ok(!stdout.includes(secret), secret);
  });

  it('reckons the memory with the sizes that the module has', () => {
    const { stdout } = ringback('check', '-c', file('example.yaml', EXAMPLE));
    const configuration = parseRouterConfiguration(EXAMPLE, 'example');
    const line = explainRouter(configuration, tables).find((sentence) => sentence.includes('MiB'));
    assert.ok(line !== undefined && stdout.includes(line), line);
  });

  it('says the same for machines', () => {
    const path = file('example.yaml', EXAMPLE);
    const { status, stdout } = ringback('check', '--json', '-c', path);
    assert.equal(status, 0);
    const { file: named, does, warnings } = JSON.parse(stdout);
    assert.equal(named, path);
    assert.ok(does.length > 5, 'sentences');
    assert.ok(Array.isArray(warnings), 'warnings');
    const text = ringback('check', '-c', path).stdout;
    for (const sentence of [...does, ...warnings]) assert.ok(text.includes(sentence), sentence);
  });

  it('tells by its keys whose file it is', () => {
    const path = file('relay.yaml', RELAY_EXAMPLE);
    const { status, stdout, stderr } = ringback('check', '-c', path);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^Looks for list mails in a mailbox/m);
    for (const secret of RELAY_SECRETS) assert.ok(!stdout.includes(secret), secret);
    const both = file('both.yaml', `${EXAMPLE}relay: {}\n`);
    const refused = ringback('check', '-c', both);
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /both\.yaml:\d+:1: relay: belongs to "ringback relay"/);
  });

  it('warns of what is probably not meant, and ends with 0', () => {
    const path = file('open.yaml', 'detect: {watch: [0.0.0.0/0]}\nfabric: {interfaces: [lan0]}\n');
    const { status, stdout } = ringback('check', '-c', path);
    assert.equal(status, 0);
    assert.match(stdout, /^Warning: detect\.watch contains 0\.0\.0\.0\/0/m);
  });

  it('warns of interfaces that this machine does not have, and ends with 0', () => {
    const path = file('other.yaml', 'detect: {watch: [192.0.2.0/24]}\nfabric: {interfaces: [lo, nope0]}\n');
    const { status, stdout } = ringback('check', '-c', path);
    assert.equal(status, 0);
    assert.match(
      stdout,
      /^Warning: fabric\.interfaces: nope0 is no interface of this machine, which has .*lo/m,
    );
  });

  it('ends with 2 and names every mistake with its place', () => {
    const path = file(
      'wrong.yaml',
      'detect: {wach: [172.27.178.0/24]}\nfabric: {interfaces: [lan0]}\nnotify: {fresh: soon}\n',
    );
    const { status, stdout, stderr } = ringback('check', '-c', path);
    assert.deepEqual([status, stdout], [2, '']);
    assert.deepEqual(ringback('check', '--json', '-c', path), { status, stdout, stderr });
    complains(stderr);
    assert.match(stderr, /wrong\.yaml:1:\d+: detect\.wach.*watch/);
    assert.match(stderr, /wrong\.yaml:3:\d+: notify\.fresh.*soon/);
  });
});

describe('ringback status', () => {
  it('ends with 1 where nothing runs', () => {
    const control = place.path('ringback.sock');
    const lines = [
      'detect: {watch: [172.27.178.0/24]}',
      'fabric: {interfaces: [lan0]}',
      `control: ${control}`,
    ];
    const path = file('status.yaml', lines.join('\n'));
    for (const json of [[], ['--json']]) {
      const { status, stdout, stderr } = ringback('status', '-c', path, ...json);
      assert.deepEqual([status, stdout], [1, '']);
      assert.equal(stderr, `ringback: control ${control}: no \`ringback run\` is running here\n`);
    }
  });
});
