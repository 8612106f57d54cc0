import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { machineChance } from '../../../host/chance.ts';
import { newStopKey, StopLinks } from '../../../host/mail/unsubscribe-links.ts';

const links = new StopLinks('00'.repeat(32));

describe('A link to stop notices', () => {
  it('tells whose it is', () => {
    for (const mail of ['sato@example.jp', "o'tanaka+ring.back@xn--r8jz45g.example"]) {
      assert.equal(links.mailOf(links.tokenFor(mail)), mail);
    }
  });

  it('of an older version goes on, and of this one is good for nobody who is spelt alike', () => {
    const key = Buffer.alloc(32);
    const older = createHmac('sha256', key).update('jdoe@example.jp').digest().subarray(0, 16);
    const tokenOf = (mail: string, proof: string): string =>
      `${Buffer.from(mail).toString('base64url')}.${proof}`;
    assert.equal(
      links.mailOf(tokenOf('J.Doe+x@example.jp', older.toString('base64url'))),
      'J.Doe+x@example.jp',
    );
    const [, proof = ''] = links.tokenFor('jdoe@example.jp').split('.');
    assert.equal(links.mailOf(tokenOf('JDoe@example.jp', proof)), 'JDoe@example.jp');
    assert.equal(links.mailOf(tokenOf('j.doe@example.jp', proof)), null);
  });

  it('is made of what a URL may carry', () => {
    assert.match(links.tokenFor('{~}?&=#%@example.jp'), /^[\w.-]+$/);
  });

  it('is nobody’s when it was changed, cut, or made with another key', () => {
    const token = links.tokenFor('sato@example.jp');
    const other = links.tokenFor('tanaka@example.jp');
    const [sato, proof] = token.split('.');
    const forged = [
      '',
      '.',
      `${sato}.`,
      `.${proof}`,
      `${sato}`,
      `${token}.x`,
      token.slice(0, -4),
      `${sato}.${other.split('.')[1]}`,
      `${other.split('.')[0]}.${proof}`,
      new StopLinks(newStopKey(machineChance)).tokenFor('sato@example.jp'),
    ];
    for (const text of forged) assert.equal(links.mailOf(text), null, text);
  });

  it('proves nothing of what is no mail address, whatever form that takes of another one', () => {
    const [, proof = ''] = links.tokenFor('sato@example.jp').split('.');
    for (const text of ['\0sato@example.jp', '\0s.a.to+x@example.jp', '\0sato+\r\nx@example.jp']) {
      assert.equal(links.mailOf(`${Buffer.from(text).toString('base64url')}.${proof}`), null);
    }
  });

  it('has a new key for each router', () => {
    assert.match(newStopKey(machineChance), /^[\da-f]{64}$/);
    assert.notEqual(newStopKey(machineChance), newStopKey(machineChance));
  });
});
