import type { Numbered } from './messages';

/**
 * Nothing lost, nothing twice, in order: the numbers of one session in both directions, and what has been sent but
 * not acknowledged. It outlives the connections that carry the session.
 */
export class Delivery<Sent extends object> {
  private lastSent = 0;
  private unacknowledged: Numbered<Sent>[] = [];
  private lastReceived = 0;

  /** The highest number that has come in order. */
  get received(): number {
    return this.lastReceived;
  }

  /** Numbers a message and keeps it until the other side has it. */
  number(message: Sent): Numbered<Sent> {
    const numbered = { ...message, seq: ++this.lastSent };
    this.unacknowledged.push(numbered);
    return numbered;
  }

  acknowledge(received: number): void {
    this.unacknowledged = this.unacknowledged.filter((message) => message.seq > received);
  }

  /** What must be sent again when the session goes on over a new connection. */
  pending(): readonly Numbered<Sent>[] {
    return this.unacknowledged;
  }

  /** Whether a message that came is to be read, has been read before, or shows that one is missing. */
  accept(seq: number): 'next' | 'repeated' | 'gap' {
    if (seq <= this.lastReceived) return 'repeated';
    if (seq > this.lastReceived + 1) return 'gap';
    this.lastReceived = seq;
    return 'next';
  }
}
