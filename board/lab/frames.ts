/** Frames that no machine of the lab would send by itself. */
import { Frames } from '../../host/emulator/wire/frames.ts';
import { addressBytes } from '../../host/net/address.ts';
import { macBytes } from '../../host/net/mac-address.ts';

/** What a connection request claims; addresses as text, MAC addresses as `52:54:00:12:34:56`. */
interface Request {
  readonly fromCard: string;
  readonly toCard: string;
  readonly client: string;
  readonly clientPort: number;
  readonly server: string;
  readonly port: number;
  readonly sequence: number;
}

const frames = new Frames();

/** An Ethernet frame with a TCP SYN, as Linux sends it. */
export function connectionRequest({
  fromCard,
  toCard,
  client,
  clientPort,
  server,
  port,
  sequence,
}: Request): Uint8Array {
  frames.isIp6 = client.includes(':');
  frames.fromMac.set(macBytes(fromCard));
  frames.toMac.set(macBytes(toCard));
  frames.from.set(addressBytes(client));
  frames.to.set(addressBytes(server));
  frames.fromPort = clientPort;
  frames.toPort = port;
  frames.sequence = sequence;
  return frames.syn().slice();
}
