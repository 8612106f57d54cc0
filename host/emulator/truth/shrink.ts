/**
 * The smallest world in which something still goes wrong: steps, people and settings are left away, and times are halved, as long as
 * it does.
 */
import type { Draft, DraftStep } from './draft.ts';

/** Whether it still goes wrong in the same way. */
type Fails = (draft: Draft) => Promise<boolean>;

/** So many worlds are played at the most. */
const MAX_TRIES = 400;

export async function shrink(draft: Draft, fails: Fails, mostTries = MAX_TRIES): Promise<Draft> {
  const shrinker = new Shrinker(draft, fails, mostTries);
  return shrinker.shrink();
}

class Shrinker {
  #smallest: Draft;
  #tries: number;
  readonly #fails: Fails;

  constructor(draft: Draft, fails: Fails, tries: number) {
    this.#smallest = draft;
    this.#fails = fails;
    this.#tries = tries;
  }

  async shrink(): Promise<Draft> {
    for (let isSmaller = true; isSmaller && this.#tries > 0; ) {
      isSmaller = await this.#steps();
      for (const change of CHANGES) isSmaller = (await this.#tryAll(change)) || isSmaller;
    }
    return this.#smallest;
  }

  /** Halves of the script, quarters, …, single steps. */
  async #steps(): Promise<boolean> {
    let isSmaller = false;
    for (
      let size = Math.ceil(this.#smallest.script.length / 2);
      size >= 1;
      size = size === 1 ? 0 : Math.ceil(size / 2)
    ) {
      for (let at = 0; at < this.#smallest.script.length; ) {
        const { script } = this.#smallest;
        const left = [...script.slice(0, at), ...script.slice(at + size)];
        if (left.length > 0 && (await this.#is({ ...this.#smallest, script: left }))) isSmaller = true;
        else at += size;
      }
    }
    return isSmaller;
  }

  /** Every way of that kind, again from the first after one that holds. */
  async #tryAll(change: (draft: Draft) => Draft[]): Promise<boolean> {
    let isSmaller = false;
    for (let goesOn = true; goesOn; ) {
      goesOn = false;
      for (const smaller of change(this.#smallest)) {
        if (!(await this.#is(smaller))) continue;
        [isSmaller, goesOn] = [true, true];
        break;
      }
    }
    return isSmaller;
  }

  async #is(draft: Draft): Promise<boolean> {
    if (this.#tries <= 0) return false;
    this.#tries--;
    if (!(await this.#fails(draft))) return false;
    this.#smallest = draft;
    return true;
  }
}

const CHANGES: readonly ((draft: Draft) => Draft[])[] = [
  withoutWires,
  withoutPeople,
  withoutServers,
  withoutSections,
  withoutHosts,
  withLessOfSteps,
  withHalfTheTimes,
  withLessTime,
];

function withoutWires({ network, ...rest }: Draft): Draft[] {
  if (network === undefined) return [];
  const { lan, wan } = network;
  const some = [lan === undefined ? null : { lan }, wan === undefined ? null : { wan }];
  const parts = lan === undefined || wan === undefined ? [] : some.filter((one) => one !== null);
  return [rest, ...parts.map((part) => ({ ...rest, network: part }))];
}

function withoutPeople(draft: Draft): Draft[] {
  const { clients } = draft.router;
  return clients.map((_, at) => withRouter(draft, { clients: clients.filter((__, other) => other !== at) }));
}

function withoutServers(draft: Draft): Draft[] {
  const { servers = [] } = draft.router;
  return servers.map((_, at) => withRouter(draft, { servers: servers.filter((__, other) => other !== at) }));
}

/** Settings as they are if nothing is said. */
function withoutSections(draft: Draft): Draft[] {
  return Object.keys(draft.router).flatMap((name) => {
    if (name === 'clients') return [];
    const { clients, ...settings } = draft.router;
    const { [name]: section, ...others } = settings as Readonly<Record<string, unknown>>;
    const all: Draft = { ...draft, router: { clients, ...others } };
    if (typeof section !== 'object' || section === null || Array.isArray(section)) return [all];
    const parts = Object.keys(section).map((key) => {
      const { [key]: _, ...left } = section as Record<string, unknown>;
      return withRouter(draft, { [name]: left });
    });
    return [all, ...(parts.length > 1 ? parts : [])];
  });
}

function withoutHosts(draft: Draft): Draft[] {
  const { hosts = {} } = draft;
  return Object.keys(hosts).map((name) => {
    const { [name]: _, ...others } = hosts;
    return { ...draft, hosts: others };
  });
}

/** Of several verbs one less, and without its own keys. */
function withLessOfSteps(draft: Draft): Draft[] {
  return draft.script.flatMap((step, at) => {
    const fewer =
      typeof step.do === 'string' ? [] : step.do.map((_, one) => ({ ...step, do: verbsOf(step, one) }));
    const { patience, ...plain } = step;
    return [...fewer, ...(patience === undefined ? [] : [plain])].map((one) => withStep(draft, at, one));
  });
}

function withHalfTheTimes(draft: Draft): Draft[] {
  return draft.script.flatMap((step, at) => {
    const half = step.for === undefined ? null : halfOf(step.for);
    return half === null ? [] : [withStep(draft, at, { ...step, for: half })];
  });
}

function withLessTime(draft: Draft): Draft[] {
  const half = halfOf(draft.for);
  const lastS = Math.max(...draft.script.map(({ at }) => Number.parseFloat(at)));
  return half === null || Number.parseFloat(half) <= lastS ? [] : [{ ...draft, for: half }];
}

function verbsOf({ do: verbs }: DraftStep, without: number): string | readonly string[] {
  const left = typeof verbs === 'string' ? [verbs] : verbs.filter((_, at) => at !== without);
  return left.length === 1 ? (left[0] as string) : left;
}

function halfOf(text: string): string | null {
  const seconds = Number.parseFloat(text);
  return seconds < 2 ? null : `${Math.floor(seconds / 2)}s`;
}

function withRouter(draft: Draft, part: Partial<Draft['router']>): Draft {
  return { ...draft, router: { ...draft.router, ...part } };
}

function withStep(draft: Draft, at: number, step: DraftStep): Draft {
  return { ...draft, script: draft.script.map((one, other) => (other === at ? step : one)) };
}
