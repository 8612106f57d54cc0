import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse, stringify } from 'yaml';
import { explainRelay, relayWarnings } from '../../../../host/config/relay/explain.ts';
import { parseRelayConfiguration } from '../../../../host/config/relay/file.ts';
import { RingbackError } from '../../../../host/errors.ts';
import { refusal } from '../refusal.ts';
import { EXAMPLE, MINIMAL, SECRETS } from './example.ts';

const accepted = (text: string) => parseRelayConfiguration(text, 'r.yaml');
/** A text with one part replaced. */
const changed = (part: string | RegExp, other: string, text = EXAMPLE): string => {
  const result = text.replace(part, other);
  assert.notEqual(result, text, `nothing to replace: ${part}`);
  return result;
};
const only = (text: string): string => {
  const lines = refusal(() => accepted(text));
  assert.equal(lines.length, 1, lines.join('\n'));
  return lines[0] ?? '';
};

describe('a file of ringback relay', () => {
  it('gives every key of the example', () => {
    assert.deepEqual(accepted(EXAMPLE), {
      state: '/var/lib/ringback-relay',
      relay: {
        pop: {
          host: '172.27.179.25',
          port: 110,
          tls: 'auto',
          user: 'sav_1',
          password: 'pop-secret',
          everyMs: 60_000,
        },
        traps: {
          listen: { host: '0.0.0.0', port: 162 },
          communities: ['community-secret'],
          users: [],
          relays: [],
          accept: ['coldStart', 'warmStart', 'linkUp'],
        },
        announce: {
          to: ['172.27.178.1', '172.27.179.50'],
          port: 162,
          community: 'announce-secret',
          user: null,
          servers: [],
        },
        resolve: true,
        resolver: [{ host: '127.0.0.1', port: 53 }],
        oldestMs: 259_200_000,
      },
      notify: { giveUpMs: 259_200_000, most: { hour: 6, day: 20 }, language: 'en' },
      smtp: {
        host: '172.27.179.25',
        port: 25,
        tls: 'auto',
        user: 'relay',
        password: 'smtp-secret',
        from: 'ringback@www.example.jp',
      },
      clients: [{ address: '172.27.179.151', mail: 'sato@example.jp', language: 'ja' }],
      listKey: 'list-secret',
      control: '/var/run/ringback-relay.sock',
      log: { format: 'auto', level: 'info' },
    });
  });

  it('has the defaults of the example, hears no traps, and asks the system’s resolvers', () => {
    const { relay, notify, state, control, clients } = accepted(MINIMAL);
    const example = accepted(EXAMPLE);
    assert.deepEqual([state, control, notify, clients], [example.state, example.control, example.notify, []]);
    assert.deepEqual(
      { ...relay, pop: { ...relay.pop, host: '172.27.179.25' } },
      { ...example.relay, traps: null, announce: null, resolver: null },
    );
  });

  it('says that its server is back in one form, or by what the key signs', () => {
    const announcing = (more: string): string =>
      changed('relay: {', `relay: {announce: {to: [router.example]${more}}, `, MINIMAL);
    assert.equal(accepted(announcing('')).relay.announce?.community, null);
    assert.match(
      only(announcing(', community: a, user: {name: ops}')),
      /relay\.announce\.user: stands beside community/,
    );
    assert.match(
      only(announcing(', user: {name: ops, priv: {protocol: aes, key: priv-secret}}')),
      /relay\.announce\.user\.auth: is missing; priv needs auth/,
    );
  });

  it('has the port of POP3 over TLS where that is spoken from the first byte', () => {
    const portOf = (more: string) =>
      accepted(changed('user: sav_1', `${more}, user: sav_1`, MINIMAL)).relay.pop.port;
    assert.deepEqual(
      [portOf('tls: implicit'), portOf('tls: starttls'), portOf('tls: implicit, port: 1995')],
      [995, 110, 1995],
    );
  });

  it('takes DNS servers with and without a port', () => {
    const of = (list: string) => accepted(changed('[127.0.0.1:53]', list)).relay.resolver;
    assert.deepEqual(of('[172.27.179.25, "2001:db8:179::25", "[2001:db8:179::25]:5353"]'), [
      { host: '172.27.179.25', port: 53 },
      { host: '2001:db8:179::25', port: 53 },
      { host: '2001:db8:179::25', port: 5353 },
    ]);
    for (const wrong of ['[53]', '[ns.example.jp]', '["53"]', '[]', '[127.0.0.1:99999]']) {
      assert.match(only(changed('[127.0.0.1:53]', wrong)), /relay\.resolver/);
    }
  });

  it('is refused where something is missing, wrong, or belongs to another command', () => {
    for (const [text, message] of [
      [changed(/pop:.*\n/, '# none\n'), /relay\.pop: is missing/],
      [changed('list_key: list-secret\n', ''), /list_key: is missing; 8 to 255 characters/],
      [changed('list-secret', 'short'), /list_key: this value is too short/],
      [changed(/^smtp:.*\n/m, ''), /smtp: is missing/],
      [changed('password: pop-secret, ', ''), /relay\.pop\.password: is missing/],
      [changed('tls: auto, user: sav_1', 'tls: stls, user: sav_1'), /relay\.pop\.tls: "stls" is not one of/],
      [changed('oldest: 3d', 'oldest: 3'), /relay\.oldest: 3 has no unit/],
      [changed('oldest', 'olddest'), /relay\.olddest: unknown key; did you mean "oldest"\?/],
      [changed('resolve: true ', 'resolve: false '), /relay\.resolver: stands beside resolve: false/],
      [changed('[community-secret]', '[]'), /relay\.traps\.communities: and users are both empty/],
      [changed('user: relay, ', ''), /smtp\.user: is missing/],
      [`${EXAMPLE}recover: {}\n`, /recover: belongs to "ringback run".*relay\.traps/],
      [`${EXAMPLE}takeover: {}\n`, /takeover: belongs to "ringback takeover"/],
      [
        changed('clients:\n', 'clients:\n  - {address: 172.27.179.151, mail: a@b}\n'),
        /is in the list already/,
      ],
    ] as const) {
      assert.match(only(text), message);
    }
    assert.match(only(''), /is empty; give at least relay\.pop/);
  });

  it('names no secret in any message, whatever is wrong', () => {
    const wrong = ['', null, 7, [], {}, 'a b', true];
    const walk = (holder: unknown, visit: (holder: Record<string, unknown>, key: string) => void): void => {
      if (typeof holder !== 'object' || holder === null) return;
      for (const key of Object.keys(holder)) {
        visit(holder as Record<string, unknown>, key);
        walk((holder as Record<string, unknown>)[key], visit);
      }
    };
    const tree: unknown = parse(EXAMPLE);
    walk(tree, (holder, key) => {
      const right = holder[key];
      for (const value of wrong) {
        holder[key] = value;
        try {
          accepted(stringify(tree));
        } catch (error) {
          assert.ok(error instanceof RingbackError, String(error));
          for (const secret of SECRETS) assert.ok(!error.message.includes(secret), error.message);
        }
        holder[key] = right;
      }
    });
  });
});

