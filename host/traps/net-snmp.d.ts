/** The part of net-snmp that this room uses; the package ships no types. */
declare module 'net-snmp' {
  export interface Peer {
    readonly address: string;
    readonly port: number;
  }

  export interface Varbind {
    readonly oid: string;
    readonly type: number;
    readonly value: unknown;
  }

  /** What was decoded: every field is a claim of the datagram and may be missing or null. */
  export interface Pdu {
    readonly type: number;
    /** True for SNMPv3. */
    readonly scoped?: boolean;
    readonly varbinds?: readonly Varbind[];
    /** SNMPv1 only. */
    readonly enterprise?: unknown;
    readonly agentAddr?: unknown;
    readonly generic?: unknown;
    readonly specific?: unknown;
    readonly upTime?: unknown;
    /** SNMPv3 with `includeAuthentication`. */
    readonly user?: string;
  }

  export interface SocketLike {
    on(event: 'error' | 'message', listener: (...values: never[]) => void): unknown;
    bind(port: number, address: string | null): unknown;
    send(
      message: Buffer,
      offset: number,
      length: number,
      port: number,
      address: string,
      callback: (error: Error | null) => void,
    ): void;
    close(callback?: () => void): unknown;
  }

  export interface ReceiverOptions {
    transport: 'udp4' | 'udp6';
    port: number;
    includeAuthentication: boolean;
    dgramModule: { createSocket(transport: string): SocketLike };
  }

  export interface User {
    name: string;
    level: number;
    authProtocol?: string;
    authKey?: string;
    privProtocol?: string;
    privKey?: string;
  }

  export interface Receiver {
    getAuthorizer(): { addCommunity(community: string): void; addUser(user: User): void };
  }

  export interface Snmp {
    createReceiver(
      options: ReceiverOptions,
      callback: (error: Error | null, data?: { pdu: Pdu; rinfo: Peer }) => void,
    ): Receiver;
    readonly PduType: { readonly Trap: number; readonly TrapV2: number; readonly InformRequest: number };
    readonly ObjectType: { readonly OID: number; readonly IpAddress: number; readonly TimeTicks: number };
    readonly SecurityLevel: {
      readonly noAuthNoPriv: number;
      readonly authNoPriv: number;
      readonly authPriv: number;
    };
    readonly AuthProtocols: Readonly<Record<string, string>>;
    readonly PrivProtocols: Readonly<Record<string, string>>;
    readonly ResponseInvalidCode: { readonly EAuthFailure: number; readonly ECouldNotDecrypt: number };
    /** Localised keys, one for each (protocol, password, engine) ever seen: it grows without limit. */
    readonly Authentication: { authToKeyCache: Record<string, Buffer> };
  }

  const snmp: Snmp;
  export default snmp;
}
