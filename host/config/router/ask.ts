/** Which servers the router itself may connect to before it believes that they are down. */
import type { Ask, FabricConfiguration, RouterConfiguration, ServerConfiguration } from '../types.ts';

/** `server` is its entry; without one there is only the rule for all. */
export function askOf(
  { detect }: Pick<RouterConfiguration, 'detect'>,
  server: ServerConfiguration | undefined,
): Ask {
  return server?.ask ?? detect.ask;
}

/** Whether every interface sees everything: each is a mirror port. */
export function seesOnlyCopies({
  interfaces,
  seesEverything,
}: Pick<FabricConfiguration, 'interfaces' | 'seesEverything'>): boolean {
  return interfaces.length > 0 && seesEverything.length === interfaces.length;
}
