import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { address } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { Disk } from './disk.ts';
import { noMailHost } from './relay/daemon.ts';
import { listMail } from './relay/list-mail.ts';
import { MailHost } from './relay/mail-host.ts';
import { fetching, noticeIn, startStation, told } from './relay/support.ts';
import { story } from './support.ts';

const SERVER = address('s80');
const [TANAKA, SATO] = [address('c150'), address('c151')];
const about = (client: string): string => listMail({ server: SERVER, clients: [client] });

describe('the mailbox', { concurrency: 4, skip: noMailHost() }, () => {
  story('may be away for a while', async (lab) => {
    const host = await MailHost.start(lab);
    const station = await startStation(lab);
    await host.send(about(TANAKA), 'station');
    await station.event({ event: 'notice.sent', client: TANAKA });
    await host.dovecot.stop();
    const failed = await station.event({ event: 'mailbox.failed' });
    assert.match(JSON.stringify(failed), /172\.27\.179\.25/);
    await host.send(about(SATO), 'station');
    await host.arrived('station', 1);
    await host.dovecot.start();
    await station.event({ event: 'mailbox.back' }, 60_000);
    await noticeIn(host, await station.event({ event: 'notice.sent', client: SATO }));
    assert.equal(station.matching({ event: 'mailbox.failed' }).length, 1, station.report());
  });

  story('keeps a list until its notices are on disk', async (lab) => {
    const host = await MailHost.start(lab);
    const disk = new Disk();
    const station = await startStation(lab, { ...fetching('station'), state: `${disk.path}/state` });
    disk.fill();
    // They are told although nothing can be written down; when that of the second list is sent, the look that found the
    // first is over.
    for (const client of [TANAKA, SATO]) {
      await host.send(about(client), 'station');
      await station.event({ event: 'notice.sent', client }, 60_000);
    }
    assert.equal(station.matching({ event: 'state.failed' }).length, 1, station.report());
    assert.equal((await host.mails('station')).length, 2);
    await station.stop('SIGKILL');

    disk.empty();
    const restarted = await startStation(lab, { ...fetching('station'), state: `${disk.path}/state` });
    for (const client of [TANAKA, SATO]) await restarted.event({ event: 'notice.sent', client }, 60_000);
    await host.arrived('station', 0);
    await restarted.stop();
    // Said again, and the same notice.
    const messageIds = (await host.toPeople()).map(({ headers }) => headers.get('message-id'));
    assert.equal(new Set(messageIds).size, 2);
    disk.remove();
  });

  story('needs the list no more when its notices are on disk', async (lab) => {
    const host = await MailHost.start(lab);
    // Nobody takes its mail.
    const elsewhere = { smtp: { host: address('mail'), port: 2525, from: 'ringback@station.example.jp' } };
    await host.send(about(SATO), 'station');
    await host.arrived('station', 1);
    const station = await startStation(lab, { ...fetching('station'), ...elsewhere });
    await station.event({ event: 'notice.queued', client: SATO });
    await host.arrived('station', 0);
    await station.stop('SIGKILL');
    const restarted = await startStation(lab);
    await noticeIn(host, await restarted.event({ event: 'notice.sent', client: SATO }, 60_000));
    assert.deepEqual(await told(host), ['sato@example.jp']);
  });

  story('may insist on TLS', async (lab) => {
    const host = await MailHost.start(lab, 'required');
    await host.send(about(TANAKA), 'station');
    const careless = await startStation(lab, fetching('station', { pop: { tls: 'none' } }));
    const failed = await careless.event({ event: 'mailbox.failed' });
    assert.match(JSON.stringify(failed), /TLS|SSL|[Pp]laintext/, JSON.stringify(failed));
    await careless.stop();
    // Where TLS is offered it is taken.
    const station = await startStation(lab);
    await station.event({ event: 'notice.sent', client: TANAKA });
    await station.stop();

    for (const [client, tls] of [
      [SATO, 'starttls'],
      [address('c152'), 'implicit'],
    ] as const) {
      await host.send(about(client), 'station');
      const sections = fetching('station', { pop: { tls } });
      // Nobody has vouched for its certificate.
      const wary = await startStation(lab, sections);
      assert.match(JSON.stringify(await wary.event({ event: 'mailbox.failed' })), /certificate/);
      await wary.stop();
      const trusting = await Ringback.startRelay(lab, 'station', sections, host.certificate);
      await trusting.event({ event: 'notice.sent', client });
      await trusting.stop();
    }
    await host.arrived('station', 0);
  });

  story('gets no password when TLS is wanted and not to be had', async (lab) => {
    const host = await MailHost.start(lab, 'none');
    await host.send(about(TANAKA), 'station');
    const station = await startStation(lab, fetching('station', { pop: { tls: 'starttls' } }));
    assert.match(JSON.stringify(await station.event({ event: 'mailbox.failed' })), /does not offer STLS/);
    await station.stop();
    assert.equal((await host.mails('station')).length, 1);
    assert.doesNotMatch(host.dovecot.log, /Login: user=/);
  });

  story('has offered TLS once, and gets no password without it any more', async (lab) => {
    const host = await MailHost.start(lab);
    await host.send(about(TANAKA), 'station');
    const station = await startStation(lab);
    await station.event({ event: 'notice.sent', client: TANAKA });
    assert.match(host.dovecot.log, /Login: user=<station>.*TLS/);
    // As if somebody in between had struck STLS from what the server can do (RFC 7435 section 3 has nothing better).
    await host.changeTls('none');
    await host.send(about(SATO), 'station');
    assert.match(JSON.stringify(await station.event({ event: 'mailbox.failed' })), /STLS/);
    await station.stop();
    // It is remembered.
    const restarted = await startStation(lab);
    await restarted.event({ event: 'mailbox.failed' });
    const logins = host.dovecot.log.match(/Login: user=.*$/gm) ?? [];
    assert.deepEqual(
      logins.filter((line) => !line.includes('TLS')),
      [],
    );
    await host.changeTls('offered');
    // What somebody has to mend is seldom tried again, unless he says that he has.
    restarted.signal('SIGHUP');
    await restarted.event({ event: 'notice.sent', client: SATO }, 60_000);
    await host.arrived('station', 0);
  });
});
