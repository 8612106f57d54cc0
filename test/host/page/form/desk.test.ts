import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { machineChance } from '../../../../host/chance.ts';
import { AN_HOUR } from '../../../../host/page/form/rate-limits.ts';
import { RegistrationDesk } from '../../../../host/page/form/registration.ts';
import { Tokens } from '../../../../host/page/form/tokens.ts';
import {
  fieldOf,
  get,
  machineOf,
  NOTICE,
  OTHER,
  post,
  ROUTER_URL,
  SATO,
  serve,
  TANAKA,
  TO_OTHER,
  TO_ROUTER,
  WEB,
} from '../served.ts';

const YES = { want: 'yes', mail: 'sato@example.jp' };

describe('An answer that goes to the router’s own address', () => {
  const ROUTER = { form: 'router', routerUrl: ROUTER_URL } as const;

  it('registers for the server that its form names', async (context) => {
    const { ask, role } = await serve(context, ROUTER);
    const page = (await ask(TO_OTHER, get('/'))).body;
    const hidden = { token: fieldOf(page, 'token'), server: fieldOf(page, 'server') };
    const heard = await ask(TO_ROUTER, post(NOTICE, { ...YES, ...hidden }));
    assert.equal(heard.status, 200);
    assert.ok(heard.body.includes('http://172.27.178.81:8080/'), 'the way back');
    assert.deepEqual(role.registered, [
      { target: OTHER, client: SATO, mail: 'sato@example.jp', language: 'en' },
    ]);
    assert.equal((await ask(TO_ROUTER, post(NOTICE, { ...hidden, want: 'no' }))).status, 200);
  });

  it('is refused when the token is not for that server, or came to another client', async (context) => {
    const { ask, role } = await serve(context, ROUTER);
    const token = fieldOf((await ask(TO_OTHER, get('/'))).body, 'token');
    const forms = [
      { ...YES, token, server: '172.27.178.80' },
      { ...YES, token, server: 'www.example.jp' },
      { ...YES, token },
      { ...YES, server: '172.27.178.81' },
    ];
    for (const form of forms) assert.equal((await ask(TO_ROUTER, post(NOTICE, form))).status, 403);
    const stolen = post(NOTICE, { ...YES, token, server: '172.27.178.81' });
    assert.equal((await ask(TO_ROUTER, stolen, { from: TANAKA })).status, 403);
    assert.deepEqual(role.registered, []);
  });

  it('offers the form again where that helps', async (context) => {
    const { ask, role } = await serve(context, ROUTER);
    const page = (await ask(TO_OTHER, get('/'))).body;
    const hidden = { token: fieldOf(page, 'token'), server: fieldOf(page, 'server') };
    const refused = await ask(TO_ROUTER, post(NOTICE, { ...YES, ...hidden, mail: 'sato' }));
    assert.equal(refused.status, 422);
    const again = { token: fieldOf(refused.body, 'token'), server: fieldOf(refused.body, 'server') };
    assert.equal((await ask(TO_ROUTER, post(NOTICE, { ...YES, ...again }))).status, 200);
    role.up.add('172.27.178.81');
    const back = await ask(TO_ROUTER, post(NOTICE, { ...YES, ...again }));
    assert.equal(back.status, 503);
    assert.ok(back.body.includes('http://172.27.178.81:8080/'));
  });
});

describe('The desk where answers are decided', () => {
  const registered: string[] = [];
  const host = {
    targetOf: () => null,
    outageOf: () => ({ name: null, sinceMs: 0 }),
    isNamed: () => true,
    wasTurnedAway: () => true,
    mayTry: () => false,
    onVisit: () => {},
    isKnown: () => false,
    register: ({ client }: { readonly client: string }) => {
      registered.push(client);
    },
    message: () => null,
    stop: () => false,
    allow: () => false,
    isStopped: () => false,
    isUnconfirmed: () => false,
  };

  it('registers who was turned away over one IP version and comes to the router over the other', () => {
    const tokens = new Tokens(() => 0, machineChance);
    const desk = new RegistrationDesk(host, tokens, () => 0);
    const token = tokens.issue('172.27.179.150', WEB);
    const form = new Map(Object.entries({ ...YES, token, server: WEB.server }));
    const client = '2001:db8:179::150';
    const sender = { client, origin: machineOf(client), language: 'en', isNamed: true } as const;
    assert.equal(desk.decide({ ...sender, target: null }, form).page, 'registered');
    assert.deepEqual(registered, ['172.27.179.150']);
    assert.equal(desk.decide({ ...sender, target: WEB }, form).page, 'refused', 'in the server’s place');
  });

  it('takes a token for the one port of a server for which it was issued', () => {
    const tokens = new Tokens(() => 0, machineChance);
    const desk = new RegistrationDesk(host, tokens, () => 0);
    const alternate = { server: WEB.server, port: 8080 };
    const form = new Map(Object.entries({ want: 'no', token: tokens.issue(SATO, alternate) }));
    const pageFor = (target: typeof WEB): string =>
      desk.decide({ client: SATO, origin: machineOf(SATO), target, isNamed: true, language: 'en' }, form)
        .page;
    assert.equal(pageFor(alternate), 'declined');
    assert.equal(pageFor(WEB), 'refused');
  });

  it('takes addresses as phones have them and as people type them', () => {
    const tokens = new Tokens(() => 0, machineChance);
    const desk = new RegistrationDesk(host, tokens, () => 0);
    for (const [typed, meant] of [
      ['ab..c.@docomo.example', 'ab..c.@docomo.example'],
      ['　tanaka＠example.jp. ', 'tanaka@example.jp'],
    ] as const) {
      const token = tokens.issue(SATO, WEB);
      const form = new Map(Object.entries({ want: 'yes', mail: typed, token }));
      const outcome = desk.decide(
        { client: SATO, origin: machineOf(SATO), target: WEB, isNamed: true, language: 'ja' },
        form,
      );
      assert.equal(outcome.page === 'registered' && outcome.mail, meant);
    }
  });

  it('takes no more in an hour than all together may give', () => {
    const tokens = new Tokens(() => 0, machineChance);
    const desk = new RegistrationDesk(host, tokens, () => 0);
    const decide = (i: number): string => {
      const client = `10.1.${i & 7}.${i >> 3}`;
      const fields = { want: 'yes', mail: `sato${i}@example.jp`, token: tokens.issue(client, WEB) };
      const outcome = desk.decide(
        { client, origin: machineOf(client), target: WEB, isNamed: true, language: 'en' },
        new Map(Object.entries(fields)),
      );
      return outcome.page === 'refused' ? outcome.refusal : outcome.page;
    };
    for (let i = 0; i < AN_HOUR.all; i += 1) assert.equal(decide(i), 'registered');
    assert.equal(decide(AN_HOUR.all), 'many');
  });
});
