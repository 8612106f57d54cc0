import { configuration, HOST, SATO, TANAKA, WEB, World } from './world.ts';

/** A world in which Sato and Tanaka wait for the server, and Sato for a service on it. */
export function world(more?: string): World {
  const world = new World(configuration(more));
  world.down(HOST);
  for (const client of [SATO, TANAKA]) world.client('waiting', HOST, client);
  world.down(WEB, { cause: 'refused' });
  world.client('waiting', WEB, SATO);
  world.lines.length = 0;
  world.asked();
  return world;
}
