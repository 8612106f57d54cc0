import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseRouterConfiguration } from '../../host/config/router/file.ts';
import { tableSizes } from '../../host/config/router/sizes.ts';
import { Codec } from '../../host/fabric/codec.ts';
import { loadModule, tables } from '../../host/fabric/module.ts';
import { configure } from '../host/fabric/fabric.ts';
import { Bench, build, noNamespace, until } from './fabricd.ts';

const root = resolve(import.meta.dirname, '../..');
const codec = new Codec(loadModule().codes);

describe("The daemon's own memory", { skip: noNamespace }, () => {
  let bench: Bench;
  before(async () => {
    bench = await Bench.open(1);
  });
  after(async () => {
    await bench.clear();
    bench.close();
  });

  /** In kB, once the tables are there. */
  async function anonymous(file: string): Promise<number> {
    const source = readFileSync(join(root, 'docs/examples', file), 'utf8');
    const sizes = tableSizes(parseRouterConfiguration(source, file, tables.limits), 0);
    const daemon = bench.start([build('fabric').daemon, '--interface', 'lan0', '--interface', 'far0']);
    await daemon.ready();
    daemon.write(codec.encode(configure({ sizes })), codec.encode({ kind: 'sync' }));
    const end = loadModule().codes.number('Event.SyncEnd');
    await until('the end of the answer', () => daemon.events.of(end).length > 0);
    const said = readFileSync(`/proc/${daemon.pid}/smaps_rollup`, 'utf8');
    await daemon.leave();
    return Number(/^Anonymous: +(\d+) kB$/m.exec(said)?.[1]);
  }

  it('is less than 1 MB with the usual tables, of which none is touched before it is needed', async () => {
    const kb = await anonymous('router.yaml');
    assert.ok(kb > 100 && kb < 1000, `${kb} kB`);
  });

  it('is no more with those that the pages have for a small router', async () => {
    const kb = await anonymous('daemon-elsewhere.yaml');
    assert.ok(kb > 100 && kb < 1000, `${kb} kB`);
  });
});
