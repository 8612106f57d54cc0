import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { InProcessFabric } from '../../../../host/fabric/in-process.ts';
import type { Connect } from '../../../../host/fabric/link.ts';
import { AnnounceLink, type Frame } from '../../../../host/takeover/machine/announce-link.ts';
import { arp } from '../../../frames.ts';
import { fakeChance } from '../../fake-chance.ts';
import { FakeTime } from '../../fake-time.ts';
import { recordingLog } from '../../tools.ts';

const ADDRESS = '172.27.178.80';
const OWN = '02:00:5e:00:53:0a';
const REPLY: Frame = { form: 'reply', address: ADDRESS, hardware: OWN, interface: 1 };

class Plane {
  readonly time = new FakeTime();
  readonly sent: number[] = [];
  readonly fabric = new InProcessFabric({
    nowUs: () => this.time.nowMs() * 1000,
    onFrame: (_frame, iface) => this.sent.push(iface),
  });
  opened = 0;
  readonly conflicts: string[] = [];
  readonly plane: AnnounceLink;

  constructor(test: TestContext, connect: Connect = this.fabric.connect) {
    const options = { connect, daemon: ['ringback-fabricd'], interfaces: ['lan0'] };
    this.plane = new AnnounceLink(
      { ...options, log: recordingLog().log, time: this.time, chance: fakeChance(1) },
      {
        onOpen: () => this.opened++,
        onConflict: (address, mac, form) => this.conflicts.push(`${form} ${address} ${mac}`),
      },
    );
    test.after(() => this.plane.close());
  }
}

describe("A takeover's data plane", () => {
  it('says of each frame whether it is out', async (test) => {
    const { plane, sent } = new Plane(test);
    await plane.start();
    await plane.send(REPLY);
    assert.deepEqual(sent, [1]);
    await assert.rejects(plane.send({ ...REPLY, hardware: '01:00:00:00:00:01' }), /^Error: \w+$/);
    assert.deepEqual(sent, [1]);
  });

  it('hears who says that he has a claimed address', async (test) => {
    const { plane, fabric, time, conflicts } = new Plane(test);
    await plane.start();
    plane.tell({ kind: 'claim', address: ADDRESS, hardware: OWN, interface: 1 });
    fabric.frame(arp({ operation: 2, sender: ADDRESS, target: ADDRESS, hardware: 9 }));
    await time.pass(0);
    assert.deepEqual(conflicts, [`reply ${ADDRESS} 02:00:00:00:00:09`]);
  });

  it('begins anew with a daemon that was started again, and sends nothing while there is none', async (test) => {
    const one = new Plane(test);
    const { plane, fabric, time } = one;
    await plane.start();
    fabric.end();
    await time.pass(0);
    await assert.rejects(plane.send(REPLY), /is away/);
    fabric.begin();
    await time.pass(100);
    assert.equal(one.opened, 2);
    await plane.send(REPLY);
  });

  it('gives up a frame whose daemon says nothing, or ends', async (test) => {
    const silent = new InProcessFabric({ nowUs: () => 0 });
    const { plane, time } = new Plane(test, (options, handlers) =>
      silent.connect(options, { ...handlers, onAnnounced: () => {} }),
    );
    await plane.start();
    const unanswered = assert.rejects(plane.send(REPLY), /does not answer/);
    await time.pass(1000);
    await unanswered;
    const ended = assert.rejects(plane.send(REPLY), /has ended/);
    silent.end();
    await ended;
  });
});
