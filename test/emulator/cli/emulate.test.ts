/** The command line of `ringback emulate`: what it prints, writes, and ends with. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { breachCapture } from '../../../host/cli/emulate-breach.ts';
import { judge } from '../../../host/emulator/judge.ts';
import { loadScenario, shippedScenarios } from '../../../host/emulator/scenario/load.ts';
import { makeWorld } from '../../../host/emulator/world/world.ts';
import { machineTime } from '../../../host/time.ts';
import { fakeChance } from '../../host/fake-chance.ts';

const PROGRAM = fileURLToPath(new URL('../../../dist/ringback.mjs', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'ringback-emulate-'));
after(() => rmSync(directory, { recursive: true }));

/** Where nothing of the project is. */
function emulate(...argv: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, 'emulate', ...argv], {
    cwd: directory,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

function world(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, `scenario: 1\ntitle: A world\nfor: 3m\n${text}\n`);
  return file;
}

const ROUTER = 'router: {clients: [{address: 172.27.179.151, mail: sato@example.jp}]}';

describe('ringback emulate', () => {
  it('lists what is shipped, for people and for machines', () => {
    const { status, stdout } = emulate('--list');
    assert.equal(status, 0);
    assert.deepEqual(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[0]),
      shippedScenarios(),
    );
    const { scenarios } = JSON.parse(emulate('--list', '--json').stdout) as { scenarios: { name: string }[] };
    assert.deepEqual(
      scenarios.map(({ name }) => name),
      shippedScenarios(),
    );
  });

  it('ends with 0 where all was kept, and writes report and capture', () => {
    const { status, stdout } = emulate('embodiment-1', '--report', 'r.html', '--pcap', 'f.pcapng');
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^Every promise was kept, and all \d+ expectations came true\.$/m);
    assert.match(stdout, /^Capture: f\.pcapng, \d+ frames\nReport: r\.html$/m);
    assert.match(readFileSync(join(directory, 'r.html'), 'utf8'), /<!doctype html>/);
    assert.equal(readFileSync(join(directory, 'f.pcapng')).readUInt32LE(0), 0x0a0d0d0a);
  });

  it('ends with 1 where an expectation was not, and says how it is played again', () => {
    const file = world('told.yaml', `${ROUTER}\nexpect: [{told: [sato@example.jp]}]`);
    const { status, stdout } = emulate(file, '--set', 'seed=5', '--set', 'title=Another one');
    assert.equal(status, 1);
    assert.match(stdout, /^ {2}✗ .*sato@example\.jp was never told\.$/m);
    assert.match(
      stdout,
      new RegExp(`^Again: ringback emulate ${file} --seed 5 --set seed=5 --set 'title=Another one'$`, 'm'),
    );
    assert.ok(!existsSync(join(directory, 'found')), 'no promise was broken');
  });

  it('ends with 2 where the scenario, an option or a change is wrong, in words', () => {
    const file = world('wrong.yaml', 'script: [{at: 1s, do: plug s8}]');
    for (const [argv, message] of [
      [[file], /wrong\.yaml:4:\d+: script\[0\]\.do: "s8" is no machine here; did you mean "s80"\?/],
      [['embodiment-1', '--set', 'fro=5s'], /--set fro=5s: fro: unknown key; did you mean "for"\?/],
      [['embodiment-1', '--seed', 'x'], /emulate: --seed x is no seed/],
      [['embodiment-1', '--speed', '0'], /emulate: --speed 0 is no speed/],
      [['embodiment-1', '--realtime', '--speed', '2'], /--realtime and --speed exclude each other/],
      [['embodiment-1', '--frames'], /--frames belongs to --from/],
      [['embodiment-1', '--router-status', 'true'], /--router-status belongs to --on/],
      [['embodiment-1', '--anonymise'], /--anonymise belongs to --from/],
      [['embodiment-1', '--shrink', '--pcap', 'f'], /--shrink and --pcap exclude each other/],
      [['embodiment-1', '--seeds', '1..2'], /--seeds takes no scenario/],
      [['--seeds', '2..1'], /--seeds 2\.\.1 are no seeds/],
      [['--seeds', '1..2', '--report', 'x'], /--seeds and --report exclude each other/],
      [['--list', '--pcap', 'x'], /--list and --pcap exclude each other/],
      [['embodiment-1', '-c', 'nowhere.yaml'], /nowhere\.yaml: does not exist/],
      [['embodiment-1', '--pcap-window', '5s..40s'], /--pcap-window belongs to --pcap/],
      [['embodiment-1', '--pcap', 'f', '--pcap-hosts', 'nobody'], /--pcap-hosts: nobody is no host/],
    ] as const) {
      const { status, stdout, stderr } = emulate(...argv);
      assert.equal(status, 2, `${argv.join(' ')}: ${stdout}${stderr}`);
      assert.match(stderr, message);
    }
  });

  it('is checked as a scenario though it forgets to say that it is one', () => {
    const file = join(directory, 'forgets.yaml');
    writeFileSync(file, 'title: A world\nfor: 3m\nscript: [{at: 1s, do: try c151 s80}]\n');
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, 'check', file], { encoding: 'utf8' });
    assert.equal(status, 2);
    assert.match(stderr, /forgets\.yaml:1:1: scenario: is missing/);
  });

  it('is a program that has read another configuration', () => {
    const file = join(directory, 'mine.yaml');
    writeFileSync(file, 'fabric: {interfaces: [eth0, eth1]}\ndetect: {watch: [172.27.178.0/24]}\n');
    const { status, stdout } = emulate('host-down', '-c', file, '--json');
    assert.equal(status, 1);
    const { expectations, promises } = JSON.parse(stdout) as {
      expectations: { holds: boolean; sentence: string }[];
      promises: { broken: number }[];
    };
    assert.ok(
      promises.every(({ broken }) => broken === 0),
      'nobody is known to it',
    );
    assert.match(expectations.find(({ holds }) => !holds)?.sentence ?? '', /sato@example\.jp was never told/);
  });

  it('makes a scenario smaller in which something goes wrong, and writes it', () => {
    const file = world(
      'large.yaml',
      `router:
  recover: {settle: 2s}
  clients: [{address: 172.27.179.151, mail: sato@example.jp}, {address: 172.27.179.152, mail: tanaka@example.jp}]
hosts: {c152: {is: apple}}
script:
  - {at: 1s, do: try c152 s81}
  - {at: 5s, do: [unplug s80, forget s80]}
  - {at: 6s, do: try c151 s80, expect: turned away}
  - {at: 9s, do: try c152 s80}
  - {at: 30s, do: plug s80}
expect: [{told: [sato@example.jp], within: 0s..31s}]`,
    );
    const { status, stdout } = emulate(file, '--shrink');
    assert.equal(status, 1, stdout);
    assert.match(stdout, /sato@example\.jp .*\n.*^The smallest: found\/large-1\.yaml$/ms);
    const text = readFileSync(join(directory, 'found/large-1.yaml'), 'utf8');
    const script = text.slice(text.indexOf('script:'));
    assert.match(script, /unplug s80.*try c151 s80/s, text);
    assert.doesNotMatch(script, /c152|s81/, 'nobody else, and nothing that is not needed');
    const smallest = emulate('found/large-1.yaml');
    assert.equal(smallest.status, 1);
    assert.match(smallest.stdout, /✓ c151 tried s80:80 .* turned away/);
    rmSync(join(directory, 'found'), { recursive: true });
  });

  it('has nothing to make smaller where nothing goes wrong', () => {
    const { status, stdout } = emulate('host-down', '--shrink');
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^Nothing goes wrong in it/);
  });

  it('plays small worlds by chance', () => {
    const { status, stdout } = emulate('--seeds', '1..3');
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^3 worlds in [\d.]+ s: every promise was kept\.$/m);
  });
});

