/** The UDP socket of either half. */
import { createSocket, type Socket } from 'node:dgram';
import { isVersion4 } from '../config/address.ts';
import { at } from '../config/sentences.ts';
import type { Endpoint } from '../config/types.ts';
import { messageOf, RingbackError, systemCodeOf } from '../errors.ts';

/** Heartbeats that come while this program is busy wait here. */
const RECEIVE_BYTES = 1 << 20;

const REASON: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses this port; stop it, or give another takeover.listen',
  EADDRNOTAVAIL: 'no adapter of this machine has this address; give another takeover.listen',
  EACCES: 'ports below 1024 need a privilege; run as root, or give another takeover.listen',
};

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
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => {
      const reason = REASON[systemCodeOf(error) ?? ''] ?? messageOf(error);
      reject(new RingbackError('unavailable', `${at(endpoint)}: ${reason}`, { cause: error }));
    });
    socket.bind({ address: endpoint.host, port: endpoint.port }, resolve);
  });
  // What can't be sent is as good as lost on the way.
  socket.removeAllListeners('error').on('error', () => {});
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
