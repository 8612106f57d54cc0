import { describe, it } from 'node:test';
import { mistake } from './refusal.ts';

describe('a mistake in a value', () => {
  it('of a number names the limits', () => {
    const most = /; a whole number from 16 to 16,777,216$/;
    mistake(
      'servers: 1024',
      'servers: 65536',
      '65536, clients',
      'fabric.capacity.servers',
      /^65536 is not a table size; a whole number from 16 to 65,535$/,
    );
    mistake('servers: 1024', 'servers: 15', '15,', 'fabric.capacity.servers', /from 16 to/);
    mistake('clients: 65536', 'clients: 16777217', '16777217', 'fabric.capacity.clients', most);
    mistake('attempts: 65536', 'attempts: 1.5', '1.5', 'fabric.capacity.attempts', most);
    mistake(
      'attempts: 65536',
      'attempts: "64"',
      '"64"',
      'fabric.capacity.attempts',
      /^"64" is not a table size/,
    );
    mistake(
      'attempts: 65536',
      'attempts: .nan',
      '.nan',
      'fabric.capacity.attempts',
      /^NaN is not a table size/,
    );
    mistake(
      'port: 25',
      'port: 0',
      '0, tls',
      'smtp.port',
      /^0 is not a port; a whole number from 1 to 65,535$/,
    );
    mistake('[80, 443]', '[80, 65536]', '65536], mail', 'servers[0].ports[1]', /^65536 is not a port/);
    mistake('ports: [80] ', 'ports: [] ', '[] ', 'page.ports', /^needs an item; a list of ports/);
  });

  it('of how many mails a person gets says what is allowed', () => {
    const of = '{hour: 6, day: 20}';
    const whole = /^0 is not a number of mails; a whole number from 1 to 10,000$/;
    mistake(of, '{hour: 0, day: 20}', '0, day', 'notify.most.hour', whole);
    mistake(of, '{hour: 6, day: 0}', '0} ', 'notify.most.day', whole);
    mistake(of, '{hour: 6, day: 5}', '5} ', 'notify.most.day', /^5 is less than hour; 6 or more$/);
    mistake(of, '{hour: 6, week: 20}', 'week', 'notify.most.week', /^unknown key; /);
    mistake(
      of,
      'none',
      'none   ',
      'notify.most',
      /^is not a mapping of keys to values; allowed here: hour, day$/,
    );
  });

  it('of a duration names the units and the limits', () => {
    mistake(
      '30s ',
      '30 ',
      '30   ',
      'detect.unanswered',
      /^30 has no unit; a number with its unit \(500ms, .*\), 1s to 1h, auto, or false$/,
    );
    mistake('30s ', '999ms ', '999ms', 'detect.unanswered', /^"999ms" is too short; /);
    mistake('30s ', '61m ', '61m', 'detect.unanswered', /^"61m" is too long; /);
    mistake('30s ', 'true ', 'true     ', 'detect.unanswered', /^true is not a duration; /);
    mistake('7d', '1w', '1w', 'notify.sweep', /^"1w" is not a duration; /);
    mistake('settle: 5s', 'settle: 120m', '120m', 'recover.settle', /^"120m" is too long; .* 0s to 1h$/);
    mistake('12h', 'false', 'false                      # who', 'notify.fresh', /^false is not a duration; /);
    mistake('7d', '11h', '11h', 'notify.sweep', /^11h is shorter than fresh; 12h or more/);
  });

  it('of a word names the words', () => {
    const words = /^"ping" is not one of the words known here; connect, none$/;
    mistake('ask: connect', 'ask: ping', 'ping', 'detect.ask', words);
    mistake('[80, 443]', '[80, 443], ask: ping', 'ping', 'servers[0].ask', words);
    mistake(
      'ask: connect',
      'ask: false',
      'false                    # or none',
      'detect.ask',
      /^false is not one of the words/,
    );
  });

  it('of an address, network or place to listen says how to write it', () => {
    mistake(
      '172.27.178.0/24',
      '172.27.178.80/24',
      '172.27.178.80/24',
      'detect.watch[0]',
      /^"172\.27\.178\.80\/24" has bits set behind its length: the network is 172\.27\.178\.0\/24; /,
    );
    mistake('[172.27.178.0/24]', '[]', '[] ', 'detect.watch', /^needs an item; /);
    mistake(
      '172.27.179.151',
      '172.27.179.0/24',
      '172.27.179.0/24',
      'clients[0].address',
      /^"172\.27\.179\.0\/24" is not an address; /,
    );
    mistake('172.27.178.80', 'www.example.org', 'www.example.org', 'servers[0].address', /is not an address/);
    mistake('172.27.179.50', 'fe80::1%lan0', 'fe80::1%lan0', 'recover.traps.relays[0]', /is not an address/);
    for (const wrong of [
      '0.0.0.0',
      'localhost:162',
      '0.0.0.0:0',
      '0.0.0.0:65536',
      '"::1:162"',
      '1.2.3:162',
      '":162"',
    ]) {
      mistake(
        '0.0.0.0:162',
        wrong,
        `${wrong}   `,
        'recover.traps.listen',
        /is not a place to listen; 0\.0\.0\.0:PORT, .*, or false$/,
      );
    }
    mistake(
      '[lan0, wan0]',
      '[lan0, "a b"]',
      '"a b"',
      'fabric.interfaces[1]',
      /^this text is not the name of a network interface/,
    );
    for (const wrong of ['a/b', 'sixteen-letters-', '..', '-x']) {
      mistake(
        '[lan0, wan0]',
        `[${wrong}]`,
        `${wrong}]  `,
        'fabric.interfaces[0]',
        /is not the name of a network interface/,
      );
    }
    const long = `/${'x'.repeat(107)}`;
    mistake(
      '/run/ringback/ringback.sock   ',
      `${long} `,
      long,
      'control',
      /^this text is not the path of a Unix socket; a path of at most 107 bytes$/,
    );
  });

  it('of a word lists the words', () => {
    mistake(
      'via: direct',
      'via: mail',
      'mail     ',
      'notify.via',
      /^"mail" is not one of the words known here; direct, server, station$/,
    );
    mistake('confirm: connect', 'confirm: ping', 'ping', 'recover.confirm', /; connect, none$/);
    mistake('language: ja', 'language: fr', 'fr}', 'clients[0].language', /; en, ja$/);
    mistake('tls: auto', 'tls: maybe', 'maybe', 'smtp.tls', /; auto, starttls, implicit, none$/);
    mistake(
      'sha256',
      'sha3',
      'sha3',
      'recover.traps.users[0].auth.protocol',
      /; md5, sha, sha224, sha256, sha384, sha512$/,
    );
    mistake(
      'protocol: aes',
      'protocol: 3des',
      '3des',
      'recover.traps.users[0].priv.protocol',
      /; aes, aes256, or des/,
    );
    mistake('form: server', 'form: proxy', 'proxy', 'page.form', /; server, router$/);
    mistake('known: show', 'known: hide', 'hide', 'page.known', /; show, pass$/);
    for (const wrong of ['coldstart', '1', '1.3.6.', '3.1.2', '1.3.4294967296', '1.03']) {
      mistake(
        'coldStart',
        `"${wrong}"`,
        `"${wrong}"`,
        'recover.traps.accept[0]',
        /is not a trap; coldStart, warmStart, /,
      );
    }
    mistake('[coldStart, warmStart, linkUp]', '[]', '[]', 'recover.traps.accept', /^needs an item; /);
  });

  it('of a mail address is found before a mail library sees it', () => {
    for (const wrong of [
      'Sato <sato@example.jp>',
      '"sato@example.jp\\r\\nBcc: tanaka@example.jp"',
      'sato',
      '"sato@example.jp,tanaka@example.jp"',
    ]) {
      mistake(
        'sato@example.jp',
        wrong,
        `${wrong}, language`,
        'clients[0].mail',
        /is not a mail address; one plain address/,
      );
    }
    mistake('station@example.jp', '"a@b;c@d"', '"a@b;c@d"', 'station.mail', /is not a mail address/);
    mistake('ringback@router.example', 'Ringback', 'Ringback}', 'smtp.from', /is not a mail address/);
  });

  it('of a secret does not show it', () => {
    for (const [protocol, secret] of [
      ['sha256', 'auth-secret'],
      ['aes', 'priv-secret'],
    ]) {
      mistake(
        `protocol: ${protocol}, key: ${secret}`,
        `protocol: ${secret}, key: ${protocol}-protocol`,
        `${secret}, key`,
        `recover.traps.users[0].${secret?.slice(0, 4)}.protocol`,
        /^this value is not /,
      );
    }
    mistake(
      'auth-secret',
      'priv-se',
      'priv-se}',
      'recover.traps.users[0].auth.key',
      /^this value is too short; 8 to 255 characters/,
    );
    mistake(
      'list-secret',
      '12345678',
      '12345678',
      'list_key',
      /^this value is not a key; .* \(in quotes if it is digits only/,
    );
    mistake('smtp-secret', '[smtp-secret]', '[smtp', 'smtp.password', /^this value is not a password; /);
    mistake(
      '[community-secret]',
      '[{community-secret: 1}]',
      '{community',
      'recover.traps.communities[0]',
      /^this value is not a community; /,
    );
    mistake(
      'host: 172.27.179.25',
      'host: smtp://ringback:smtp-secret@mail.example',
      'smtp://',
      'smtp.host',
      /^this value is not a host; /,
    );
    mistake(
      'http://172.27.179.1',
      'http://ops:smtp-secret@router',
      'http://',
      'page.router_url',
      /^this value carries a user or a password; /,
    );
  });
});
