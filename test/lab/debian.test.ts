/** What `make install` puts on a Debian server for its relay, or for its half of a takeover. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { needs } from '../host/require.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('a role as a service', { skip: needs('systemd-analyze', 'systemd-sysusers', 'make') }, () => {
  let prefix: string;
  before(() => {
    prefix = mkdtempSync(`${tmpdir()}/ringback-install-`);
    execFileSync('make', ['-C', ROOT, 'install', `PREFIX=${prefix}`], { stdio: 'ignore' });
  });
  after(() => rmSync(prefix, { recursive: true }));
  const unit = (role = 'relay'): string => `${prefix}/lib/systemd/system/ringback-${role}.service`;

  for (const role of ['relay', 'takeover']) {
    it(`of a ${role} is a unit in which systemd finds nothing wrong`, () => {
      const argv = ['verify', unit(role)];
      const { status, stdout, stderr } = spawnSync('systemd-analyze', argv, { encoding: 'utf8' });
      assert.deepEqual([status, stdout, stderr], [0, '', '']);
    });
  }

  it('is open to no more than it needs, as systemd sees it', () => {
    const threshold = '--threshold=20';
    const argv = ['security', '--offline=true', '--no-pager', threshold, unit()];
    const { status, stdout } = spawnSync('systemd-analyze', argv, { encoding: 'utf8' });
    assert.equal(status, 0, stdout);
  });

  it('is started again however it ended, unless its configuration is wrong', () => {
    const text = readFileSync(unit(), 'utf8');
    assert.match(text, /^Restart=always$/m, 'systemd.service(5): on-failure takes SIGHUP for a good end');
    assert.match(text, /^RestartPreventExitStatus=2$/m);
  });

  it('runs as a user that is made, a program that is there', () => {
    const text = readFileSync(unit(), 'utf8');
    const [, user] = /^User=(.*)$/m.exec(text) ?? [];
    const sysusers = readFileSync(`${prefix}/lib/sysusers.d/ringback.conf`, 'utf8');
    assert.match(sysusers, new RegExp(`^u ${user} `, 'm'));
    const [, program = ''] = /^ExecStart=(\S+) relay /m.exec(text) ?? [];
    const { status, stdout } = spawnSync(program, ['relay', '--help'], { encoding: 'utf8' });
    assert.deepEqual([status, stdout.split('\n')[0]], [0, 'usage: ringback relay [-c FILE]']);
  });
});
