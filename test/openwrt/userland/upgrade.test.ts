/** An upgrade by opkg and apk themselves on a router that runs, with its own procd: what runs is the new version then. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { MANAGERS, makePackages } from './managers.ts';
import { noUserland, Router } from './router.ts';

const { OPENWRT_ROOT = '' } = process.env;

describe('An upgrade of what runs', { skip: noUserland, timeout: 580_000 }, () => {
  for (const manager of MANAGERS)
    it(`starts it anew, and nobody has to: ${manager.name}`, async (test) => {
      const place = mkdtempSync(join(tmpdir(), 'ringback-upgrade-'));
      test.after(() => rmSync(place, { recursive: true }));
      const router = await Router.begin(test);
      makePackages(manager, { original: OPENWRT_ROOT, root: router.root, place });
      const done = (command: string): string => router.said('/bin/sh', '-c', command);
      done(manager.prepare);
      const ours = (release: number) =>
        ['ringback-fabricd', 'ringback'].map((name) => manager.file(release, name, 'x86_64')).join(' ');
      done(`${manager.install} /packages/*.${manager.name === 'apk' ? 'apk' : 'ipk'}`);
      done(`${manager.install} ${ours(1)}`);
      await router.ready();
      const before = router.pids('ringback');
      assert.deepEqual(Object.keys(before).sort(), ['fabricd', 'router']);
      const configuration = readFileSync(join(router.root, 'etc/config/ringback'), 'utf8');
      done(`${manager.install} ${ours(2)}`);
      await router.until('both are other processes', () => {
        const { fabricd, router: program } = router.pids('ringback');
        return (
          ![undefined, before.fabricd].includes(fabricd) && ![undefined, before.router].includes(program)
        );
      });
      await router.ready();
      for (const pid of Object.values(before)) assert.equal(router.sh(`test -d /proc/${pid}`).status, 1);
      assert.equal(readFileSync(join(router.root, 'etc/config/ringback'), 'utf8'), configuration);
      // A role that did not run does not because of it.
      assert.deepEqual(router.pids('ringback-relay'), {});
    });
});
