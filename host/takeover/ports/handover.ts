/** What became of a wish of the operator's, for one address. */
export interface Handover {
  readonly address: string;
  readonly done: boolean;
  /** Why not, or what else there is to say. */
  readonly reason: string | null;
}
