/** What becomes of the form's answer: the decisions of a registration, without the HTTP around them. */

import type { Language } from '../../config/types.ts';
import { canonicalAddress } from '../../net/address.ts';
import { canonicalMailAddress } from '../../net/mail-address.ts';
import type { Target } from '../../net/target.ts';
import type { FormRefusal, ShownOutage } from '../html/kinds.ts';
import type { Origin } from '../http/origins.ts';
import { RegistrationLimits } from './rate-limits.ts';
import type { Tokens } from './tokens.ts';

/** From where an answer came. */
interface Sender {
  /** Canonical address. */
  readonly client: string;
  /** Whose limits count. */
  readonly origin: Origin;
  /** null: it came to the router's own address (embodiment 4). */
  readonly target: Target | null;
  /** Whether that has the name by which it was asked for. */
  readonly isNamed: boolean;
  readonly language: Language;
}

/**
 * What is said to it; `target` and `client` are those that the answer is about. `waitMs` is for `many`. `target` is null
 * where the answer does not tell.
 */
export type FormOutcome =
  | { readonly page: 'registered'; readonly target: Target; readonly client: string; readonly mail: string }
  | { readonly page: 'declined'; readonly target: Target; readonly client: string }
  | { readonly page: 'back'; readonly target: Target; readonly client: string }
  | {
      readonly page: 'refused';
      readonly refusal: FormRefusal;
      readonly status: number;
      readonly target: Target | null;
      readonly client: string;
      readonly waitMs: number;
      /** Why, where it could not be stored. */
      readonly error: unknown;
    };

/** What it needs of the role that the page runs in. Addresses are canonical. */
export interface RegistrationHost {
  /** null: it is not down, or not any more. */
  outageOf(target: Target): ShownOutage | null;
  wasTurnedAway(target: Target, client: string): boolean;
  /** It is on disk when this returns; throws when it can't be. */
  register(registration: {
    readonly target: Target;
    readonly client: string;
    readonly mail: string;
    readonly language: Language;
  }): void;
}

export class RegistrationDesk {
  readonly #host: RegistrationHost;
  readonly #tokens: Tokens;
  readonly #nowMs: () => number;
  readonly #limits = new RegistrationLimits();

  constructor(host: RegistrationHost, tokens: Tokens, nowMs: () => number) {
    this.#host = host;
    this.#tokens = tokens;
    this.#nowMs = nowMs;
  }

  /** `form`: its fields, or the status that says why there are none. */
  decide(
    { client: sender, origin, target: asked, isNamed, language }: Sender,
    form: ReadonlyMap<string, string> | 400 | 413 | 415,
  ): FormOutcome {
    const refused = (
      refusal: FormRefusal,
      code: number,
      more: { target?: Target | null; client?: string; waitMs?: number; error?: unknown } = {},
    ): FormOutcome => ({
      page: 'refused',
      refusal,
      status: code,
      target: asked,
      client: sender,
      waitMs: 0,
      error: null,
      ...more,
    });
    if (asked !== null && this.#host.outageOf(asked) === null)
      return { page: 'back', target: asked, client: sender };
    if (!isNamed) return refused('name', 403);
    if (typeof form === 'number') return refused('answer', form);
    const server = asked?.server ?? canonicalAddress(form.get('server') ?? '');
    const claim = server === null ? null : this.#tokens.read(form.get('token') ?? '', server);
    if (server === null || claim === null) return refused('expired', 403);
    const target = { server, port: claim.port };
    const { client } = claim;
    if (!isSameClient(sender, client, asked !== null) || (asked !== null && asked.port !== claim.port))
      return refused('expired', 403);
    if (this.#host.outageOf(target) === null) return { page: 'back', target, client };
    if (!claim.isFresh) return refused('expired', 403, { target, client });
    const want = form.get('want');
    if (want === 'no') return { page: 'declined', target, client };
    if (want !== 'yes') return refused('answer', 422, { target, client });
    // Who comes to the server's own address is turned away here and now.
    if (asked === null && !this.#host.wasTurnedAway(target, client))
      return refused('stranger', 403, { target, client });
    const mail = canonicalMailAddress((form.get('mail') ?? '').trim());
    if (mail === null) return refused('mail', 422, { target, client });
    const waitMs = this.#limits.admit(origin, mail, this.#nowMs());
    if (waitMs > 0) return refused('many', 429, { target, client, waitMs });
    try {
      this.#host.register({ target, client, mail, language });
    } catch (error) {
      return refused('trouble', 503, { target, client, error });
    }
    return { page: 'registered', target, client, mail };
  }
}

/**
 * Whether the form came back from where the page went. A browser may come to the router's own address over the other IP
 * version: then the token alone says who it was; one of another site's maker registers nobody but that maker.
 */
function isSameClient(sender: string, client: string, sameWay: boolean): boolean {
  return sender === client || (!sameWay && sender.includes(':') !== client.includes(':'));
}
