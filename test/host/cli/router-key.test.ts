import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { authorizedLine, installScript, readAnswer } from '../../../host/cli/router-key.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample+/x ringback';
const DAEMON = '/usr/sbin/ringback-fabricd';
const LINE =
  'command="/usr/sbin/ringback-fabricd --remote --memory 32 --interface br-lan --interface wan.2",restrict ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample+/x ringback';

const allowed = (daemon: string, interfaces: readonly string[]) => ({ daemon, interfaces, memoryMib: 32 });

function home(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'ringback-'));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

describe("The line of a router's authorized_keys", () => {
  it('has the interfaces, a bound of memory, one command and restrict', () => {
    assert.equal(authorizedLine(allowed(DAEMON, ['br-lan', 'wan.2']), `${KEY}\n`), LINE);
  });

  for (const name of ['a"b', "a'b", 'a;b', '$(id)', 'a\\b', 'a b', '`a`', 'a\nb', '*'])
    it(`is not made of ${JSON.stringify(name)}`, () => {
      assert.throws(() => authorizedLine(allowed(DAEMON, [name]), KEY), {
        code: 'configuration',
        message: /fabric\.interfaces/,
      });
      assert.throws(() => authorizedLine(allowed(`/usr/${name}`, ['lan0']), KEY), {
        code: 'usage',
        message: /--daemon/,
      });
    });

  it('is not made of another sort of key', () => {
    assert.throws(() => authorizedLine(allowed(DAEMON, ['lan0']), 'ssh-rsa AAAA x'), { code: 'input' });
    assert.throws(() => authorizedLine(allowed(DAEMON, ['lan0']), 'ssh-ed25519 AA"AA x'), { code: 'input' });
  });
});

describe('The script for the router', () => {
  for (const shell of [['sh'], ['busybox', 'ash']]) {
    const has = spawnSync(shell[0] ?? '', [...shell.slice(1), '-c', 'true']).status === 0;
    it(`enters the line in the place of an earlier one, by ${shell.join(' ')}`, { skip: !has }, (context) => {
      const directory = home(context);
      mkdirSync(join(directory, '.ssh'));
      const file = join(directory, '.ssh/authorized_keys');
      writeFileSync(file, `${KEY.replace('Example', 'Another')}\n${KEY}\n`, { mode: 0o600 });
      const daemon = join(directory, 'ringback-fabricd');
      writeFileSync(daemon, '', { mode: 0o755 });
      const line = authorizedLine(allowed(daemon, ['lan0']), KEY);
      const [program = '', ...argv] = shell;
      const run = () =>
        spawnSync(program, argv, {
          input: installScript(daemon, line),
          encoding: 'utf8',
          env: { ...process.env, HOME: directory },
        });
      for (const { status, stdout, stderr } of [run(), run()]) {
        assert.deepEqual([status, stderr], [0, '']);
        assert.deepEqual(readAnswer(stdout).files, [file]);
      }
      assert.equal(readFileSync(file, 'utf8'), `${KEY.replace('Example', 'Another')}\n${line}\n`);
      assert.equal(statSync(file).mode & 0o777, 0o600);
    });

    it(`enters it into the file that a link leads to, and the link stays, by ${shell.join(' ')}`, {
      skip: !has,
    }, (context) => {
      const directory = home(context);
      const daemon = join(directory, 'daemon');
      writeFileSync(daemon, '', { mode: 0o755 });
      const [kept, link] = [join(directory, 'kept/keys'), join(directory, '.ssh/authorized_keys')];
      mkdirSync(join(directory, 'kept'));
      mkdirSync(join(directory, '.ssh'));
      symlinkSync('../kept/keys', link);
      const line = authorizedLine(allowed(daemon, ['lan0']), KEY);
      const before = KEY.replace('Example', 'Another');
      for (const already of ['', `${before}\n`]) {
        if (already !== '') writeFileSync(kept, already);
        const { status, stderr } = spawnSync(shell[0] ?? '', shell.slice(1), {
          input: installScript(daemon, line),
          encoding: 'utf8',
          env: { ...process.env, HOME: directory },
        });
        assert.deepEqual([status, stderr], [0, '']);
        assert.equal(readFileSync(kept, 'utf8'), `${already}${line}\n`);
        assert.equal(readlinkSync(link), '../kept/keys');
      }
    });
  }

  it('enters nothing where there is no daemon', (context) => {
    const directory = home(context);
    const daemon = join(directory, 'none');
    const { status, stderr } = spawnSync('sh', {
      input: installScript(daemon, authorizedLine(allowed(daemon, ['lan0']), KEY)),
      encoding: 'utf8',
      env: { ...process.env, HOME: directory },
    });
    assert.equal(status, 3);
    assert.match(stderr, /^there is no .*\/none on the router: install ringback-fabricd there/);
    assert.throws(() => statSync(join(directory, '.ssh')), { code: 'ENOENT' });
  });

  it('says the keys of the router, each once, and nothing else is one', () => {
    const said =
      'hostkey ssh-ed25519 AAAA root@router\nhostkey ssh-ed25519 AAAA\nhostkey ecdsa-sha2-nistp256 BBBB=\nhostkey * x\nwelcome\n';
    assert.deepEqual(readAnswer(said).hostKeys, ['ssh-ed25519 AAAA', 'ecdsa-sha2-nistp256 BBBB=']);
  });
});
