import type { Candidate, CandidateType } from './candidates';

/** As webrtc-stats has them; TypeScript's own type misspells one. */
export type PairState = 'frozen' | 'waiting' | 'in-progress' | 'failed' | 'succeeded';

/** A candidate pair of the check list (RFC 8445, section 6.1.2.6). */
export interface Pair {
  id: string;
  /** How often ICE had been restarted when the pair came up. */
  generation: number;
  local: Candidate;
  remote: Candidate;
  state: PairState;
  nominated: boolean;
  /** It carries the call. */
  selected: boolean;
  /** The browser has removed it from its list; the rest is what was last known. */
  removed: boolean;
  requestsSent: number;
  responsesReceived: number;
  bytesSent: number;
  bytesReceived: number;
  /** Seconds. */
  roundTripTime?: number;
}

export type Path = 'direct' | 'relay' | 'none';

type Entry = Record<string, unknown> & { id: string; type: string };
export type Report = ReadonlyMap<string, Entry>;

const unknown = '?';

function readCandidate(entry: Entry | undefined): Candidate {
  return {
    protocol: String(entry?.protocol ?? unknown),
    // Chromium leaves the address of a peer-reflexive candidate empty: it was not told of it by signalling.
    address: String(entry?.address || entry?.ip || unknown),
    port: Number(entry?.port ?? 0),
    type: (entry?.candidateType ?? 'prflx') as CandidateType,
    ...(typeof entry?.relayProtocol === 'string' ? { relayProtocol: entry.relayProtocol } : {}),
  };
}

function selectedId(report: Report): string | undefined {
  for (const entry of report.values()) {
    if (entry.type === 'transport' && typeof entry.selectedCandidatePairId === 'string') return entry.selectedCandidatePairId;
    // Firefox has no transport entry.
    if (entry.type === 'candidate-pair' && entry.selected === true) return entry.id;
  }
  return undefined;
}

function readPair(entry: Entry, report: Report, selected: boolean, generation: number): Pair {
  const rtt = entry.currentRoundTripTime;
  return {
    id: entry.id,
    generation,
    local: readCandidate(report.get(String(entry.localCandidateId))),
    remote: readCandidate(report.get(String(entry.remoteCandidateId))),
    state: entry.state as PairState,
    nominated: entry.nominated === true,
    selected,
    removed: false,
    requestsSent: Number(entry.requestsSent ?? 0),
    responsesReceived: Number(entry.responsesReceived ?? 0),
    bytesSent: Number(entry.bytesSent ?? 0),
    bytesReceived: Number(entry.bytesReceived ?? 0),
    ...(typeof rtt === 'number' ? { roundTripTime: rtt } : {}),
  };
}

/**
 * All pairs there have ever been. Browsers forget pairs that failed or were pruned, and just those are of interest when
 * a call fails: they stay, marked as removed.
 */
export function mergePairs(known: readonly Pair[], report: Report, generation: number): Pair[] {
  const chosen = selectedId(report);
  const since = new Map(known.map((pair) => [pair.id, pair.generation]));
  const now = new Map<string, Pair>();
  for (const entry of report.values()) {
    if (entry.type !== 'candidate-pair') continue;
    now.set(entry.id, readPair(entry, report, entry.id === chosen, since.get(entry.id) ?? generation));
  }
  const kept = known.map((pair) => now.get(pair.id) ?? { ...pair, selected: false, removed: true });
  return [...kept, ...[...now.values()].filter((pair) => !since.has(pair.id))];
}

export function pathOf(pairs: readonly Pair[]): Path {
  const selected = pairs.find((pair) => pair.selected);
  if (!selected) return 'none';
  return selected.local.type === 'relay' || selected.remote.type === 'relay' ? 'relay' : 'direct';
}

/** Those of the time since the last restart: the others can be of no use any more. */
export function ofLatestGeneration(pairs: readonly Pair[]): Pair[] {
  const latest = Math.max(0, ...pairs.map((pair) => pair.generation));
  return pairs.filter((pair) => pair.generation === latest);
}
