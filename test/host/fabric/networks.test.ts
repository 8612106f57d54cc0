/** What asks `ubus`, with a stand-in for it: a shell script that says what the real one says. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, beforeEach, describe, it } from 'node:test';
import { ubusNetworks } from '../../../host/fabric/networks.ts';
import { machineTime } from '../../../host/time.ts';
import { until } from '../tools.ts';
import { directory } from './scripted.ts';

const { PATH } = process.env;
const networks = ubusNetworks(machineTime);

/** What the real one prints of a network with PPPoE that is up, shortened. */
const STATUS = `{
	"up": true,
	"pending": false,
	"available": true,
	"uptime": 73,
	"l3_device": "pppoe-wan",
	"proto": "pppoe",
	"device": "eth1",
	"ipv4-address": [ { "address": "172.27.180.7", "mask": 32 } ],
	"data": { }
}`;

describe('networks as a stand-in for ubus has them', () => {
  let place: ReturnType<typeof directory>;
  const answers = (script: string): void =>
    writeFileSync(place.path('ubus'), `#!/bin/sh\necho "$*" >> '${place.path('asked')}'\n${script}\n`, {
      mode: 0o755,
    });
  const says = (text: string): void => answers(`cat <<'END'\n${text}\nEND`);
  const asked = (): string => readFileSync(place.path('asked'), 'utf8');

  before(() => {
    place = directory();
  });
  beforeEach(() => {
    process.env.PATH = `${place.path('')}:${PATH}`;
  });
  after(() => {
    process.env.PATH = PATH;
    place.remove();
  });

  it('are carried by the device that has their addresses', async () => {
    says(STATUS);
    assert.deepEqual(await networks.ask('wan'), { up: true, device: 'pppoe-wan' });
    assert.equal(asked(), '-t 2 call network.interface.wan status\n');
  });

  it('are to be carried by what is coming, or by what is below it, while they are down', async () => {
    for (const [status, device] of [
      ['"proto": "pppoe", "device": "eth1"', 'pppoe-wan'],
      ['"proto": "6in4"', '6in4-wan'],
      ['"proto": "wireguard"', 'wan'],
      ['"proto": "dhcp", "device": "eth1"', 'eth1'],
      ['"proto": "dhcp"', null],
      ['"proto": 7', null],
    ] as const) {
      says(`{"up": false, ${status}}`);
      assert.deepEqual(await networks.ask('wan'), { up: false, device }, status);
    }
    // What the kernel would not take is not awaited.
    says('{"up": false, "proto": "pppoe", "device": "eth1"}');
    assert.deepEqual(await networks.ask('a_long_network'), { up: false, device: 'eth1' });
  });

  it('are none where ubus knows no network of that name', async () => {
    answers('echo "Command failed: Not found" >&2; exit 4');
    assert.equal(await networks.ask('eth0.10'), 'device');
  });

  it('are nowhere without ubus', async () => {
    process.env.PATH = place.path('nothing');
    assert.equal(await networks.ask('lan'), 'nowhere');
    const stop = networks.watch(() => assert.fail('nothing has changed'));
    await machineTime.settled();
    stop();
  });

  it('are unknown where nobody answers, or nothing that can be understood', async () => {
    for (const script of [
      'echo "Failed to connect to ubus" >&2; exit 255',
      'echo "Command failed: Request timed out" >&2; exit 7',
      'kill -9 $$',
      'head -c 1000000 /dev/zero | tr "\\\\0" "["',
      'exec sleep 60',
    ]) {
      answers(script);
      assert.equal(await networks.ask('lan'), 'unknown', script);
    }
    for (const text of ['', 'lan', '[]', 'null', '{"up": true']) {
      says(text);
      const answer = await networks.ask('lan');
      assert.ok(answer === 'unknown' || (typeof answer === 'object' && answer.device === null), text);
    }
  });

  it('have no device by a name that the kernel does not take', async () => {
    for (const name of ['', '..', 'a b', 'a/b', 'sixteen-letters-', 'a\\nb']) {
      says(`{"up": true, "l3_device": "${name}", "device": "eth1"}`);
      assert.deepEqual(await networks.ask('lan'), { up: true, device: 'eth1' }, name);
    }
    says('{"up": 1, "l3_device": ["x"], "device": 7}');
    assert.deepEqual(await networks.ask('lan'), { up: false, device: null });
  });

  it('are asked for by their names, whatever is in those', async () => {
    answers('exit 4');
    assert.equal(await networks.ask("$(touch x);'"), 'device');
    assert.match(asked(), /^-t 2 call network\.interface\.\$\(touch x\);' status$/m);
    assert.equal(existsSync('x'), false);
  });

  it('say when something has become of them, until nobody listens', async () => {
    answers(`echo $$ > '${place.path('pid')}'
echo '{ "network.interface": {"action":"ifup","interface":"wan"} }'
exec sleep 60`);
    let changes = 0;
    const stop = networks.watch(() => changes++);
    await until('a change', () => changes > 0);
    assert.match(asked(), /^listen network\.interface$/m);
    const pid = readFileSync(place.path('pid'), 'utf8').trim();
    assert.ok(existsSync(`/proc/${pid}`));
    stop();
    await until('it has ended', () => !existsSync(`/proc/${pid}`));
  });
});
