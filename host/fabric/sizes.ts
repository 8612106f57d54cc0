/** Sizes of the tables, and what is known of them where they are made. */

/** Records that each has room for. */
export interface TableSizes {
  readonly servers: number;
  readonly clients: number;
  readonly attempts: number;
  readonly known: number;
  readonly prefixes: number;
}

/** The most that the data plane takes. */
export interface Limits {
  /** Records of servers and services. */
  readonly servers: number;
  /** Records of any other table. */
  readonly records: number;
  readonly interfaces: number;
  /** The interfaces, the first ones, that may see everything. */
  readonly sideless: number;
  /** Forwarded ports, each outer address counted as one more. */
  readonly forwards: number;
}

/** What is known of the tables where they are made. */
export interface Tables {
  readonly limits: Limits;
  /** Of memory that tables of these sizes take. */
  bytes(sizes: TableSizes): number;
  /** Of so many places for clients, those that are for who has a known mail address. */
  clientsKept(clients: number): number;
}
