/**
 * When to say that we are here, and when to conclude that the server is not. Times are milliseconds of any clock.
 *
 * Browsers delay the timers of hidden pages to once a minute. Silence is therefore counted from a heartbeat that was
 * really sent, not from the last message: otherwise a page that merely slept would give up a good connection.
 */
export class Heartbeat {
  private sentAt: number;
  /** When a server that has said nothing by then is gone. */
  private deadline: number | undefined;

  constructor(
    private readonly interval: number,
    now: number,
  ) {
    this.sentAt = now;
  }

  isDue(now: number): boolean {
    return now - this.sentAt >= this.interval;
  }

  /** Without another patience, a server that is gone has said nothing for three intervals. */
  sent(now: number, patience = 2 * this.interval): void {
    this.sentAt = now;
    this.deadline = Math.min(this.deadline ?? Infinity, now + patience);
  }

  heard(): void {
    this.deadline = undefined;
  }

  isServerSilent(now: number): boolean {
    return this.deadline !== undefined && now >= this.deadline;
  }
}
