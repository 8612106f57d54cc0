import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HOST, SATO, SERVER, TANAKA, WEB, World } from './world.ts';

/** A world in which Sato waits for the server. */
function waiting(): World {
  const world = new World();
  world.down(HOST);
  world.client('waiting', HOST, SATO);
  return world;
}

describe('Who comes after the chain was handed out', () => {
  /** Sato was told; the fabric was asked to forget him. */
  function told(): World {
    const world = waiting();
    world.signal(HOST);
    world.handsOut(HOST, SATO);
    world.asked();
    return world;
  }

  it('is told all the same when only the record of its hand-out was lost', () => {
    const world = waiting();
    world.client('waiting', HOST, TANAKA);
    world.signal(HOST);
    world.handsOut(HOST, SATO);
    world.forgotten(HOST, false);
    assert.deepEqual(
      world.notices.map(({ mail }) => mail),
      ['sato@example.jp', 'tanaka@example.jp'],
    );
    assert.equal(new Set(world.notices.map(({ messageId }) => messageId)).size, 2);
  });

  it('is not told when it was answered meanwhile', () => {
    const world = told();
    world.client('waiting', HOST, TANAKA);
    world.answered(HOST, TANAKA);
    world.forgotten(HOST, false);
    assert.equal(world.notices.length, 1);
  });

  it('waits on in an outage of its own, when it came before the end of the chain', () => {
    const world = waiting();
    world.signal(HOST);
    world.client('released', HOST, SATO);
    world.client('waiting', HOST, TANAKA);
    world.about('releaseEnd', HOST);
    world.forgotten(HOST, true);
    world.pass(60);
    world.down(HOST, { ago: 60 });
    assert.deepEqual(world.waiting(), { [`${SERVER} 0`]: [TANAKA] });
    world.signal(HOST);
    world.handsOut(HOST, TANAKA);
    assert.deepEqual(
      world.notices.map(({ mail }) => mail),
      ['sato@example.jp', 'tanaka@example.jp'],
    );
    assert.equal(new Set(world.notices.map(({ messageId }) => messageId)).size, 2);
    assert.equal(world.told('client.waiting').filter((line) => line.includes(TANAKA)).length, 1);
  });

  it('waits on in an outage of its own, when it came before the fabric forgot the others', () => {
    const world = told();
    world.client('waiting', HOST, TANAKA);
    world.forgotten(HOST, true);
    world.down(HOST, { ago: 0 });
    assert.deepEqual(world.waiting(), { [`${SERVER} 0`]: [TANAKA] });
    assert.equal(world.told('client.waiting').filter((line) => line.includes(TANAKA)).length, 1);
  });

  it('may be one of those who were handed out, and waits on as well', () => {
    const world = waiting();
    world.signal(HOST);
    world.client('released', HOST, SATO);
    world.pass(5);
    world.client('waiting', HOST, SATO, 1);
    world.about('releaseEnd', HOST);
    world.forgotten(HOST, true);
    world.down(HOST, { ago: 1 });
    assert.equal(world.notices.length, 1);
    assert.deepEqual(world.waiting(), { [`${SERVER} 0`]: [SATO] });
  });

  it('is forgotten with the outage when the fabric says that it does not go on', () => {
    const world = waiting();
    world.signal(HOST);
    world.client('released', HOST, SATO);
    world.client('waiting', HOST, TANAKA);
    world.about('releaseEnd', HOST);
    world.forgotten(HOST, false);
    world.down(HOST);
    assert.deepEqual(world.waiting(), { [`${SERVER} 0`]: [] });
  });

  it('may be the same client again, and is told again', () => {
    const world = told();
    world.forgotten(HOST, false);
    world.pass(600);
    world.down(HOST, { ago: 1 });
    world.client('waiting', HOST, SATO, 1);
    world.signal(HOST);
    world.handsOut(HOST, SATO);
    assert.equal(new Set(world.notices.map(({ messageId }) => messageId)).size, 2);
  });
});

describe('A recovery of several chains', () => {
  function both(): World {
    const world = new World();
    world.down(HOST, { triedPort: 80 });
    world.down(WEB);
    world.signal(HOST);
    return world;
  }

  it('is complete without the chain of an outage that was dropped meanwhile', () => {
    const world = both();
    world.client('released', HOST, SATO);
    world.about('dropped', WEB);
    world.about('releaseEnd', HOST);
    assert.equal(world.notices.length, 1);
    assert.deepEqual(world.waiting(), {});
  });

  it('is complete when the last chain that it waits for is dropped', () => {
    const world = both();
    world.handsOut(HOST, SATO);
    world.about('dropped', WEB);
    assert.equal(world.notices.length, 1);
    assert.deepEqual(world.waiting(), {});
  });
});
