/** The whole program in a world: who is told, and when, whatever happens to machines, to the program and to the mail server. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge } from '../../host/emulator/judge.ts';
import { parseScenario } from '../../host/emulator/scenario/load.ts';
import { DEAF, type Gauges } from '../../host/emulator/truth/witness.ts';
import { makeWorld } from '../../host/emulator/world/world.ts';
import { machineTime } from '../../host/time.ts';
import { played } from './played.ts';

const ROUTER = `
router:
  recover: {settle: 2s}
  clients:
    - {address: 172.27.179.150, mail: tanaka@example.jp}
    - {address: 172.27.179.151, mail: sato@example.jp}
  servers: [{address: 172.27.178.80, name: www.example.jp, ports: [80]}]`;
const DOWN = `
  - {at: 5s, do: [kill s80, forget s80]}
  - {at: 6s, do: try c151 s80}`;

/** A story of the lab's network with that router: so long, and these steps. */
const story = (seconds: number, steps: string, router = ROUTER): string =>
  `for: ${seconds}s${router}\nnetwork: lab\nhosts: {c153: {is: chromium}, s80: {boot: 10s}}\nscript:${steps}\nexpect: [{told: nobody else}]\n`;

describe('A host that is down and back', () => {
  it('is noticed by the router’s own ICMP, and whoever tried is told once', async () => {
    const heard = await played(story(120, `${DOWN}\n  - {at: 40s, do: revive s80}`));
    assert.deepEqual(heard.tries, ['c151 s80 unreachable']);
    assert.equal(heard.times('outage.opened', { cause: 'unreachable', port: 0 }), 1);
    assert.deepEqual(heard.told, ['sato']);
    const [mail] = heard.mails;
    assert.equal(mail?.by, 'router');
    assert.ok((mail?.seconds ?? 0) > 52, 'its service answers after 10 s, and settles for 2');
    assert.match(Buffer.from(mail?.bytes?.() ?? []).toString(), /^From: .*\r\nTo: sato@example\.jp\r\n/);
  });

  it('is told of with a link to the world’s own router, on whatever machine it is played', async () => {
    const page = ROUTER.replace('\nrouter:', '\nrouter:\n  page: {listen: 8480, ports: [80]}');
    const heard = await played(story(120, `${DOWN}\n  - {at: 40s, do: revive s80}`, page));
    assert.match(heard.mails[0]?.text ?? '', /http:\/\/172\.27\.17[89]\.1:8480\//);
  });

  it('is not told of while it is down', async () => {
    const heard = await played(story(60, DOWN));
    assert.equal(heard.times('outage.opened'), 1);
    assert.deepEqual(heard.told, []);
    assert.equal(heard.times('outage.closed'), 0);
  });

  it('is noticed earlier where it says so by a trap', async () => {
    const traps = ROUTER.replace('settle: 2s', 'settle: 2s, traps: {communities: [public]}');
    const heard = await played(story(120, `${DOWN}\n  - {at: 40s, do: [revive s80, notify s80]}`, traps));
    assert.equal(heard.when('recovery.signal', { sign: 'trap' }).toFixed(1), '40.0');
    assert.deepEqual(heard.told, ['sato']);
  });

  it('is noticed by an SNMPv3 trap, authentic and encrypted', async () => {
    const user = `{name: server, auth: {protocol: sha256, key: a long password}, priv: {protocol: aes, key: another long one}}`;
    const traps = ROUTER.replace('settle: 2s', `settle: 2s, traps: {communities: [], users: [${user}]}`);
    const heard = await played(story(120, `${DOWN}\n  - {at: 40s, do: [revive s80, notify s80]}`, traps));
    assert.equal(heard.times('recovery.signal', { sign: 'trap' }), 1);
    assert.equal(heard.times('trap.unauthorised') + heard.times('trap.malformed'), 0);
    assert.deepEqual(heard.told, ['sato']);
  });
});

describe('The tables of the module', () => {
  it('are looked at: attempts take a place for a while, servers and their services keep one', async () => {
    const scenario = parseScenario(`scenario: 1\ntitle: A test\n${story(120, DOWN)}`, 'test.yaml');
    const seen: Gauges['tables'][] = [];
    await judge(scenario, {
      ...{ time: machineTime, make: makeWorld },
      watchers: () => [{ witness: DEAF, gauged: ({ tables }) => void seen.push(tables) }],
    });
    const used = (name: 'attempts' | 'servers'): number[] => seen.map((tables) => tables[name][0]);
    assert.equal(Math.max(...used('attempts')), 1, 'one person has tried');
    assert.equal(used('attempts').at(-1), 0, 'and has long been forgotten');
    assert.ok((used('servers').at(-1) ?? 0) > 0, 'servers stay');
    assert.deepEqual([...new Set(seen.map(({ attempts }) => attempts[1]))], [65_536]);
  });
});

describe('A service that refuses', () => {
  it('is down while its host is not', async () => {
    const steps = `
  - {at: 1s, do: try c150 s80}
  - {at: 5s, do: stop s80}
  - {at: 6s, do: try c151 s80}
  - {at: 40s, do: start s80}`;
    const heard = await played(story(120, steps));
    assert.deepEqual(heard.tries, ['c150 s80 served', 'c151 s80 refused']);
    assert.equal(heard.times('outage.opened', { cause: 'refused', port: 80 }), 1);
    assert.deepEqual(heard.told, ['sato']);
  });
});

describe('A program that is killed', () => {
  const between = (steps: string): string => story(300, `${DOWN}${steps}\n  - {at: 100s, do: revive s80}`);

  it('tells whoever waited when it is there again', async () => {
    const heard = await played(between('\n  - {at: 60s, do: kill ringback, back: 5s}'));
    assert.deepEqual(heard.programs, ['router begun', 'router killed', 'router begun', 'router stopped']);
    assert.deepEqual(heard.told, ['sato']);
  });

  it('finds out what ended while it was away', async () => {
    const heard = await played(between('\n  - {at: 60s, do: kill ringback, back: 90s}'));
    assert.deepEqual(heard.told, ['sato']);
    assert.ok((heard.mails[0]?.seconds ?? 0) > 150, 'not before it is there');
  });

  it('loses nobody where the daemon alone is', async () => {
    const heard = await played(between('\n  - {at: 60s, do: kill fabricd}'));
    assert.deepEqual(heard.told, ['sato']);
    assert.equal(heard.times('outage.opened'), 1);
  });
});

describe('A mail server', () => {
  const whileIt = (is: string): string =>
    story(
      900,
      `${DOWN}\n  - {at: 20s, do: mail ${is}}\n  - {at: 40s, do: revive s80}\n  - {at: 300s, do: mail well}`,
    );

  for (const is of ['away', 'busy', 'refusing']) {
    it(`gets the mail when it takes any again: ${is}`, async () => {
      const heard = await played(whileIt(is));
      assert.ok(heard.times('notice.failed') > 0, 'it was tried meanwhile');
      assert.equal(heard.times('notice.failed', { final: true }), 0);
      assert.deepEqual(heard.told, ['sato']);
      assert.ok((heard.mails[0]?.seconds ?? 0) > 300);
    });
  }
});

describe('The page in a dead server’s place', () => {
  const PAGE = ROUTER.replace(
    '\n  servers:',
    '\n  page: {listen: 8480, ports: [80], known: show}\n  servers:',
  );

  it('is shown while it is down, and not a moment longer', async () => {
    const steps = `${DOWN}
  - {at: 20s, do: try c150 s80}
  - {at: 32s, do: try c152 s80}
  - {at: 40s, do: revive s80}
  - {at: 90s, do: try c150 s80}`;
    const heard = await played(story(120, steps, PAGE));
    assert.deepEqual(
      heard.tries.filter((one) => one.endsWith('shown')),
      ['c150 s80 shown', 'c152 s80 shown'],
    );
    assert.equal(heard.tries.at(-1), 'c150 s80 served');
    assert.deepEqual(heard.steered, ['s80 on', 's80 off']);
  });

  it('is never shown for one that lives', async () => {
    const steps = `
  - {at: 1s, do: try c150 s80}
  - {at: 5s, do: drop s80 c151}
  - {at: 6s, do: try c151 s80}
  - {at: 60s, do: try c152 s80}`;
    const heard = await played(story(120, steps, PAGE));
    assert.deepEqual(heard.steered, []);
    assert.ok(!heard.tries.some((one) => one.endsWith('shown')), 'c151 is turned away by somebody else');
  });

  it('registers whoever answers it, and he is told', async () => {
    const steps = `${DOWN}
  - {at: 20s, do: try c153 s80}
  - {at: 30s, do: answer c153 s80 nakamura@example.jp}
  - {at: 40s, do: revive s80}`;
    const heard = await played(story(120, steps, PAGE));
    assert.equal(heard.times('page.registered', { mail: 'nakamura@example.jp' }), 1);
    assert.deepEqual(heard.told, ['nakamura', 'sato']);
  });

  it('is gone ten seconds after the program was killed', async () => {
    const steps = `${DOWN}
  - {at: 20s, do: kill ringback}
  - {at: 25s, do: try c150 s80}
  - {at: 40s, do: try c152 s80}`;
    const heard = await played(story(120, steps, PAGE));
    assert.deepEqual(heard.steered, ['s80 on', 's80 off']);
    assert.deepEqual(heard.tries.slice(1), ['c150 s80 shown', 'c152 s80 unreachable']);
  });
});