describe('the explanation of a relay', () => {
  const example = accepted(EXAMPLE);

  it('says what the example does', () => {
    assert.deepEqual(explainRelay(example), [
      'Looks for list mails in a mailbox at 172.27.179.25:110, TLS where it is offered, and then always, when it starts and every 1m. After its start, a trap, or the return of its network or of the mail server it looks every few seconds at first, then ever more seldom, and once a minute at the least, until a list has come or an hour is over.',
      'It looks at once when it hears an SNMP trap coldStart, warmStart, or linkUp at 0.0.0.0:162 (1 community, 0 v3 users).',
      'When it starts, and when its network returns, it says so to 172.27.178.1 and 172.27.179.50 (UDP port 162) by an SNMPv2c trap coldStart: whoever hears that begins a check.',
      'A list mail is taken if it is signed with list_key, was sent no more than 3d ago, and comes for the first time; whatever else is in the mailbox stays there.',
      'Each client on the list with a known mail address (1 configured) gets one mail. Mails are in English where the client has no language of its own.',
      'A person gets 6 mails an hour and 20 a day at most; what is more is collected into one mail.',
      'Servers are called by the name that the DNS servers 127.0.0.1:53 have for their address, else by the one in the list mail, else by their address.',
      "A mail that can't be delivered is dropped after 3d.",
      'Mail goes out by 172.27.179.25:25, only with STARTTLS, with a login, from ringback@www.example.jp.',
      '"ringback status" asks at /var/run/ringback-relay.sock.',
    ]);
  });

  it('follows the configuration', () => {
    const says = (text: string, sentence: RegExp) =>
      assert.ok(
        explainRelay(accepted(text)).some((line) => sentence.test(line)),
        `${sentence}`,
      );
    says(MINIMAL, /^No trap is listened for/);
    says(MINIMAL, /name that the system's DNS servers have/);
    says(changed('sav_1,', 'sav_1, tls: implicit,', MINIMAL), /jp:995, TLS from the first byte, when/);
    says(changed('sav_1,', 'sav_1, tls: starttls,', MINIMAL), /only with STLS/);
    says(changed('secret}}', 'secret}, resolve: false}', MINIMAL), /by the name that the list mail has/);
  });

  it('warns of what is probably not meant', () => {
    assert.deepEqual(relayWarnings(example), []);
    for (const [text, warning] of [
      [MINIMAL, /^clients is empty/],
      [changed('state: /var/lib/ringback-relay', 'state: false'), /^state is false/],
      [changed('tls: auto, user: sav_1', 'tls: none, user: sav_1'), /^relay\.pop\.tls is none/],
      [changed('tls: auto, user: relay', 'tls: none, user: relay'), /^smtp\.tls is none/],
    ] as const) {
      const found = relayWarnings(accepted(text));
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0] ?? '', warning);
    }
  });

  it('names no secret and nobody who is told', () => {
    const said = [...explainRelay(example), ...relayWarnings(example)].join('\n');
    for (const hidden of [...SECRETS, 'sato@example.jp']) assert.ok(!said.includes(hidden), hidden);
  });
});
