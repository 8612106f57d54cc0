/** The daemon of a node: the real one on real interfaces, and others that are not as they should be. */

import assert from 'node:assert/strict';
import { before, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { machineChance } from '../../../../host/chance.ts';
import { connectDaemon } from '../../../../host/fabric/daemon.ts';
import { AnnounceLink, type Frame } from '../../../../host/takeover/machine/announce-link.ts';
import { machineTime } from '../../../../host/time.ts';
import { readyRecord } from '../../fabric/daemon-records.ts';
import { records, scripted } from '../../fabric/scripted.ts';
import { recordingLog, until } from '../../tools.ts';
import { cable, ip, killChild, noNetwork } from './own-network.ts';

const FABRICD = fileURLToPath(new URL('../../../../dist/ringback-fabricd', import.meta.url));
const C = '192.0.2.80';
const OTHER = '02:00:00:00:00:09';

function plane(context: TestContext, daemon: readonly string[]) {
  const { log, lines } = recordingLog();
  const conflicts: string[] = [];
  const found = { opened: 0, conflicts, lines };
  const data = new AnnounceLink(
    {
      ...{ connect: connectDaemon(machineTime), time: machineTime, chance: machineChance },
      ...{ daemon, interfaces: ['eth0', 'far0', 'none0'], log },
    },
    {
      onOpen: () => void found.opened++,
      onConflict: (...conflict) => void conflicts.push(conflict.join(' ')),
    },
  );
  context.after(() => data.close());
  const logged = (event: string): number => lines.filter((line) => line.event === event).length;
  return Object.assign(found, { data, logged });
}

function reply(place: number, mac = OTHER): Frame {
  return { form: 'reply', interface: place, hardware: mac, address: C };
}

describe('the daemon of a node', { skip: noNetwork }, () => {
  before(() => {
    cable('eth0', 'far0');
    for (const ifname of ['eth0', 'far0']) ip('link', 'set', ifname, 'up');
  });

  it('sends, hears who contradicts, and says why a frame is not out', async (context) => {
    const { data, conflicts, logged } = plane(context, [FABRICD]);
    await data.start();
    assert.ok(data.mostClaims > 100);
    const own = JSON.parse(ip('-json', 'link', 'show', 'eth0'))[0].address;
    data.tell({ kind: 'claim', address: C, hardware: own, interface: 0 });
    await data.send(reply(1, own));
    // From the other end of the cable.
    await data.send(reply(2));
    await until('it is heard', () => conflicts.length > 0);
    assert.deepEqual([...new Set(conflicts)], [`${C} ${OTHER} reply`]);
    await assert.rejects(data.send(reply(3)), { message: 'there is no interface of that name' });
    await assert.rejects(data.send(reply(9)), /./);
    ip('link', 'set', 'eth0', 'down');
    await assert.rejects(data.send(reply(1)), /down|no carrier|off/);
    ip('link', 'set', 'eth0', 'up');
    await until('it is sent again', () =>
      data.send(reply(1)).then(
        () => true,
        () => false,
      ),
    );
    assert.equal(logged('fabric.refused'), 0);
  });

  it('that was killed is started again, and told anew', async (context) => {
    const found = plane(context, [FABRICD]);
    await found.data.start();
    assert.equal(found.opened, 1);
    killChild(FABRICD);
    await until('it has begun anew', () => found.opened === 2);
    await until('it is back', () => found.logged('fabric.back') === 1);
    assert.equal(found.logged('fabric.lost'), 1);
    await found.data.send(reply(1));
  });
});

describe('a daemon that', () => {
  it('is not there, or is none, is said at the start', async (context) => {
    await assert.rejects(plane(context, ['/none/ringback-fabricd']).data.start(), {
      code: 'fabric',
      message: /\/none\/ringback-fabricd: there is no such program/,
    });
    await assert.rejects(plane(context, ['sh', '-c', 'echo no such option >&2; exit 2']).data.start(), {
      code: 'fabric',
      message: /no such option/,
    });
  });

  it('does not answer is not waited for for ever', async (context) => {
    const { data } = plane(context, scripted(records(readyRecord())));
    await data.start();
    await assert.rejects(data.send(reply(1)), { message: 'the data plane does not answer' });
  });

  it('ends takes what it was asked with it, and what it is asked then is refused at once', async (context) => {
    const { data, logged } = plane(context, scripted(records(readyRecord()), { stay: true }));
    await data.start();
    const refused = [1, 2].map(() =>
      assert.rejects(data.send(reply(1)), { message: 'the data plane has ended' }),
    );
    killChild(process.execPath);
    await Promise.all(refused);
    await assert.rejects(data.send(reply(1)), { message: 'the data plane is away' });
    data.tell({ kind: 'unclaim', address: C });
    assert.equal(logged('fabric.lost'), 1);
  });

  it('is asked with a number each time, by which its answers are told apart', async (context) => {
    const program = `
      const reply = (ticket, outcome, reason) => { const r = Buffer.alloc(64); r[0] = 67; r[1] = outcome; r.writeUInt16LE(ticket, 4); r.write(reason, 16); process.stdout.write(r); };
      process.stdout.write(Buffer.from(process.argv[1], 'hex'));
      let all = Buffer.alloc(0);
      process.stdin.on('data', (bytes) => {
        all = Buffer.concat([all, bytes]);
        // The first record is how it is to be.
        if (all.length < 64 * 4) return;
        const [one, two, three] = [1, 2, 3].map((i) => all.readUInt16LE(64 * i + 4));
        reply(three, 3, ''); reply(one, 5, 'no buffer space'); reply(two, 0, '');
      });
      process.stdin.on('end', () => process.exit(0));`;
    const daemon = [process.execPath, '-e', program, readyRecord().toString('hex')];
    const { data } = plane(context, daemon);
    await data.start();
    const sent = await Promise.allSettled([data.send(reply(1)), data.send(reply(2)), data.send(reply(1))]);
    assert.deepEqual(
      sent.map((one) => (one.status === 'fulfilled' ? 'sent' : one.reason.message)),
      ['no buffer space', 'sent', 'down'],
    );
  });

  it('is asked something at the end of the program is not waited for', async (context) => {
    const { data, logged } = plane(context, scripted(records(readyRecord())));
    await data.start();
    const refused = assert.rejects(data.send(reply(1)), { message: 'it is closed' });
    await data.close();
    await refused;
    assert.equal(logged('fabric.lost'), 0);
  });
});
