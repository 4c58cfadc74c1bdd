import type { Report } from './pairs';

/** What getStats has counted since the connection began. */
export interface Counters {
  /** Milliseconds. */
  at: number;
  bytesSent: number;
  bytesReceived: number;
  mediaBytesSent: number;
  mediaBytesReceived: number;
  packetsReceived: number;
  packetsLost: number;
  framesDecoded: number;
  /** Seconds, of the pair that carries the call. */
  roundTripTime: number | undefined;
}

/** One point of the plots: what happened between two readings of the counters. */
export interface Sample {
  at: number;
  /** Milliseconds. */
  roundTripTime: number | undefined;
  /** Per cent of the media packets sent to us. */
  loss: number | undefined;
  /** Kilobits a second. */
  sent: number;
  received: number;
}

/** Seconds that the plots go back. */
export const historyLength = 120;

export function readCounters(report: Report, at: number, roundTripTime: number | undefined): Counters {
  const sum = (type: string, member: string): number => {
    let total = 0;
    for (const entry of report.values()) if (entry.type === type) total += Number(entry[member] ?? 0);
    return total;
  };
  const carrier = [...report.values()].some((entry) => entry.type === 'transport') ? 'transport' : 'candidate-pair';
  return {
    at,
    bytesSent: sum(carrier, 'bytesSent'),
    bytesReceived: sum(carrier, 'bytesReceived'),
    mediaBytesSent: sum('outbound-rtp', 'bytesSent'),
    mediaBytesReceived: sum('inbound-rtp', 'bytesReceived'),
    packetsReceived: sum('inbound-rtp', 'packetsReceived'),
    packetsLost: sum('inbound-rtp', 'packetsLost'),
    framesDecoded: sum('inbound-rtp', 'framesDecoded'),
    roundTripTime,
  };
}

/** Counters may go back, when a transport or a receiver is replaced: no rate is below zero. */
export function sampleBetween(before: Counters, after: Counters): Sample {
  const milliseconds = Math.max(1, after.at - before.at);
  const grown = (count: (of: Counters) => number): number => Math.max(0, count(after) - count(before));
  const lost = grown((of) => of.packetsLost);
  const expected = lost + grown((of) => of.packetsReceived);
  return {
    at: after.at,
    roundTripTime: after.roundTripTime === undefined ? undefined : after.roundTripTime * 1000,
    loss: expected === 0 ? undefined : (100 * lost) / expected,
    sent: (8 * grown((of) => of.bytesSent)) / milliseconds,
    received: (8 * grown((of) => of.bytesReceived)) / milliseconds,
  };
}

export function extend(history: readonly Sample[], sample: Sample): Sample[] {
  return [...history.filter(({ at }) => at > sample.at - historyLength * 1000), sample];
}
