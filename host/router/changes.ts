/** Tells whoever has to act on it that what is down, or what is answered for in its place, has changed. */

interface ChangeListener {
  serversChanged(): void;
}

export class Changes {
  readonly #listeners: ChangeListener[] = [];

  add(listener: ChangeListener): void {
    this.#listeners.push(listener);
  }

  tell(): void {
    for (const listener of this.#listeners) listener.serversChanged();
  }
}
