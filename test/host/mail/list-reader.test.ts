/** What is believed of a message that comes out of a mailbox. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ListMail, parseList, type Reading, readListMail } from '../../../host/mail/list-reader.ts';
import { MAX_LISTED, signatureOf } from '../../../host/mail/list-writer.ts';
import { KEY, listMessages, SATO, SERVER, STRANGER, TANAKA } from '../relay/relayed.ts';

const [MESSAGE = ''] = listMessages();
const TEXT = MESSAGE.slice(MESSAGE.indexOf('\r\n\r\n') + 4);

const read = (message: string): Promise<Reading> => readListMail(Buffer.from(message, 'latin1'), KEY);

async function listIn(message: string): Promise<ListMail> {
  const reading = await read(message);
  assert.equal(reading.kind, 'list', JSON.stringify(reading));
  return (reading as Extract<Reading, { kind: 'list' }>).list;
}

async function refused(message: string): Promise<string> {
  const reading = await read(message);
  assert.equal(reading.kind, 'refused', JSON.stringify(reading));
  return (reading as Extract<Reading, { kind: 'refused' }>).reason;
}

/** A message with this text, signed. */
function signed(text: string, headers = ''): string {
  return `Subject: x\r\nX-Ringback-Signature: ${signatureOf(text, KEY)}\r\n${headers}\r\n${text}`;
}

/** The same message with its text in another encoding, as mail servers on the way may do. */
function encoded(encoding: string, text: string): string {
  return MESSAGE.replace('7bit', encoding).replace(TEXT, () => text);
}

