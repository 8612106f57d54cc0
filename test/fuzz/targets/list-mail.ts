/** Messages out of a mailbox: each is somebody's, refused, or a list that can be carried out. */
import assert from 'node:assert/strict';
import { type Reading, readListMail } from '../../../host/mail/list-reader.ts';
import { MAX_LISTED, signatureOf } from '../../../host/mail/list-writer.ts';
import { canonicalAddress } from '../../../host/net/address.ts';
import { KEY, listMessages } from '../../host/relay/relayed.ts';
import type { Target } from '../target.ts';

function checked(reading: Reading): string {
  if (reading.kind !== 'list') return reading.kind === 'refused' ? reading.reason : reading.kind;
  const { list } = reading;
  assert.ok(list.clients.length <= MAX_LISTED);
  assert.ok(list.part >= 1 && list.part <= list.parts, `part ${list.part} of ${list.parts}`);
  assert.equal(canonicalAddress(list.server), list.server);
  for (const { address, tries, first, last } of list.clients) {
    assert.equal(canonicalAddress(address), address);
    assert.ok(Number.isSafeInteger(tries) && tries >= 0, `tries ${tries}`);
    for (const date of [first, last]) assert.ok(date === null || !Number.isNaN(date.getTime()), 'a date');
  }
  for (const date of [list.recovered, list.sent])
    assert.ok(date === null || !Number.isNaN(date.getTime()), 'a date');
  return `list of ${list.clients.length}`;
}

export function open(): Target {
  const [message = ''] = listMessages();
  const plain = message.slice(message.indexOf('\r\n\r\n') + 4);
  const base64 = message.replace('7bit', 'base64').replace(plain, Buffer.from(plain).toString('base64'));
  return {
    seeds: [message, base64, message.replace('7bit', 'quoted-printable')].map((text) =>
      Buffer.from(text, 'latin1'),
    ),
    words: [
      '\r\n',
      '\r\n\r\n',
      'Client: ',
      'List: ',
      'Part: 2/3',
      'Server: ',
      'Sent: ',
      'Content-Type: multipart/mixed; boundary=x\r\n',
      '--x\r\n',
      'Content-Transfer-Encoding: base64\r\n',
      '=?utf-8?B?',
      '::1',
      '999999999999999',
      'X-Ringback-Signature: ',
    ],
    async play(input) {
      const asItIs = checked(await readListMail(input, KEY));
      // Whatever its text says, signed by a router.
      const text = input
        .toString('latin1')
        .split('\r\n\r\n')
        .slice(1)
        .join('\r\n\r\n')
        .replaceAll(/[^\t\r\n -~]/g, '?');
      const signed = `X-Ringback-Signature: ${signatureOf(text, KEY)}\r\n\r\n${text}`;
      return `${asItIs}; signed: ${checked(await readListMail(Buffer.from(signed, 'latin1'), KEY))}`;
    },
  };
}
