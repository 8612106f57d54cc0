/** The UDP socket of either node. */
import { createSocket, type Socket } from 'node:dgram';
import { isVersion4 } from '../../net/address.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import { cannotListen, opened } from '../../net/listening.ts';

/** Heartbeats that come while this program is busy wait here. */
const RECEIVE_BYTES = 1 << 20;

export interface PeerSocket {
  send(bytes: Uint8Array, to: Endpoint): void;
  close(): void;
}

/** Throws RingbackError('unavailable') when it can't listen there. */
export async function openSocket(
  endpoint: Endpoint,
  onDatagram: (bytes: Uint8Array, from: Endpoint) => void,
): Promise<PeerSocket> {
  const socket: Socket = createSocket({
    type: isVersion4(endpoint.host) ? 'udp4' : 'udp6',
    reuseAddr: false,
  });
  await opened(socket, (done) => socket.bind({ address: endpoint.host, port: endpoint.port }, done)).catch(
    (error) => {
      throw cannotListen(endpoint, error, { what: 'the takeover', key: 'takeover.listen' });
    },
  );
  // What can't be sent is as good as lost on the way.
  socket.on('error', () => {});
  try {
    socket.setRecvBufferSize(RECEIVE_BYTES);
  } catch {
    // The kernel's own size does as well, but for long pauses.
  }
  socket.on('message', (bytes, { address, port }) => {
    onDatagram(bytes, { host: address.replace(/%.*$/, ''), port });
  });
  let closed = false;
  return {
    send(bytes, { host, port }) {
      if (!closed) socket.send(bytes, port, host, () => {});
    },
    close() {
      closed = true;
      socket.close();
    },
  };
}
