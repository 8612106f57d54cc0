/** A router that has the daemon alone, as ssh reaches it. */
export interface RemoteRouter {
  readonly user: string;
  /** Its name or address. */
  readonly host: string;
  readonly port: number;
  /** The directory of this program's key and of the router's. */
  readonly keys: string;
}
