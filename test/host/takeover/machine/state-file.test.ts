/** What a node knows of the process before it, from a real file. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { StateFile } from '../../../../host/takeover/machine/state-file.ts';
import { directory } from '../../fabric/scripted.ts';
import { recordingLog } from '../../tools.ts';

const TAKEN = { address: '192.0.2.80', length: 24, ifname: 'eth1', active: 'web', cause: 'fault' } as const;
const ROUTE = { ifname: 'eth1', to: 'default', version: 4, via: '192.0.2.1', rest: ['proto', '3'] } as const;
const KNOWN = {
  taken: [TAKEN],
  stuck: [{ ...TAKEN, address: '2001:db8::80', length: 64 }],
  raised: ['eth1'],
  routes: [ROUTE, { ...ROUTE, via: null }],
  settings: [['/proc/sys/net/ipv4/conf/eth1/arp_ignore', '0'] as [string, string]],
};
/** As the file has it, whose words are those of the versions before. */
const WRITTEN = {
  ...{ ...KNOWN, taken: KNOWN.taken.map(written), stuck: KNOWN.stuck.map(written) },
  routes: KNOWN.routes.map(written),
};
const NOTHING = { taken: [], stuck: [], raised: [], routes: [], settings: [] };

function written<T extends { readonly ifname: string }>({ ifname, ...rest }: T) {
  return { adapter: ifname, ...rest };
}

function filed(context: TestContext) {
  const place = directory();
  context.after(place.remove);
  const { log, lines } = recordingLog();
  const file = place.path('takeover.sock.state');
  return {
    place,
    file,
    said: () => lines.map(({ level, event, fields }) => [level, event, fields.file, typeof fields.reason]),
    open: () => new StateFile(file, log),
    forgetful: ['error', 'takeover.forgetful', file, 'string'],
  };
}

describe('the memory of a node', () => {
  it('is what the process before knew, in a file that only its user reads', (context) => {
    const { file, open, said } = filed(context);
    const memory = open();
    assert.deepEqual(memory.known, NOTHING);
    const { taken, ...rest } = KNOWN;
    memory.change({ taken });
    memory.change(rest);
    assert.deepEqual(memory.known, KNOWN);
    assert.deepEqual(open().known, KNOWN);
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), WRITTEN);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(said(), []);
  });

  it('leaves no file when there is nothing to remember', (context) => {
    const { place, open, said } = filed(context);
    const memory = open();
    memory.change(NOTHING);
    memory.change({ raised: ['eth1'] });
    memory.change({ raised: [] });
    assert.deepEqual(readdirSync(place.path('.')), []);
    assert.deepEqual(said(), []);
  });

  it('is what it was when the process was killed while it wrote', (context) => {
    const { file, open } = filed(context);
    open().change(KNOWN);
    const whole = readFileSync(file, 'utf8');
    writeFileSync(`${file}.new`, whole.slice(0, whole.length / 2));
    assert.deepEqual(open().known, KNOWN);
    open().change({ raised: [] });
    assert.deepEqual(open().known, { ...KNOWN, raised: [] });
    assert.equal(existsSync(`${file}.new`), false);
  });

  it('of an earlier version, which knew of less, is taken for what it has', (context) => {
    const { file, open, said } = filed(context);
    for (const part of Object.keys(KNOWN)) {
      writeFileSync(file, JSON.stringify({ ...WRITTEN, [part]: undefined }));
      assert.deepEqual(open().known, { ...KNOWN, [part]: [] });
    }
    assert.deepEqual(said(), []);
  });

  it('that is damaged is none, and that is said', (context) => {
    const { file, open, said, forgetful } = filed(context);
    const whole = JSON.stringify(WRITTEN);
    const damaged = [
      '',
      whole.slice(0, -20),
      `${whole}}`,
      'null',
      '[1]',
      whole.replace('"fault"', '"boredom"'),
      whole.replace('24', '"24"'),
      whole.replace('"version":4', '"version":5'),
      whole.replace('["proto","3"]', '"proto 3"'),
      JSON.stringify({ ...WRITTEN, raised: null }),
      JSON.stringify({ ...WRITTEN, settings: [['a']] }),
      Buffer.from(whole, 'utf16le'),
    ];
    for (const bytes of damaged) {
      writeFileSync(file, bytes);
      assert.deepEqual(open().known, NOTHING, String(bytes));
    }
    assert.deepEqual(
      said(),
      damaged.map(() => forgetful),
    );
    // It is overwritten with what is known from now on.
    open().change({ raised: ['eth1'] });
    assert.deepEqual(open().known, { ...NOTHING, raised: ['eth1'] });
  });

  it('that cannot be read is none, and that is said', (context) => {
    const { file, open, said, forgetful } = filed(context);
    mkdirSync(file);
    assert.deepEqual(open().known, NOTHING);
    assert.deepEqual(said(), [forgetful]);
  });

  it('that cannot be written is kept in this process, and that is said', (context) => {
    const { place, file, open, said, forgetful } = filed(context);
    const memory = open();
    rmSync(place.path('.'), { recursive: true });
    memory.change(KNOWN);
    assert.deepEqual(memory.known, KNOWN);
    assert.deepEqual(said(), [forgetful]);
    mkdirSync(place.path('.'));
    chmodSync(place.path('.'), 0o700);
    memory.change({ raised: [] });
    assert.deepEqual(new StateFile(file, recordingLog().log).known, { ...KNOWN, raised: [] });
  });
});
