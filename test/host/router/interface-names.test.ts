import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NetworkAnswer, Networks } from '../../../host/fabric/networks.ts';
import { InterfaceNames } from '../../../host/router/interface-names.ts';
import { FakeTime } from '../fake-time.ts';
import { recordingLog } from '../tools.ts';

const LAN = { up: true, device: 'br-lan' };
const PPP = { up: true, device: 'pppoe-wan' };
/** The link is there, and has no address. */
const DOWN = { up: false, device: 'eth1' };

/** Networks by script. */
class Scripted implements Networks {
  answers: Record<string, NetworkAnswer>;
  asked = 0;
  onChange: (() => void) | null = null;
  /** Answers wait until it is called. */
  hold: Promise<void> | null = null;

  constructor(answers: Record<string, NetworkAnswer>) {
    this.answers = answers;
  }

  async ask(name: string): Promise<NetworkAnswer> {
    this.asked++;
    await this.hold;
    return this.answers[name] ?? 'device';
  }

  watch(onChange: () => void): () => void {
    this.onChange = onChange;
    return () => {
      this.onChange = null;
    };
  }
}

function following(names: readonly string[], networks: Scripted | null) {
  const time = new FakeTime();
  const { log, lines } = recordingLog();
  const moved: string[] = [];
  const onMoved = (number: number, device: string): void => void moved.push(`${number} ${device}`);
  const interfaces = new InterfaceNames({ names, networks, onMoved, log, time });
  const changed = async (answers: Record<string, NetworkAnswer>): Promise<void> => {
    assert.ok(networks !== null);
    networks.answers = answers;
    networks.onChange?.();
    await time.settled();
  };
  return { interfaces, time, lines, moved, changed };
}

describe('names of interfaces', () => {
  it('are devices where there are no networks, and nobody is asked again', async () => {
    const networks = new Scripted({ lan: 'nowhere' });
    const { interfaces, time, moved } = following(['lan', 'wan0'], networks);
    await interfaces.begin();
    assert.deepEqual(interfaces.devices, ['lan', 'wan0']);
    assert.deepEqual([networks.asked, networks.onChange, time.isIdle, moved], [1, null, true, []]);
    const none = following(['lan0'], null);
    await none.interfaces.begin();
    assert.deepEqual(none.interfaces.devices, ['lan0']);
  });

  it('are those of networks, which go by the device that carries them', async () => {
    const { interfaces, lines } = following(['lan', 'eth7', 'wan'], new Scripted({ lan: LAN, wan: PPP }));
    await interfaces.begin();
    assert.deepEqual(interfaces.devices, ['br-lan', 'eth7', 'pppoe-wan']);
    assert.deepEqual(
      [1, 2, 3, 4].map((number) => interfaces.networkOf(number)),
      ['lan', null, 'wan', null],
    );
    assert.deepEqual(
      lines.map(({ event, fields }) => [event, fields]),
      [
        ['interface.moved', { interface: 'br-lan', network: 'lan' }],
        ['interface.moved', { interface: 'pppoe-wan', network: 'wan' }],
      ],
    );
    interfaces.close();
  });

  it('follow a network that comes up, and one that is carried by another device', async () => {
    const { interfaces, moved, changed } = following(['lan', 'wan'], new Scripted({ lan: LAN, wan: DOWN }));
    await interfaces.begin();
    // DHCP has no lease yet, or PPPoE nobody to talk with: what is below it is listened on until then.
    assert.deepEqual(interfaces.devices, ['br-lan', 'eth1']);
    await changed({ lan: LAN, wan: PPP });
    assert.deepEqual(interfaces.devices, ['br-lan', 'pppoe-wan']);
    // It is gone for a moment: what comes back is called the same.
    await changed({ lan: LAN, wan: DOWN });
    assert.deepEqual(interfaces.devices, ['br-lan', 'pppoe-wan']);
    await changed({ lan: LAN, wan: { up: true, device: 'wwan0' } });
    assert.deepEqual(interfaces.devices, ['br-lan', 'wwan0']);
    assert.deepEqual(moved.slice(2), ['2 pppoe-wan', '2 wwan0']);
    interfaces.close();
  });

  it('await a network that has no device yet by its own name, and a network that is not known yet', async () => {
    const { interfaces, moved, changed } = following(
      ['wan', 'vpn'],
      new Scripted({ wan: { up: false, device: null } }),
    );
    await interfaces.begin();
    assert.deepEqual(interfaces.devices, ['wan', 'vpn']);
    await changed({ wan: PPP, vpn: { up: true, device: 'wg0' } });
    assert.deepEqual(moved, ['1 pppoe-wan', '2 wg0']);
    interfaces.close();
  });

  it('stay where they are while nobody can say', async () => {
    const { interfaces, moved, changed } = following(['lan', 'wan'], new Scripted({ lan: LAN, wan: PPP }));
    await interfaces.begin();
    for (const answer of ['unknown', 'device', { up: false, device: null }] as const)
      await changed({ lan: answer, wan: answer });
    assert.deepEqual(interfaces.devices, ['br-lan', 'pppoe-wan']);
    assert.equal(moved.length, 2);
    interfaces.close();
  });

  it('that mean one device are listened on once', async () => {
    const { interfaces, changed } = following(['wan', 'wan6'], new Scripted({ wan: PPP, wan6: PPP }));
    await interfaces.begin();
    assert.deepEqual(interfaces.devices, ['pppoe-wan', 'wan6']);
    await changed({ wan: PPP, wan6: { up: true, device: '6in4-wan6' } });
    assert.deepEqual(interfaces.devices, ['pppoe-wan', '6in4-wan6']);
    interfaces.close();
  });

  it('are asked for from time to time, never twice at once, and no more once it is over', async () => {
    const networks = new Scripted({ lan: LAN });
    const { interfaces, time, changed } = following(['lan'], networks);
    await interfaces.begin();
    await time.pass(10_000);
    assert.equal(networks.asked, 2);
    let release = (): void => {};
    networks.hold = new Promise((resolve) => {
      release = resolve;
    });
    for (let i = 0; i < 5; i++) await changed({ lan: LAN });
    assert.equal(networks.asked, 3);
    networks.hold = null;
    release();
    await time.settled();
    assert.equal(networks.asked, 4, 'once for all that happened meanwhile');
    interfaces.close();
    await time.pass(60_000);
    assert.deepEqual([networks.asked, networks.onChange], [4, null]);
  });
});
