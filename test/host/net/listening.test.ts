/** What does not let this program listen at a port, in words for people. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { describe, it } from 'node:test';
import { RingbackError } from '../../../host/errors.ts';
import { cannotListen } from '../../../host/net/listening.ts';
import { openSocket } from '../../../host/takeover/protocol/socket.ts';

const PAGE = { what: 'the page', key: 'page.listen', everywhere: 'a port alone' };
const TRAPS = { what: 'SNMP traps', key: 'recover.traps.listen', rival: 'snmptrapd' };

function said(code: string, about: Parameters<typeof cannotListen>[2], host = '172.27.178.1'): string {
  const error = Object.assign(new Error('the words of the system'), { code });
  const problem = cannotListen({ host, port: 162 }, error, about);
  assert.equal(problem.code, 'unavailable');
  assert.equal(problem.cause, error);
  return problem.message;
}

describe('A port that this program may not listen at', () => {
  it('is said with its reason and what to do', () => {
    assert.equal(
      said('EADDRINUSE', PAGE),
      'cannot listen for the page on 172.27.178.1:162: another program uses this port; stop it, or choose another page.listen',
    );
    assert.match(
      said('EADDRINUSE', TRAPS),
      /; stop it \(snmptrapd\?\), or choose another recover\.traps\.listen$/,
    );
    assert.match(
      said('EACCES', PAGE),
      /: no privilege .* 1024; start as root or with CAP_NET_BIND_SERVICE, or/,
    );
    assert.match(said('EADDRNOTAVAIL', PAGE), /; choose one of its own for page\.listen, or a port alone$/);
    assert.match(
      said('EADDRNOTAVAIL', TRAPS, '::1'),
      /on \[::1\]:162: .* of its own for recover\.traps\.listen$/,
    );
    assert.match(said('ENOBUFS', PAGE), /:162: the words of the system; see page\.listen$/);
  });

  it('is said of a takeover, too', async () => {
    const other = createSocket('udp4');
    await new Promise<void>((resolve) => other.bind(0, '127.0.0.1', resolve));
    const endpoint = { host: '127.0.0.1', port: other.address().port };
    await assert.rejects(
      openSocket(endpoint, () => {}),
      (error) => {
        assert.ok(error instanceof RingbackError);
        assert.match(
          error.message,
          /for the takeover on 127\.0\.0\.1:\d+: another program .* takeover\.listen$/,
        );
        return true;
      },
    );
    other.close();
  });
});
