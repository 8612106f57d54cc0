/** Somebody in a network of his own, who sends what he is told to on standard input: a line for each first packet. */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

interface Packet {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  /** His own port. */
  readonly by: number;
}

function send({ from, to, port, by }: Packet): void {
  const socket = connect({ host: to, port, localAddress: from, localPort: by }).on('error', () => {});
  setTimeout(() => socket.destroy(), 1);
}

for await (const line of createInterface({ input: process.stdin })) send(JSON.parse(line) as Packet);