describe('a list mail', () => {
  it('is read as it was written', async () => {
    const list = await listIn(MESSAGE);
    assert.deepEqual(
      [list.server, list.name, list.part, list.parts, list.awaySeconds],
      [SERVER, 'www.example.jp', 1, 1, 3600],
    );
    assert.deepEqual(
      list.clients.map(({ address, tries }) => [address, tries]),
      [
        [SATO, 3],
        [TANAKA, 3],
        [STRANGER, 3],
      ],
    );
    const [client] = list.clients;
    assert.equal((client?.last?.getTime() ?? 0) - (client?.first?.getTime() ?? 0), 900_000);
    assert.ok((list.sent?.getTime() ?? 0) >= (list.recovered?.getTime() ?? 0));
  });

  it('is the same in every encoding', async () => {
    const expected = await listIn(MESSAGE);
    const printable = TEXT.replaceAll('=', '=3D').replaceAll('Client', 'Cli=\r\nent').replaceAll(':', '=3A');
    const base64 = Buffer.from(TEXT).toString('base64').replace(/.{76}/g, '$&\r\n');
    const wrapped = encoded('7bit', `${TEXT.replaceAll('\r\n', '  \r\n')}\r\n\r\n`);
    const headed = `Received: from mail.example.jp\r\n\tby mx.example.jp\r\n${MESSAGE}`;
    const folded = MESSAGE.replace('Signature: ', 'Signature:\r\n  ');
    for (const message of [
      encoded('quoted-printable', printable),
      encoded('base64', base64),
      wrapped,
      headed,
      folded,
      MESSAGE.replace('X-Ringback-Signature', 'x-ringback-signature'),
    ]) {
      assert.deepEqual(await listIn(message), expected);
    }
  });

  it('is the same whatever its lines end with', async () => {
    const expected = await listIn(MESSAGE);
    const start = MESSAGE.length - TEXT.length;
    const [header, text] = [MESSAGE.slice(0, start), MESSAGE.slice(start)];
    const bare = (one: string): string => one.replaceAll('\r\n', '\n');
    let odd = false;
    const mixed = MESSAGE.replaceAll('\r\n', (end) => {
      odd = !odd;
      return odd ? end : '\n';
    });
    const folded = bare(MESSAGE).replace('Signature: ', 'Signature:\n  ');
    for (const message of [
      bare(MESSAGE),
      mixed,
      folded,
      header + bare(text),
      bare(header) + text,
      `${header.slice(0, -2)}\n${text}`,
      `${header.slice(0, -4)}\n\r\n${text}`,
    ]) {
      assert.deepEqual(await listIn(message), expected, JSON.stringify(message.slice(0, 400)));
    }
  });

  it('may have a name in any script', async () => {
    const [message = ''] = listMessages({ facts: { serverName: '受付サーバ' } });
    assert.equal((await listIn(message)).name, '受付サーバ');
  });

  it('is refused when one sign of its text is another', async () => {
    const start = MESSAGE.length - TEXT.length;
    for (let at = start; at < MESSAGE.length - 2; at += 3) {
      const sign = MESSAGE[at] ?? '';
      if (sign === '\r' || sign === '\n') continue;
      await refused(`${MESSAGE.slice(0, at)}${sign === 'x' ? 'y' : 'x'}${MESSAGE.slice(at + 1)}`);
    }
  });

  it('is refused when it is cut short or something is put before or behind it', async () => {
    for (let length = MESSAGE.length - TEXT.length; length < MESSAGE.length - 3; length += 7) {
      await refused(MESSAGE.slice(0, length));
    }
    await refused(`${MESSAGE}Client: 172.27.179.152\r\n`);
    await refused(encoded('7bit', `Client: 172.27.179.152\r\n${TEXT}`));
  });

  it('is refused with several signatures, or one that is none', async () => {
    assert.match(await refused(`X-Ringback-Signature: 00\r\n${MESSAGE}`), /several/);
    for (const none of ['', '00', 'x'.repeat(64), 'Ａ'.repeat(64)]) {
      assert.match(await refused(MESSAGE.replace(/(Signature: ).*/, `$1${none}`)), /signature/);
    }
  });

  it('is refused when there is no text in it that could be signed', async () => {
    const html = signed('<p>Server: a</p>\r\n', 'Content-Type: text/html\r\n');
    await refused(html);
    await refused(signed('', ''));
    const boundary = 'Content-Type: multipart/mixed; boundary=b\r\n';
    const attached = '--b\r\nContent-Disposition: attachment\r\nContent-Type: text/plain\r\n\r\n';
    await refused(signed(`${attached}${TEXT}--b--\r\n`, boundary));
  });

  it('is a stranger without a signature in its header', async () => {
    for (const message of [
      '',
      '\r\n',
      'Subject: x\r\n\r\ntext\r\n',
      `Subject: x\r\n\r\nX-Ringback-Signature: ${'0'.repeat(64)}\r\n`,
      `Subject: X-Ringback-Signature: ${'0'.repeat(64)}\r\n\r\n${TEXT}`,
      MESSAGE.replace('X-Ringback-Signature', 'X-Ringback-Signature-2'),
    ]) {
      assert.deepEqual(await read(message), { kind: 'stranger' }, message.slice(0, 80));
    }
  });

  it('is refused unread when it is made to keep the reader busy', async () => {
    const flowed = signed('a \r\n'.repeat(200_000), 'Content-Type: text/plain; format=flowed\r\n');
    assert.match(await refused(flowed), /more than 5000 lines/);
    const parts = signed('--b\r\n\r\na\r\n'.repeat(50_000), 'Content-Type: multipart/mixed; boundary=b\r\n');
    assert.match(await refused(parts), /more than 5000 lines/);
  });

  it('is refused in time, whatever long lines it has', { timeout: 60_000 }, async () => {
    for (const sign of [
      ' ',
      '\t',
      ' \t',
      '\r',
      ' \r',
      '>',
      '> ',
      '=',
      '=20',
      '.',
      ':',
      '<',
      '<a ',
      '&',
      '\0',
    ]) {
      const line = sign.repeat((1 << 20) / sign.length);
      for (const headers of [
        '',
        'Content-Type: text/plain; format=flowed\r\n',
        'Content-Type: text/html\r\n',
        'Content-Transfer-Encoding: quoted-printable\r\n',
        'Content-Transfer-Encoding: base64\r\n',
      ]) {
        await refused(`X-Ringback-Signature: ${'0'.repeat(64)}\r\n${headers}\r\n${line}x\r\n`);
      }
    }
  });

  it('has room for all that one can hold, whatever it is encoded in', async () => {
    const clients = Array.from(
      { length: MAX_LISTED },
      (_, i) => `2001:db8:178:1111:2222:3333:4444:${(i + 4096).toString(16)}`,
    );
    const [full = ''] = listMessages({ clients });
    const [header = '', text = ''] = full.split(/(?<=\r\n\r\n)/);
    const base64 = Buffer.from(text).toString('base64').replace(/.{60}/g, '$&\r\n');
    const lines = text.replace(/.{70}/g, '$&=\r\n');
    for (const message of [
      full,
      header.replace('7bit', 'base64') + base64,
      header.replace('7bit', 'quoted-printable') + lines,
    ]) {
      assert.equal((await listIn(message)).clients.length, MAX_LISTED);
    }
  });

  it('survives whatever is in it', async () => {
    const nested = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n'.repeat(50);
    await refused(signed('x', nested));
    const header = `${'X: y\r\n'.repeat(20_000)}`;
    assert.ok((await read(header + MESSAGE)).kind === 'stranger', 'beyond the header that is looked at');
    const binary = Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * 7919) & 255));
    for (let at = 0; at < binary.length; at += 100) {
      await readListMail(
        Buffer.concat([Buffer.from(MESSAGE.slice(0, -TEXT.length)), binary.subarray(at)]),
        KEY,
      );
    }
  });
});

