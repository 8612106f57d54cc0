/** Addresses that a standby takes unasked: of an active that says nothing any more, once nobody answers for them. */
import { messageOf } from '../../errors.ts';
import type { AddressEntry } from '../protocol/messages.ts';
import type { FailoverHandlers, KnownActive } from './actives.ts';
import type { StandbyContext } from './context.ts';
import { goesBack } from './returning.ts';
import type { Taking } from './taking.ts';

/** After somebody answered for a dead active's address, it is asked for again. */
const ASK_AGAIN_MS = 1000;
/** What no interface could take, one may take later. */
const NO_INTERFACE_MS = 30_000;
/** An active that was called dead and was not is asked for again so often at the most, and once less after each such time. */
const MAX_CAUTION = 10;
const CALM_MS = 60_000;

export class Failover implements FailoverHandlers {
  readonly #parts: StandbyContext;
  readonly #taking: Taking;

  constructor(parts: StandbyContext, taking: Taking) {
    this.#parts = parts;
    this.#taking = taking;
  }

  /** While the silence may still be nothing: whether somebody answers for its addresses. */
  onDoubt(served: KnownActive): void {
    const { ports, terms } = this.#parts;
    const { heartbeat, checkMs } = terms();
    if (heartbeat === null || checkMs === null) return;
    served.questions.clear();
    for (const { address } of this.#untaken(served)) {
      const question = ports.probe(address);
      // Whether it could be asked counts only if the silence is one.
      question.catch(() => {});
      served.questions.set(address, question);
    }
  }

  onLost(served: KnownActive): void {
    const { ports, terms } = this.#parts;
    const silentMs = Math.round(served.watch.silentMs);
    ports.tell('error', 'takeover.lost', { peer: served.name, silentMs });
    if (terms().heartbeat === null) return;
    served.doubted.clear();
    const calm = Math.floor((ports.time.nowMs() - served.cautiousMs) / CALM_MS);
    served.caution = Math.max(0, served.caution - calm);
    for (const entry of this.#untaken(served)) this.#takeUnasked(served, entry, served.caution);
  }

  /** An address of a silent active has gone with its interface: no one else will take it. */
  onVanished(served: KnownActive, address: string): void {
    if (this.#parts.terms().heartbeat === null || !served.watch.isLost) return;
    const entry = this.#untaken(served).find((entry) => entry.address === address);
    if (entry !== undefined) this.#takeUnasked(served, entry, 0);
  }

  /**
   * It was silent, and is not: what was taken meanwhile stays here, and its neighbours hear so again; unless it goes back at
   * once, for then they would not believe the one who has it next.
   */
  onBack(served: KnownActive): void {
    const { ports, holdings, terms } = this.#parts;
    ports.tell('info', 'takeover.back', { peer: served.name });
    served.caution = Math.min(served.caution + 1, MAX_CAUTION);
    served.cautiousMs = ports.time.nowMs();
    served.questions.clear();
    for (const holding of holdings.of(served.name)) {
      if (holding.state === 'taken' && !goesBack(holding, terms())) this.#taking.contradict(holding);
    }
  }

  /** What a silent active had, and is not here yet. */
  #untaken({ entries }: KnownActive): AddressEntry[] {
    return entries.filter(({ address, mac }) => mac !== '' && !this.#parts.holdings.has(address));
  }

  /** Why it is not taken is told once for each reason, until it is silent again. */
  #isFirst(served: KnownActive, doubt: 'doubted' | 'unasked', address: string): boolean {
    const key = `${doubt} ${address}`;
    if (served.doubted.has(key)) return false;
    served.doubted.add(key);
    return true;
  }

  /** Once nobody has answered `more` times more. */
  #takeUnasked(served: KnownActive, entry: AddressEntry, more: number): void {
    const { ports, timers, holdings, terms } = this.#parts;
    const { address } = entry;
    const { epoch } = served.watch;
    const isOver = (): boolean =>
      served.watch.epoch !== epoch || !served.watch.isLost || holdings.has(address);
    const question =
      terms().checkMs === null
        ? Promise.resolve(null)
        : (served.questions.get(address) ?? ports.probe(address));
    served.questions.delete(address);
    const again = (waitMs: number): void =>
      void timers.after(waitMs, () => {
        if (!isOver()) this.#takeUnasked(served, entry, served.caution);
      });
    const onAnswer = (mac: string | null): void => {
      if (isOver()) {
        if (!holdings.has(address)) ports.unclaim(address);
        return;
      }
      if (mac === null) {
        if (more > 0 && terms().checkMs !== null) this.#takeUnasked(served, entry, more - 1);
        else {
          void this.#taking.take(served, entry, 'heartbeat', 0).then(() => {
            if (!isOver()) again(NO_INTERFACE_MS);
          });
        }
        return;
      }
      ports.unclaim(address);
      if (this.#isFirst(served, 'doubted', address))
        ports.tell('warn', 'takeover.doubted', { address, peer: served.name, hardware: mac });
      again(ASK_AGAIN_MS);
    };
    void question.then(onAnswer, (error) => {
      if (isOver()) return;
      // Silence is no answer where there was no question: it may be this machine that is cut off.
      const message = 'is not taken before somebody can be asked for it';
      if (this.#isFirst(served, 'unasked', address))
        ports.tell('warn', 'takeover.unasked', {
          address,
          peer: served.name,
          reason: messageOf(error),
          message,
        });
      again(ASK_AGAIN_MS);
    });
  }
}
