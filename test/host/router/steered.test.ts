import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nameOf } from '../../../host/net/target.ts';
import { type Outage, type OutageState, Outages } from '../../../host/router/outages.ts';
import { Steered } from '../../../host/router/steered.ts';
import { pageOn } from './checking.ts';
import { configuration, HOST, OTHER, SECURE, SERVER, WEB } from './world.ts';

const PAGE = pageOn(80, 8080);

/** Which ports are answered for while this is down. */
class Page {
  readonly outages = new Outages();
  readonly steered: Steered;

  constructor(more = PAGE) {
    this.steered = new Steered(configuration(more), this.outages);
  }

  /** Something begins to be down. */
  add(target: typeof HOST, state: OutageState = 'down'): Outage {
    const clients = new Map();
    const about = { id: 1, cause: 'unreachable', triedPort: 0, fromMs: 0, clients } as const;
    const outage: Outage = { ...target, ...about, state };
    this.outages.add(outage);
    return outage;
  }

  get targets(): string[] {
    return this.steered.targets().map(nameOf);
  }
}

describe('The page answers', () => {
  it('on its ports for a machine that is down, and on its own for a service', () => {
    const page = new Page();
    page.add(HOST);
    page.add({ server: OTHER, port: 80 });
    assert.deepEqual(page.targets, [`${SERVER} 80`, `${SERVER} 8080`, `${OTHER} 80`]);
  });

  it('for no service that is down on another port', () => {
    const page = new Page();
    page.add(SECURE);
    assert.deepEqual(page.targets, []);
  });

  it('for nobody without a page', () => {
    const page = new Page('');
    page.add(HOST);
    assert.deepEqual(page.targets, []);
  });

  for (const state of ['suspected', 'short'] as const) {
    it(`for nobody who is ${state}`, () => {
      const page = new Page();
      const outage = page.add(HOST, state);
      assert.deepEqual(page.targets, []);
      outage.state = 'down';
      assert.deepEqual(page.targets, [`${SERVER} 80`, `${SERVER} 8080`]);
    });
  }

  it('for what an earlier process knew as soon as it was asked', () => {
    const page = new Page();
    const [host, web] = [page.add(HOST), page.add({ server: OTHER, port: 80 })];
    page.steered.resume(host);
    assert.deepEqual(page.targets, [`${OTHER} 80`]);
    assert.equal(page.steered.asked(web), false, 'it changes nothing');
    assert.equal(page.steered.asked(host), true);
    assert.equal(page.steered.asked(host), false, 'the second time');
    assert.deepEqual(page.targets, [`${SERVER} 80`, `${SERVER} 8080`, `${OTHER} 80`]);
  });

  it('on no port that a server’s entry leaves out', () => {
    const page = new Page(
      `${PAGE}\nservers: [{address: ${SERVER}, ports: [443, 8080]}, {address: ${OTHER}}]`,
    );
    page.add(HOST);
    page.add({ server: OTHER, port: 0 });
    assert.deepEqual(page.targets, [`${SERVER} 8080`, `${OTHER} 80`, `${OTHER} 8080`]);
  });

  it('for no server that may not be asked', () => {
    const page = new Page(`${PAGE}\nservers: [{address: ${SERVER}, ask: none}]`);
    page.add(HOST);
    page.add(WEB);
    assert.deepEqual(page.targets, []);
  });

  it('on a port until that has answered, on each for itself, and on all again when they are down after all', () => {
    const page = new Page();
    const outage = page.add(HOST);
    page.steered.back(outage, 80);
    assert.deepEqual(page.targets, [`${SERVER} 8080`]);
    assert.deepEqual(page.steered.ofOutage(outage), [8080]);
    assert.deepEqual(page.steered.portsOf(outage), [80, 8080], 'all that it would answer on');
    page.steered.back(outage, 8080);
    assert.deepEqual(page.targets, []);
    page.steered.gone(outage);
    assert.deepEqual(page.targets, [`${SERVER} 80`, `${SERVER} 8080`]);
  });

  it('for what was forgotten as if it had never answered, nor waited to be asked', () => {
    const page = new Page();
    const outage = page.add(HOST);
    page.steered.resume(outage);
    page.steered.back(outage, 80);
    page.steered.forget(outage);
    assert.deepEqual(page.targets, [`${SERVER} 80`, `${SERVER} 8080`]);
  });

  it('by the configuration of the moment', () => {
    const page = new Page();
    page.add(HOST);
    page.steered.reconfigure(configuration(`${PAGE}\nservers: [{address: ${SERVER}, ports: [80]}]`));
    assert.deepEqual(page.targets, [`${SERVER} 80`]);
  });
});

describe('This machine', () => {
  it('asks wherever nobody forbids it', () => {
    const { steered } = new Page();
    assert.deepEqual(
      [steered.isForbidden(SERVER), steered.mayAsk(SERVER, 22), steered.mayProbe(SERVER, 22)],
      [false, true, true],
    );
  });

  it('asks no port that a server’s entry leaves out, whether it is down or not', () => {
    const { steered } = new Page(`servers: [{address: ${SERVER}, ports: [80]}]`);
    assert.deepEqual(
      [22, 80, 0].map((port) => [steered.mayAsk(SERVER, port), steered.mayProbe(SERVER, port)]),
      [
        [false, false],
        [true, true],
        [false, false],
      ],
    );
    assert.equal(steered.isForbidden(SERVER), false);
  });

  it('asks nothing of a server with ask: none', () => {
    const { steered } = new Page(`servers: [{address: ${SERVER}, ports: [80], ask: none}]`);
    assert.deepEqual(
      [steered.isForbidden(SERVER), steered.mayAsk(SERVER, 80), steered.mayProbe(SERVER, 80)],
      [true, false, false],
    );
  });

  it('believes everybody with ask: none, and still looks whether what is down is back', () => {
    const given = configuration(`servers: [{address: ${OTHER}, ask: connect}]`);
    const none = { ...given, detect: { ...given.detect, ask: 'none' } } as const;
    const steered = new Steered(none, new Outages());
    assert.deepEqual(
      [steered.isForbidden(SERVER), steered.mayAsk(SERVER, 80), steered.mayProbe(SERVER, 80)],
      [true, false, true],
    );
    assert.deepEqual([steered.isForbidden(OTHER), steered.mayAsk(OTHER, 80)], [false, true]);
  });
});
