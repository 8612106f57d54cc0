/** The page in a dead server's place on a real machine: nftables and HTTP. */
import { Neighbours } from '../page/http/neighbours.ts';
import { Origins } from '../page/http/origins.ts';
import { PageServer } from '../page/server.ts';
import type { KernelTools } from '../page/steering/kernel-tools.ts';
import { Steering } from '../page/steering/steering.ts';
import { type DeadServersOptions, RouterPageHost } from './page-host.ts';
import type { OpenPage } from './surroundings.ts';

/** Throws RingbackError('unavailable') when the port is taken, or the kernel can't be told. */
export async function openPage(options: DeadServersOptions, tools: KernelTools): Promise<OpenPage> {
  const { page, configuration, store, log, time, chance } = options;
  const steering = await Steering.open({ port: page.listen.port, tools, log, time });
  const nowMs = (): number => store.clock.nowMs();
  const list = (timeoutMs: number): Promise<string> => tools.listNeighbours(timeoutMs);
  return RouterPageHost.open(options, {
    steering,
    serve: (host) =>
      PageServer.open({
        configuration: page,
        language: configuration.notify.language,
        log,
        clock: store.clock,
        time,
        chance,
        host,
        origins: new Origins({ neighbours: new Neighbours({ list, nowMs, log, time }), nowMs }),
      }),
  });
}
