/** What a node is put together from on a real machine. */
import type { NodeParts } from '../ports/machine.ts';
import { openSocket } from '../protocol/socket.ts';
import { Machine } from './machine.ts';
import { startAside } from './outside-command.ts';

export const MACHINE_PARTS: NodeParts = {
  machine: (configuration, options, handlers) => new Machine(configuration, options, handlers),
  openSocket,
  startOutside: startAside,
};
