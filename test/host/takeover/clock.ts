/** A clock that the test turns. */
import { FakeTime } from '../fake-time.ts';

export class FakeClock extends FakeTime {
  override async settled(): Promise<void> {}

  /** This machine sleeps, and nothing happens on it: what was due meanwhile is late. */
  async sleep(ms: number): Promise<void> {
    this.jump(ms);
    await this.settle();
  }
}
