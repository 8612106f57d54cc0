/** Somebody in a network of his own, who sends what he is told to on standard input: a line for each first packet. */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

interface Packet {
  readonly protocol: 'tcp' | 'udp';
  readonly from: string;
  readonly to: string;
  readonly port: number;
  /** His own port. */
  readonly by: number;
}

function send({ protocol, from, to, port, by }: Packet): void {
  if (protocol === 'tcp') {
    const socket = connect({ host: to, port, localAddress: from, localPort: by }).on('error', () => {});
    setTimeout(() => socket.destroy(), 1);
    return;
  }
  const socket = createSocket(to.includes(':') ? 'udp6' : 'udp4');
  socket.bind(by, from, () => socket.send('?', port, to, () => socket.close()));
}

for await (const line of createInterface({ input: process.stdin })) send(JSON.parse(line) as Packet);
