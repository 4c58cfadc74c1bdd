const disconnectedFor = 3000;
/** A restart is given this long before the next. */
const apart = 8000;
const attempts = 4;

/**
 * When to restart ICE (RFC 8445, section 2.4) of a call that once connected. A call that never did is not tried again by
 * itself: the same networks would give the same result, and the reason is better told at once.
 */
export class RestartPolicy {
  private everConnected = false;
  private state: RTCIceConnectionState = 'new';
  private since = 0;
  private last = -Infinity;
  private made = 0;
  private networkIsNew = false;

  observe(state: RTCIceConnectionState, now: number): void {
    if (state === this.state) return;
    this.state = state;
    this.since = now;
    if (this.isUp()) {
      this.everConnected = true;
      this.made = 0;
    }
  }

  /** The path may be gone although nothing has been noticed yet, or a better one may be there. */
  networkChanged(): void {
    this.networkIsNew = this.everConnected;
    this.made = 0;
  }

  isDue(now: number): boolean {
    if (!this.everConnected || this.made >= attempts || now - this.last < apart) return false;
    if (this.networkIsNew || this.state === 'failed') return true;
    return this.state === 'disconnected' && now - this.since >= disconnectedFor;
  }

  attempted(now: number): void {
    this.last = now;
    this.made += 1;
    this.networkIsNew = false;
  }

  /** ICE restarts, whoever began it. */
  begun(now: number): void {
    this.last = now;
    this.networkIsNew = false;
  }

  /** Whether there is hope: the call is not to be called failed yet. */
  isTrying(): boolean {
    return this.everConnected && !this.isUp() && this.made < attempts;
  }

  private isUp(): boolean {
    return this.state === 'connected' || this.state === 'completed';
  }
}
