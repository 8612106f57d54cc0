import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { machineChance } from '../../../../host/chance.ts';
import { MINUTE_MS } from '../../../../host/net/duration.ts';
import { TOKEN_MINUTES, Tokens } from '../../../../host/page/form/tokens.ts';

const CLIENT = '172.27.179.150';
const TARGET = { server: '172.27.178.80', port: 80 };

let nowMs = 0;
let tokens: Tokens;
beforeEach(() => {
  nowMs = 123_456_789;
  tokens = new Tokens(() => nowMs, machineChance);
});

describe('A token', () => {
  it('says which port and which client it was issued for, over both IP versions', () => {
    assert.deepEqual(tokens.read(tokens.issue(CLIENT, TARGET), TARGET.server), {
      client: CLIENT,
      port: 80,
      isFresh: true,
    });
    const six = { server: '2001:db8:178::80', port: 8080 };
    assert.deepEqual(tokens.read(tokens.issue('2001:db8:179::150', six), six.server), {
      client: '2001:db8:179::150',
      port: 8080,
      isFresh: true,
    });
  });

  it('is fresh for two hours, and is known to be genuine after that', () => {
    const token = tokens.issue(CLIENT, TARGET);
    nowMs += TOKEN_MINUTES * MINUTE_MS;
    assert.equal(tokens.read(token, TARGET.server)?.isFresh, true);
    nowMs += MINUTE_MS;
    assert.equal(tokens.read(token, TARGET.server)?.isFresh, false);
  });

  it('is none for another server', () => {
    assert.equal(tokens.read(tokens.issue(CLIENT, TARGET), '172.27.178.81'), null);
  });

  it('is none of another process', () => {
    assert.equal(
      new Tokens(() => nowMs, machineChance).read(tokens.issue(CLIENT, TARGET), TARGET.server),
      null,
    );
  });

  it('is none with any character changed, missing or added', () => {
    const token = tokens.issue(CLIENT, TARGET);
    for (let at = 0; at < token.length; at += 1) {
      const other = token[at] === '1' ? '2' : '1';
      const changed = token.slice(0, at) + other + token.slice(at + 1);
      assert.equal(tokens.read(changed, TARGET.server), null, changed);
      assert.equal(tokens.read(token.slice(0, at), TARGET.server), null, `the first ${at}`);
    }
    for (const wrong of [
      `${token}1`,
      ` ${token}`,
      `${token}\n`,
      token.toUpperCase(),
      '',
      '////',
      '0/0/0.0/',
    ]) {
      assert.equal(tokens.read(wrong, TARGET.server), null, JSON.stringify(wrong));
    }
  });

  it('is the same within a minute, and another one in the next', () => {
    nowMs = 10 * MINUTE_MS;
    const token = tokens.issue(CLIENT, TARGET);
    nowMs += MINUTE_MS - 1;
    assert.equal(tokens.issue(CLIENT, TARGET), token);
    nowMs += 1;
    assert.notEqual(tokens.issue(CLIENT, TARGET), token);
  });

  it('stays right for more clients than are remembered', () => {
    const issued = Array.from({ length: 3000 }, (_, i) => tokens.issue(`10.0.${i >> 8}.${i & 255}`, TARGET));
    assert.equal(new Set(issued).size, 3000);
    assert.ok(issued.every((token) => tokens.read(token, TARGET.server)?.isFresh));
  });
});
