/** An address with a port. */
import { isVersion4 } from './address.ts';

/** Where to listen: a canonical address (`::` and `0.0.0.0` are all of them) and a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** `ADDRESS:PORT`. */
export function endpointText({ host, port }: Endpoint): string {
  return isVersion4(host) ? `${host}:${port}` : `[${host}]:${port}`;
}
