/** Both ways to a fabric say the same of the same story: to the one in this process, and to a daemon behind a socket. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { connectDaemon } from '../../../host/fabric/daemon.ts';
import { InProcessFabric } from '../../../host/fabric/in-process.ts';
import type { Connect, FabricLink } from '../../../host/fabric/link.ts';
import { machineTime } from '../../../host/time.ts';
import { until } from '../tools.ts';
import { configure, restored, SATO, SERVER, syn, TANAKA } from './fabric.ts';
import { FakeDaemon } from './fake-daemon.ts';
import { directory, Heard } from './scripted.ts';

const HOST = { server: SERVER.address, port: 0 };
const HOLDER = { address: SERVER.address, hardware: '02:00:5e:00:53:0a', interface: 1 } as const;
const LAN0 = { name: 'lan0', number: 1, hardware: null, up: true, received: 0, dropped: 0, lost: 0, shed: 0 };
/** What the fake daemon adds to the time. */
const AHEAD_US = 3_600_000_000;
const NOW_MS = 50_000;

/** What a test does with a fabric, whoever carries it. */
interface Carrier {
  readonly connect: Connect;
  frame(bytes: Buffer): void;
  /** As if it were killed. */
  stop(): Promise<void> | void;
  start(): Promise<void> | void;
  /** The frames that it was to send. */
  readonly sent: readonly { readonly bytes: Uint8Array; readonly iface: number }[];
}

function inProcess(): Carrier {
  const sent: { bytes: Uint8Array; iface: number }[] = [];
  const fabric = new InProcessFabric({
    nowUs: () => NOW_MS * 1000 + AHEAD_US,
    onFrame: (bytes, iface) => sent.push({ bytes, iface }),
  });
  fabric.report(LAN0);
  return {
    ...{ connect: fabric.connect, sent },
    frame: (bytes) => fabric.frame(bytes),
    stop: () => fabric.end(),
    start: () => fabric.begin(),
  };
}

async function behindSocket(context: TestContext): Promise<Carrier> {
  const place = directory();
  const socket = place.path('fabric.sock');
  const daemon = new FakeDaemon(socket, () => NOW_MS);
  await daemon.start();
  context.after(async () => {
    await daemon.stop();
    place.remove();
  });
  return {
    connect: (options, handlers) => connectDaemon(machineTime)({ ...options, socket }, handlers),
    frame: (bytes) => daemon.frame(bytes),
    stop: () => daemon.stop(),
    start: () => daemon.start(),
    sent: daemon.sent,
  };
}

const WAYS = { 'in this process': inProcess, 'behind a socket': behindSocket } as const;

/** One that is ready, and all that came over it. Ends with the test. */
async function linked(
  context: TestContext,
  { connect }: Carrier,
): Promise<{ heard: Heard; link: FabricLink }> {
  const heard = new Heard();
  const link = connect({ interfaces: [], daemon: null, socket: null }, heard);
  context.after(() => link.close());
  assert.deepEqual([heard.ready, heard.order], [[], []], 'nothing while it is made');
  await until('it is ready', () => heard.interfaces.length === 1);
  return { heard, link };
}

/** All that was sent has been carried out, and its answers are here. */
async function settled({ heard, link }: { heard: Heard; link: FabricLink }): Promise<void> {
  const before = heard.order.length;
  link.send({ kind: 'sync' });
  await until('its answer', () => heard.order.indexOf('syncEnd', before) >= 0);
}

/** A story with a refused command, an announcement, frames, and an end: what is heard of it. */
async function story(context: TestContext, carrier: Carrier): Promise<unknown> {
  const one = await linked(context, carrier);
  const { heard, link } = one;
  link.send(configure());
  link.sendAll([
    { kind: 'watch', address: '172.27.178.0', bits: 120 },
    restored(SATO.address),
    { kind: 'release', ...HOST, port: 80 },
    { kind: 'announce', ticket: 7, form: 'reply', ...HOLDER },
    { kind: 'announce', ticket: 8, form: 'reply', ...HOLDER, hardware: '01:00:00:00:00:01' },
  ]);
  await settled(one);
  carrier.frame(syn(TANAKA, SERVER, 1));
  await settled(one);
  link.send({ kind: 'counters' });
  await until('the counters', () => heard.order.includes('counters'));
  const { ready, events, interfaces, refused, announced, order, messages } = heard;
  const frames = carrier.sent.map(({ bytes, iface }) => [Buffer.from(bytes).toString('hex'), iface]);
  const plain = ready.map(({ configured, nowUs }) => ({ configured, nowUs }));
  return { plain, events, interfaces, refused, announced, order, messages, frames };
}

describe('A way to a fabric', () => {
  it('says the same of the same story, whoever carries it', async (context) => {
    const [here, there] = [
      await story(context, inProcess()),
      await story(context, await behindSocket(context)),
    ];
    assert.deepEqual(here, there);
    const { plain, refused, announced, frames } = here as Record<string, unknown[]>;
    assert.deepEqual(plain, [{ configured: false, nowUs: NOW_MS * 1000 + AHEAD_US }]);
    assert.deepEqual(refused, ['Release NotFound']);
    assert.equal(announced?.length, 2, 'an answer for each');
    assert.equal(frames?.length, 1, 'one of them was refused');
  });

  for (const [where, begin] of Object.entries(WAYS)) {
    it(`${where} speaks only after the call that it answers has returned`, async (context) => {
      const { heard, link } = await linked(context, await begin(context));
      link.send(configure());
      link.send({ kind: 'sync' });
      assert.deepEqual(heard.order, []);
      await until('the answer', () => heard.order.includes('syncEnd'));
    });

    it(`${where} finds the tables of before, until the carrier was killed`, async (context) => {
      const carrier = await begin(context);
      const first = await linked(context, carrier);
      first.link.sendAll([configure(), { kind: 'watch', address: '172.27.178.0', bits: 120 }]);
      first.link.send(restored(SATO.address));
      await settled(first);
      await first.link.close();
      const second = await linked(context, carrier);
      assert.equal(second.heard.ready[0]?.configured, true);
      await settled(second);
      assert.deepEqual(second.heard.order, ['outage', 'waiting', 'syncEnd']);
      await carrier.stop();
      await until('its end', () => second.heard.ends.length === 1);
      await carrier.start();
      const third = await linked(context, carrier);
      assert.equal(third.heard.ready[0]?.configured, false);
    });

    it(`${where} is ended by the next one, and says nothing after it was closed`, async (context) => {
      const carrier = await begin(context);
      const first = await linked(context, carrier);
      const second = await linked(context, carrier);
      await until('the end of the first', () => first.heard.ends.length === 1);
      first.link.send({ kind: 'sync' });
      second.link.send({ kind: 'sync' });
      await second.link.close();
      await carrier.stop();
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.deepEqual([first.heard.order, second.heard.order, second.heard.ends], [[], [], []]);
    });

    it(`${where} ends at once while nobody carries it`, async (context) => {
      const carrier = await begin(context);
      await carrier.stop();
      const heard = new Heard();
      const link = carrier.connect({ interfaces: [], daemon: null, socket: null }, heard);
      context.after(() => link.close());
      assert.equal(heard.ends.length, 0, 'nothing while it is made');
      await until('its end', () => heard.ends.length === 1);
      assert.deepEqual([heard.ends[0]?.code, heard.ready], ['fabric', []]);
    });
  }
});