describe('the text of a list', () => {
  const HEAD = 'List: 0011223344\nPart: 2/3\nServer: 172.27.178.80\n';
  const whole = `${HEAD}Client: 172.27.179.151\n`;

  it('needs no more than which list it is, the server and a client', () => {
    assert.deepEqual(parseList(whole), {
      id: '0011223344',
      part: 2,
      parts: 3,
      server: '172.27.178.80',
      name: null,
      places: [],
      awaySeconds: 0,
      recovered: null,
      sent: null,
      clients: [{ address: '172.27.179.151', first: null, last: null, tries: 1 }],
    });
  });

  it('may have lines that only a newer router knows', () => {
    assert.deepEqual(parseList(`${whole}Reason: power cut\n`), parseList(whole));
  });

  it('has addresses in one spelling', () => {
    const list = parseList(`${HEAD}Client: 2001:DB8:179:0::151\nClient: ::ffff:172.27.179.151\n`);
    assert.ok(typeof list !== 'string');
    assert.deepEqual(
      list.clients.map(({ address }) => address),
      ['2001:db8:179::151', '172.27.179.151'],
    );
  });

  it('is refused with a reason when anything in it is wrong', () => {
    const many = 'Client: 172.27.179.151\n'.repeat(MAX_LISTED + 1);
    for (const [text, reason] of [
      ['', /List/],
      [HEAD, /no clients/],
      [HEAD + many, /more than 1000/],
      [whole.replace('List: 0011223344\n', ''), /line List/],
      [whole.replace('0011223344', '00 11'), /line List/],
      [whole.replace('Part: 2/3\n', ''), /line Part/],
      [whole.replace('2/3', '4/3'), /line Part/],
      [whole.replace('2/3', '0/3'), /line Part/],
      [whole.replace('Server: 172.27.178.80\n', ''), /line Server/],
      [whole.replace('172.27.178.80', 'www.example.jp'), /line Server/],
      [whole.replace('172.27.179.151', '172.27.179.151, 172.27.179.152'), /without an address/],
      [`${whole}Server: 172.27.178.81\n`, /several lines Server/],
      [`${whole}Sent: yesterday\n`, /date/],
      [`${whole}Recovered: 2026-02-31T25:00:00Z\n`, /date/],
      [`${whole}Away: -5\n`, /Away/],
      [`${whole}Tried: 2026-11-28T01:00:01Z\n`, /Tried/],
      [`${whole}Tried: 2026-11-28T01:00:01Z 2026-11-28T01:00:01Z 0\n`, /Tried/],
      [`${HEAD}Tried: 2026-11-28T01:00:01Z 2026-11-28T01:00:01Z 1\n`, /Tried/],
      [`${whole}and so on\n`, /no line of a list/],
    ] as const) {
      const list = parseList(text);
      assert.ok(typeof list === 'string', text);
      assert.match(list, reason, text.slice(0, 100));
    }
  });
});
