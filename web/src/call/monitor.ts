import { mergePairs, pathOf } from './pairs';
import type { Pair, Path, Report } from './pairs';
import type { MediaFlow } from './state';
import { extend, readCounters, sampleBetween } from './statistics';
import type { Counters, Sample } from './statistics';

/** What getStats has told of one connection, from its beginning on. */
export class Monitor {
  pairs: readonly Pair[] = [];
  history: readonly Sample[] = [];
  media: MediaFlow = 'none';
  latest: Counters | undefined;

  get path(): Path {
    return pathOf(this.pairs);
  }

  /** `generation`: how often ICE has been restarted. */
  read(report: Report, now: number, generation: number): void {
    this.pairs = mergePairs(this.pairs, report, generation);
    const selected = this.pairs.find((pair) => pair.selected);
    const counters = readCounters(report, now, selected?.roundTripTime);
    if (this.latest) this.compare(this.latest, counters);
    this.latest = counters;
  }

  private compare(before: Counters, after: Counters): void {
    this.history = extend(this.history, sampleBetween(before, after));
    const sending = after.mediaBytesSent > before.mediaBytesSent;
    const receiving = after.mediaBytesReceived > before.mediaBytesReceived;
    this.media = sending ? (receiving ? 'both' : 'sending') : receiving ? 'receiving' : 'none';
  }
}
