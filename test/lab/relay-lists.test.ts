import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { address, type Lab } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { DAY_MS } from '../../host/net/duration.ts';
import { noMailHost } from './relay/daemon.ts';
import { listMail, reencoded, undelivered } from './relay/list-mail.ts';
import { MailHost } from './relay/mail-host.ts';
import { noticeIn, startStation, throughOthers, told } from './relay/support.ts';
import { story, turnedAway } from './support.ts';

const SERVER = address('s80');
const [TANAKA, SATO, NAKAMURA] = [address('c150'), address('c151'), address('c152')];

/** The router's own list mail about Sato, taken out of the mailbox before anybody has read it. */
async function listAboutSato(lab: Lab, host: MailHost): Promise<string> {
  const router = await Ringback.start(lab, throughOthers('station', { recover: { confirm: 'none' } }));
  await turnedAway(lab, router, 'c151', 's80');
  await lab.powerOn('s80');
  await lab.trap('s80');
  await router.event({ event: 'list.sent', server: SERVER }, 60_000);
  const [list] = await host.arrived('station', 1);
  await router.stop();
  return undelivered(list?.raw ?? '');
}

describe('a list mail', { concurrency: 4, skip: noMailHost() }, () => {
  story('that comes again makes no second notice', async (lab) => {
    const host = await MailHost.start(lab);
    const list = await listAboutSato(lab, host);
    // A mail server on the way may have made two of it, before and after the first was read.
    await host.send(list, 'station');
    await host.arrived('station', 2);
    const station = await startStation(lab);
    await station.event({ event: 'list.received', server: SERVER, told: 1 });
    await station.event({ event: 'list.refused' });
    await host.arrived('station', 0);
    assert.equal(await station.stop(), 0);

    await host.send(list, 'station');
    const restarted = await startStation(lab);
    await restarted.event({ event: 'list.refused' });
    await host.arrived('station', 0);
    await restarted.stop();
    assert.deepEqual(await told(host), ['sato@example.jp']);
  });

  story('to which somebody has added a client is refused, and stays where it is', async (lab) => {
    const host = await MailHost.start(lab);
    const list = await listAboutSato(lab, host);
    await host.discard('station');
    await host.send(list.replace(/^Client: .*$/m, `$&\r\nClient: ${NAKAMURA}`), 'station');
    const station = await startStation(lab);
    await station.event({ event: 'list.refused' });
    await station.noEventFor({ event: 'notice.queued' }, 1_000);
    // What the router wrote comes after all.
    await host.send(list, 'station');
    await station.event({ event: 'notice.sent', mail: 'sato@example.jp' });
    const [left] = await host.arrived('station', 1);
    assert.ok(left?.text.includes(NAKAMURA), left?.text);
    assert.deepEqual(await told(host), ['sato@example.jp']);
  });

  story('that is forged, has lost its signature, is too old or no list is refused once', async (lab) => {
    const host = await MailHost.start(lab);
    const forged = {
      otherKey: listMail({ server: SERVER, clients: [NAKAMURA], key: 'what somebody else would sign with' }),
      otherSignature: listMail({ server: SERVER, clients: [NAKAMURA] }).replace(
        /^X-Ringback-Signature: .*$/m,
        `X-Ringback-Signature: ${'0'.repeat(64)}`,
      ),
      old: listMail({ server: SERVER, clients: [NAKAMURA], sentMs: Date.now() - 4 * DAY_MS }),
      noServer: listMail({ server: 'nowhere', clients: [NAKAMURA] }),
      noClient: listMail({ server: SERVER, clients: [NAKAMURA, `${SATO}, ${TANAKA}`] }),
      noPart: listMail({ server: SERVER, clients: [NAKAMURA], part: '2/1' }),
    };
    for (const raw of Object.values(forged)) await host.send(raw, 'station');
    const station = await startStation(lab);
    // Good ones come later, each read in a look of its own, and one more after a restart.
    for (const [client, mail] of [
      [SATO, 'sato@example.jp'],
      [TANAKA, 'tanaka@example.jp'],
    ] as const) {
      await host.send(listMail({ server: SERVER, clients: [client] }), 'station');
      await station.event({ event: 'notice.sent', mail });
    }
    const refused = station.matching({ event: 'list.refused' });
    assert.equal(refused.length, Object.keys(forged).length, station.report());
    assert.equal(new Set(refused.map(({ uidl }) => uidl)).size, refused.length);
    assert.ok(
      refused.every(({ reason }) => typeof reason === 'string' && reason !== ''),
      station.report(),
    );
    await host.arrived('station', refused.length);
    assert.equal(await station.stop(), 0);

    const restarted = await startStation(lab);
    await host.send(listMail({ server: SERVER, clients: [SATO] }), 'station');
    await restarted.event({ event: 'notice.sent', mail: 'sato@example.jp' });
    assert.deepEqual(restarted.matching({ event: 'list.refused' }), []);
    await host.arrived('station', refused.length);
    assert.deepEqual(await told(host), ['sato@example.jp', 'sato@example.jp', 'tanaka@example.jp']);
  });

  story('is good whatever mail servers do to its form', async (lab) => {
    const host = await MailHost.start(lab);
    const about = (client: string): string => listMail({ server: SERVER, clients: [client] });
    await host.send(reencoded(about(TANAKA), 'quoted-printable'), 'station');
    await host.send(reencoded(about(SATO), 'base64'), 'station');
    // Blanks and empty lines at the end come and go.
    await host.send(`${about(NAKAMURA).replaceAll(/^Client: .*$/gm, '$&  \t')}\r\n \r\n\r\n`, 'station');
    const station = await startStation(lab);
    for (const client of [TANAKA, SATO, NAKAMURA]) {
      await noticeIn(host, await station.event({ event: 'notice.sent', client }));
    }
    assert.deepEqual(station.matching({ event: 'list.refused' }), []);
    await host.arrived('station', 0);
  });
});
