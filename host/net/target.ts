/** What a connection is meant for, and what tells one from another. */

/** A server as a whole (port 0) or one service on it. */
export interface Target {
  readonly server: string;
  readonly port: number;
}

/** What tells a target from any other. */
export function nameOf({ server, port }: Target): string {
  return `${server} ${port}`;
}