describe('A broken promise', () => {
  it('leaves a small capture of those whom it is about', async () => {
    const scenario = loadScenario('host-down');
    const { verdict, watching } = await judge(scenario, {
      time: machineTime,
      make: makeWorld,
      watchers: () => [],
    });
    const { directory: who } = watching;
    const [service = 0] = who.servicesAt('172.27.178.80');
    const client = who.clientAt('172.27.179.151') ?? 0;
    const breach = {
      ...{ promise: 'told' as const, sentence: 'He was not told.', services: [service], clients: [client] },
      ...{ fromUs: 5_000_000, toUs: 10_000_000, events: [] },
    } as const;
    const broken = {
      ...verdict,
      promises: [{ promise: 'told', title: '', checked: 1, broken: 1, breaches: [breach], excuses: [] }],
    } as const;
    const machine = { time: machineTime, chance: fakeChance(1), print: () => {}, warn: () => {} };
    const here = process.cwd();
    process.chdir(directory);
    try {
      const path = await breachCapture(scenario, { verdict: broken, directory: who, tookMs: 1 }, machine);
      assert.equal(path, join('found', 'host-down-1.pcapng'));
      const bytes = readFileSync(path ?? '');
      assert.ok(bytes.length > 500 && bytes.length < 20_000, `${bytes.length}`);
      assert.ok(bytes.includes('He was not told. ringback emulate host-down --seed 1'));
      assert.equal(await breachCapture(scenario, { verdict, directory: who, tookMs: 1 }, machine), null);
    } finally {
      process.chdir(here);
    }
  });
});
