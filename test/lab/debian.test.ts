/** What `make install` puts on a Debian machine: a router, a server with its relay, a node of a takeover. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
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
  const unit = (role: string): string =>
    `${prefix}/lib/systemd/system/ringback${role === 'run' ? '' : `-${role}`}.service`;

  for (const role of ['run', 'relay', 'takeover']) {
    it(`of a ${role} is a unit in which systemd finds nothing wrong`, () => {
      const argv = ['verify', unit(role)];
      const { status, stdout, stderr } = spawnSync('systemd-analyze', argv, { encoding: 'utf8' });
      assert.deepEqual([status, stdout, stderr], [0, '', '']);
    });
  }

  for (const [role, exposure] of [
    ['relay', 20],
    ['run', 30],
  ] as const) {
    it(`of a ${role} is open to no more than it needs, as systemd sees it`, () => {
      const argv = ['security', '--offline=true', '--no-pager', `--threshold=${exposure}`, unit(role)];
      const { status, stdout } = spawnSync('systemd-analyze', argv, { encoding: 'utf8' });
      assert.equal(status, 0, stdout);
    });

    it(`of a ${role} is started again however it ended, unless its configuration is wrong`, () => {
      const text = readFileSync(unit(role), 'utf8');
      assert.match(text, /^Restart=always$/m, 'systemd.service(5): on-failure takes SIGHUP for a good end');
      assert.match(text, /^RestartPreventExitStatus=2$/m);
    });

    it(`of a ${role} runs as a user that is made, a program that is there`, () => {
      const text = readFileSync(unit(role), 'utf8');
      const [, user] = /^User=(.*)$/m.exec(text) ?? [];
      const sysusers = readFileSync(`${prefix}/lib/sysusers.d/ringback.conf`, 'utf8');
      assert.match(sysusers, new RegExp(`^u ${user} `, 'm'));
      const [, program = ''] = new RegExp(`^ExecStart=(\\S+) ${role} `, 'm').exec(text) ?? [];
      const { status, stdout } = spawnSync(program, [role, '--help'], { encoding: 'utf8' });
      assert.deepEqual([status, stdout.split(' [')[0]], [0, `usage: ringback ${role}`]);
    });
  }

  it('has an example that is right, and whose keys are to be replaced', () => {
    for (const [name, warned] of [
      ['ringback', 0],
      ['relay', 1],
      ['takeover', 1],
    ] as const) {
      const file = `${prefix}/${name}.yaml`;
      copyFileSync(`${prefix}/etc/ringback/${name}.yaml.example`, file);
      const [, schema = ''] =
        /^# yaml-language-server: \$schema=(.*)$/m.exec(readFileSync(file, 'utf8')) ?? [];
      assert.match(JSON.parse(readFileSync(schema, 'utf8')).title, /^Configuration of ringback /);
      chmodSync(file, 0o600);
      const argv = ['check', '--json', '-c', file];
      const { status, stdout, stderr } = spawnSync(`${prefix}/bin/ringback`, argv, { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      // Its interfaces are nobody's.
      const warnings = (JSON.parse(stdout).warnings as string[]).filter((one) => !one.startsWith('fabric.'));
      assert.equal(warnings.length, warned, warnings.join('\n'));
      rmSync(file);
    }
  });

  it('has what shells complete where they look', () => {
    for (const [file, said] of [
      ['bash-completion/completions/ringback', /^complete -F _ringback ringback$/m],
      ['zsh/site-functions/_ringback', /^#compdef ringback$/m],
      ['fish/vendor_completions.d/ringback.fish', /^complete -c ringback -f$/m],
    ] as const)
      assert.match(readFileSync(`${prefix}/share/${file}`, 'utf8'), said);
  });

  it('is gone after make uninstall, but for what was written since', () => {
    const other = mkdtempSync(`${tmpdir()}/ringback-uninstall-`);
    const make = (...argv: readonly string[]): void =>
      void execFileSync('make', ['-C', ROOT, ...argv, `DESTDIR=${other}`], { stdio: 'ignore' });
    const files = (): string[] =>
      readdirSync(other, { recursive: true, withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? [] : [entry.name],
      );
    try {
      make('install');
      assert.ok(files().includes('ringback.yaml.example'), files().join(' '));
      writeFileSync(`${other}/etc/ringback/ringback.yaml`, 'the operator’s');
      make('uninstall');
      assert.deepEqual(files(), ['ringback.yaml']);
      rmSync(`${other}/etc/ringback/ringback.yaml`);
      make('uninstall');
      assert.ok(!readdirSync(`${other}/etc`).includes('ringback'));
    } finally {
      rmSync(other, { recursive: true });
    }
  });

  it('takes nobody else’s away where a place has a space in its name, which make takes for two', () => {
    const other = mkdtempSync(`${tmpdir()}/ringback-uninstall-`);
    mkdirSync(`${other}/my`);
    try {
      for (const place of ['DESTDIR', 'PREFIX', 'SYSCONFDIR']) {
        const argv = ['-C', ROOT, 'uninstall', `DESTDIR=${other}`, `${place}=${other}/my root`];
        const { status, stderr } = spawnSync('make', argv, { encoding: 'utf8' });
        assert.notEqual(status, 0, place);
        assert.match(stderr, /DESTDIR, PREFIX and SYSCONFDIR are paths without spaces/);
        assert.deepEqual(readdirSync(other), ['my'], place);
      }
    } finally {
      rmSync(other, { recursive: true });
    }
  });
});
