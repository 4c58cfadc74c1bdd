/**
 * When to say that we are here, and when to conclude that the server is not. Times are milliseconds of any clock.
 *
 * Browsers delay the timers of hidden pages to once a minute. Silence is therefore counted from a heartbeat that was
 * really sent, not from the last message: otherwise a page that merely slept would give up a good connection.
 */
export class Heartbeat {
  private sentAt: number;
  private unansweredSince: number | undefined;

  constructor(
    private readonly interval: number,
    now: number,
  ) {
    this.sentAt = now;
  }

  isDue(now: number): boolean {
    return now - this.sentAt >= this.interval;
  }

  sent(now: number): void {
    this.sentAt = now;
    this.unansweredSince ??= now;
  }

  heard(): void {
    this.unansweredSince = undefined;
  }

  /** The server said nothing for two intervals after a heartbeat: for three at least. */
  isServerSilent(now: number): boolean {
    return this.unansweredSince !== undefined && now - this.unansweredSince >= 2 * this.interval;
  }
}
