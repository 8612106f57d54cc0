/** How many mails a person gets at the most. */

export interface Most {
  /** Within any hour, and within any day. */
  readonly hour: number;
  readonly day: number;
}

/** To an address that came in through the page and was never confirmed: whoever entered it may be anybody. */
const UNCONFIRMED: Most = { hour: 2, day: 5 };

/** What such an address gets where a person gets `most`; null: as many as there are. */
export function unconfirmedMost(most: Most | null): Most {
  if (most === null) return UNCONFIRMED;
  return { hour: Math.min(most.hour, UNCONFIRMED.hour), day: Math.min(most.day, UNCONFIRMED.day) };
}
