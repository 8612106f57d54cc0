/** Commands for a running `ip -batch -`, on a real kernel; and what comes of an `ip` that is not as it should be. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IpBatch, ipJson, ipJsonBatch } from '../../../../host/takeover/machine/ip-batch.ts';
import { machineTime } from '../../../../host/time.ts';
import { FakeTime } from '../../fake-time.ts';
import { until } from '../../tools.ts';
import { cable, ip, killChild, noNetwork } from './own-network.ts';
import { isGone, standIns } from './stand-in.ts';

const up = (ifname: string) => ({ line: `link set dev ${ifname} up` });
const maybe = (line: string) => ({ line, optional: true as const });

function isOn(ifname: string): boolean {
  return /[<,]UP[,>]/.test(ip('link', 'show', ifname));
}

describe('a batch of commands', { skip: noNetwork }, () => {
  it('is carried out whatever became of the commands before, and its first failure is what it is rejected with', async (context) => {
    const batch = new IpBatch(machineTime);
    context.after(() => batch.close());
    cable('eth0', 'eth1');
    await batch.run([maybe('link set dev none0 up')]);
    await assert.rejects(
      batch.run([
        up('eth0'),
        maybe('address del 192.0.2.1/24 dev eth0'),
        up('none1'),
        up('none2'),
        up('eth1'),
      ]),
      { message: 'ip link set dev none1 up: Cannot find device "none1"' },
    );
    assert.deepEqual([isOn('eth0'), isOn('eth1')], [true, true]);
    // Its lines are counted on.
    await assert.rejects(batch.run([up('eth0'), up('none3')]), /none3 up: Cannot find/);
    ip('link', 'delete', 'eth0');
  });

  it('fails as a whole with a line that ip does not understand, for that ends it; and the next one is carried out', async (context) => {
    const batch = new IpBatch(machineTime);
    context.after(() => batch.close());
    const strange = maybe('address add 192.0.2.1/33 dev lo');
    await assert.rejects(batch.run([up('lo'), strange]), /^Error: ip ended: .*192\.0\.2\.1\/33/);
    assert.ok(isOn('lo'), 'what stands before it was carried out');
    assert.match(await batch.run([]), /^1: lo/);
  });

  it('says what its interface is like then, and of one that is not there what lo is like', async (context) => {
    const batch = new IpBatch(machineTime);
    context.after(() => batch.close());
    cable('eth0', 'eth1');
    const [shown, none, lo] = await Promise.all([
      batch.run([up('eth0')], 'eth0'),
      batch.run([], 'none0'),
      batch.run([up('lo')]),
    ]);
    assert.match(shown, /^\d+: eth0@eth1: <NO-CARRIER,[^\n]*,UP[^\n]*>[^\n]*$/);
    assert.match(none, /^1: lo: </);
    assert.match(lo, /^1: lo: <LOOPBACK,UP,LOWER_UP>/);
    ip('link', 'delete', 'eth0');
  });

  it('is one of IPv6 where that was asked for', async (context) => {
    const batch = new IpBatch(machineTime, ['-6']);
    context.after(() => batch.close());
    await batch.run([{ line: 'rule add from 2001:db8::1 lookup 100 priority 9' }]);
    assert.match(ip('-6', 'rule', 'show'), /^9:\tfrom 2001:db8::1 lookup 100/m);
  });

  it('that was under way when ip was killed has failed, and the next one is carried out', async (context) => {
    const batch = new IpBatch(machineTime);
    context.after(() => batch.close());
    batch.start();
    await batch.run([]);
    killChild('ip -oneline -force -batch -');
    await assert.rejects(batch.run([]), /^Error: ip ended: $/);
    assert.match(await batch.run([]), /^1: lo/);
  });
});

describe('an ip that', { concurrency: false }, () => {
  it('is not there is named, with what to install', async (context) => {
    standIns(context).alone();
    await assert.rejects(
      new IpBatch(machineTime).run([]),
      /there is no program ip; install iproute2 \(OpenWrt: ip-full\)/,
    );
    await assert.rejects(ipJson('address', 'show'), {
      code: 'unavailable',
      message: 'ip address show: there is no such program; install iproute2 (OpenWrt: ip-full)',
    });
  });

  it('speaks no JSON is busybox’s', async (context) => {
    standIns(context).put('ip', 'echo "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536"');
    await assert.rejects(ipJson('address', 'show'), {
      code: 'unavailable',
      message: /^ip address show: it does not speak JSON; install iproute2/,
    });
  });

  it('fails is quoted, and one that says nothing has nothing to show', async (context) => {
    const machine = standIns(context);
    machine.put('ip', 'echo "Cannot open netlink socket: Operation not permitted" >&2; exit 1');
    await assert.rejects(ipJson('address', 'show'), /ip address show: Cannot open netlink socket: Operation/);
    machine.put('ip', 'true');
    assert.deepEqual(await ipJson('address', 'show'), []);
  });

  it('answers several questions at once does so a line each, however it fills them', async (context) => {
    const machine = standIns(context);
    machine.put(
      'ip',
      'cat > "$D/asked"; echo "$*" > "$D/argv"; printf \'[{"a":1}]\\n\\n[ ]\\n\'; printf \'[{"b"\'; sleep 0.05; echo ":2}]"',
    );
    assert.deepEqual(await ipJsonBatch(['-4'], ['one', 'two', 'three']), [[{ a: 1 }], [], [{ b: 2 }]]);
    assert.deepEqual(machine.lines('asked'), ['one', 'two', 'three']);
    assert.deepEqual(machine.lines('argv'), ['-json -4 -batch -']);
  });

  it('answers in pieces is heard to the end', async (context) => {
    const machine = standIns(context);
    machine.put(
      'ip',
      `while read -r line; do case $line in
      *"dev lo") printf '1: lo: <LOOP'; sleep 0.05; echo 'BACK> mtu 65536';;
      *) echo '2: eth0: <UP>'; sleep 0.05;;
    esac; done`,
    );
    const batch = new IpBatch(machineTime);
    assert.equal(await batch.run([], 'eth0'), '2: eth0: <UP>');
    assert.equal(await batch.run([]), '1: lo: <LOOPBACK> mtu 65536\n');
    batch.close();
  });

  it('complains in several lines is quoted with all of them', async (context) => {
    const machine = standIns(context);
    machine.put(
      'ip',
      `n=0; while read -r line; do n=$((n + 1)); case $line in
      *"dev lo") echo '1: lo: <UP> mtu 1';;
      bad) echo 'Error: one' >&2; echo ' two ' >&2; echo "Command failed -:$n" >&2;;
      odd) echo 'a warning' >&2;;
    esac; done`,
    );
    const batch = new IpBatch(machineTime);
    await batch.run([{ line: 'odd' }, maybe('bad')]);
    await assert.rejects(batch.run([{ line: 'good' }, { line: 'bad' }]), {
      message: 'ip bad: Error: one two',
    });
    batch.close();
  });

  it('hangs is ended, and what was asked of it has failed; what waited is asked of another one', async (context) => {
    const time = new FakeTime();
    const machine = standIns(context);
    machine.put('ip', 'echo $$ >> "$D/pids"; [ -e "$D/well" ] || exec sleep 600; exec ip "$@"');
    const batch = new IpBatch(time);
    const hanging = batch.run([up('eth0')]);
    const next = batch.run([]);
    while (machine.lines('pids').length === 0) await new Promise((resolve) => setImmediate(resolve));
    machine.write('well', '');
    time.tick(5000);
    await assert.rejects(hanging, { message: 'no answer from the kernel within 5 s' });
    assert.match(await next, /^1: lo: /);
    assert.equal(machine.lines('pids').length, 2);
    batch.close();
    const [first] = machine.lines('pids');
    await until('it is gone', () => isGone(Number(first)));
  });
});
