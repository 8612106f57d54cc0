import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  composeList,
  createList,
  isSignedBy,
  type ListMailFacts,
  MAX_LISTED,
  signatureOf,
} from '../../../host/mail/list-writer.ts';
import type { Mail } from '../../../host/mail/mail.ts';
import { composeMessage } from '../../../host/mail/message.ts';
import { clockAt, FROM } from './support.ts';

const KEY = 'list-secret';
const ONE = { client: '172.27.179.151', firstMs: 1000, lastMs: 61_000, tries: 3 };
const OTHER = { client: '2001:db8:179::150', firstMs: 2000, lastMs: 2000, tries: 1 };
/** Zero on the state's clock. */
const WALL_MS = Date.UTC(2026, 10, 28, 1);
const RIGHT = clockAt(3_700_000, WALL_MS);
const WRONG = clockAt(3_700_000, null);

function list(facts: Partial<ListMailFacts> = {}) {
  return createList({
    mail: 'sav_1@example.jp',
    id: '00112233445566778899aabbccddeeff',
    server: '172.27.178.80',
    serverName: 'www.example.jp',
    fromMs: 0,
    recoveredMs: 3_600_000,
    listed: [ONE, OTHER],
    from: FROM,
    ...facts,
  });
}

function mailOf(clock = RIGHT, facts: Partial<ListMailFacts> = {}): Mail {
  const [part] = list(facts);
  assert.ok(part?.list !== undefined && part.listed !== undefined);
  return composeList(part, part.list, part.listed, { from: FROM, clock, key: KEY });
}

describe('the parts of a list', () => {
  it('are as many as it takes, with everybody in one of them', () => {
    const listed = Array.from({ length: 2 * MAX_LISTED + 1 }, (_, i) => ({
      ...ONE,
      client: `10.0.${i >> 8}.${i & 255}`,
    }));
    const parts = list({ listed });
    assert.deepEqual(
      parts.map((part) => [part.list?.part, part.list?.parts, part.list?.clients]),
      [
        [1, 3, MAX_LISTED],
        [2, 3, MAX_LISTED],
        [3, 3, 1],
      ],
    );
    assert.deepEqual(
      parts.flatMap((part) => part.listed ?? []),
      listed,
    );
    assert.equal(new Set(parts.map(({ messageId }) => messageId)).size, 3);
    assert.equal(list({ listed: listed.slice(0, MAX_LISTED) }).length, 1);
  });

  it('are none when nobody is on it', () => {
    assert.deepEqual(list({ listed: [] }), []);
  });

  it('have Message-IDs of their own for each list and addressee, the same every time', () => {
    const idOf = (facts: Partial<ListMailFacts> = {}) => list(facts)[0]?.messageId;
    assert.match(idOf() ?? '', /^<[\da-f]{32}\.ringback@router\.example>$/);
    assert.equal(idOf(), idOf());
    assert.equal(
      new Set([idOf(), idOf({ id: 'another-list' }), idOf({ mail: 'station@example.jp' })]).size,
      3,
    );
  });
});

describe('a list mail', () => {
  it('says all that its reader acts upon in its text', () => {
    const { text, to, from, subject } = mailOf();
    assert.deepEqual([to, from, subject], ['sav_1@example.jp', FROM, 'Server recovery list']);
    assert.deepEqual(text.split('\n'), [
      'List: 00112233445566778899aabbccddeeff',
      'Part: 1/1',
      'Server: 172.27.178.80',
      'Name: www.example.jp',
      'Away: 3600',
      'Down-Since: 2026-11-28T01:00:00Z',
      'Recovered: 2026-11-28T02:00:00Z',
      'Sent: 2026-11-28T02:01:40Z',
      'Client: 172.27.179.151',
      'Tried: 2026-11-28T01:00:01Z 2026-11-28T01:01:01Z 3',
      'Client: 2001:db8:179::150',
      'Tried: 2026-11-28T01:00:02Z 2026-11-28T01:00:02Z 1',
      '',
    ]);
  });

  it('says nothing of dates where the clock was wrong', () => {
    const { text, date } = mailOf(WRONG);
    assert.equal(date, null);
    assert.deepEqual(text.split('\n').slice(4), [
      'Away: 3600',
      'Client: 172.27.179.151',
      'Client: 2001:db8:179::150',
      '',
    ]);
  });

  it('has no line for a name that there is not', () => {
    assert.doesNotMatch(mailOf(RIGHT, { serverName: null }).text, /Name/);
  });

  it('is not broken by a name that wants to', () => {
    const { text } = mailOf(RIGHT, { serverName: 'www\nClient: 172.27.179.152' });
    assert.match(text, /^Name: www Client: 172\.27\.179\.152$/m);
    assert.equal(text.match(/^Client:/gm)?.length, 2);
  });

  it('carries its headers, and goes out as it is', () => {
    const mail = mailOf();
    assert.equal(mail.headers['Auto-Submitted'], 'auto-generated');
    assert.equal(mail.headers['X-Ringback-Server'], '172.27.178.80');
    const message = composeMessage(mail);
    assert.match(message, /^X-Ringback-Signature: [\da-f]{64}\r$/m);
    assert.match(message, /^Content-Transfer-Encoding: 7bit\r$/m);
  });

  it('is signed over its lines with CRLF', () => {
    const mail = mailOf();
    const expected = createHmac('sha256', KEY).update(mail.text.replaceAll('\n', '\r\n')).digest('hex');
    assert.equal(mail.headers['X-Ringback-Signature'], expected);
  });
});

describe('a signature', () => {
  const text = 'Server: a\nClient: b\n';
  const signature = signatureOf(text, KEY);

  it('outlives what mail servers do to the ends of lines and of the text', () => {
    for (const same of [
      'Server: a\r\nClient: b\r\n',
      'Server: a  \nClient: b\t\n\n\n',
      'Server: a\nClient: b',
      'Server: a\rClient: b\r',
    ]) {
      assert.ok(isSignedBy(KEY, same, signature), JSON.stringify(same));
    }
  });

  it('is good for nothing else', () => {
    for (const other of [
      'Server: a\nClient: c\n',
      'Server: a\n\nClient: b\n',
      ' Server: a\nClient: b\n',
      '',
    ]) {
      assert.ok(!isSignedBy(KEY, other, signature), JSON.stringify(other));
    }
    assert.ok(!isSignedBy('another-secret', text, signature));
    for (const wrong of ['', 'x', signature.slice(2), `${signature}00`, signature.replace(/^../, '00')]) {
      if (wrong !== signature) assert.ok(!isSignedBy(KEY, text, wrong), wrong);
    }
  });
});
