/** What the router's outbox works by: from whom its mails are, to whom they go, and how many, as the configuration says now. */
import type { Chance } from '../chance.ts';
import { type Most, unconfirmedMost } from '../config/most.ts';
import type { RouterConfiguration } from '../config/types.ts';
import type { Log } from '../log/log.ts';
import type { OutboxOptions } from '../mail/outbox.ts';
import type { ReplaceableSender } from '../mail/replaceable-sender.ts';
import type { StopLinks } from '../mail/unsubscribe-links.ts';
import { OWN_PATH } from '../page/html/kinds.ts';
import type { NoticeItem } from '../store/notice-rows.ts';
import type { Store } from '../store/store.ts';
import type { Time } from '../time.ts';
import { ownUrl } from './own-url.ts';
import type { People } from './people.ts';
import type { Router } from './router.ts';
import type { RouterSurroundings } from './surroundings.ts';

interface PostingOptions {
  readonly store: Store;
  readonly sender: ReplaceableSender;
  readonly people: Pick<People, 'isStopped' | 'isConfirmed'>;
  readonly links: StopLinks;
  readonly addresses: RouterSurroundings['addresses'];
  readonly log: Log;
  readonly time: Time;
  readonly chance: Chance;
}

interface Collaborators {
  readonly router: Pick<Router, 'isDown'>;
}

export class Posting implements OutboxOptions {
  readonly store: Store;
  readonly sender: ReplaceableSender;
  readonly log: Log;
  readonly time: Time;
  readonly chance: Chance;
  readonly #people: PostingOptions['people'];
  readonly #links: StopLinks;
  readonly #addresses: PostingOptions['addresses'];
  #configuration: RouterConfiguration;
  #collaborators!: Collaborators;

  constructor(
    configuration: RouterConfiguration,
    { store, sender, people, links, addresses, log, time, chance }: PostingOptions,
  ) {
    this.store = store;
    this.sender = sender;
    this.log = log;
    this.time = time;
    this.chance = chance;
    this.#people = people;
    this.#links = links;
    this.#addresses = addresses;
    this.#configuration = configuration;
  }

  connect(collaborators: Collaborators): void {
    this.#collaborators = collaborators;
  }

  reconfigure(configuration: RouterConfiguration): void {
    this.#configuration = configuration;
  }

  get from(): string {
    return this.#configuration.smtp?.from ?? '';
  }

  get giveUpMs(): number {
    return this.#configuration.notify.giveUpMs;
  }

  get listKey(): string | null {
    return this.#configuration.listKey;
  }

  readonly stopUrl = (mail: string): string | null => {
    const { page } = this.#configuration;
    const base = page === null ? null : (page.routerUrl ?? ownUrl(page.listen.port, this.#addresses()));
    return base === null ? null : `${base}${OWN_PATH}stop?t=${this.#links.tokenFor(mail)}`;
  };

  readonly isStopped = (mail: string): boolean => this.#people.isStopped(mail);

  readonly mostFor = (mail: string): Most | null => this.unconfirmed(mail) ?? this.#configuration.notify.most;

  /** How many mails this address gets until its owner confirms it; null: he has, or it is the operator's. */
  readonly unconfirmed = (mail: string): Most | null =>
    this.#people.isConfirmed(mail) ? null : unconfirmedMost(this.#configuration.notify.most);

  readonly isDown = ({ server, ports = [0] }: NoticeItem): boolean =>
    this.#collaborators.router.isDown(server, ports);
}
