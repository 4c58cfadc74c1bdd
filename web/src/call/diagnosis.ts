import type { Candidate } from './candidates';
import type { Pair } from './pairs';

/** Why a call failed, the deciding reason first; src/i18n has the words. */
export type Reason =
  | { kind: 'room-full' }
  | { kind: 'signalling-lost' }
  /** The server ended the session or takes no connection, with this code of docs/signalling.md. */
  | { kind: 'signalling-refused'; code: string }
  | { kind: 'browser'; message: string }
  | { kind: 'no-answer' }
  | { kind: 'no-local-candidates' }
  | { kind: 'relay-only-without-relay' }
  | { kind: 'no-remote-candidates' }
  | { kind: 'only-host-candidates'; side: Side }
  | { kind: 'no-relay-candidates' }
  | { kind: 'server-error'; url: string; code: number; text: string }
  | { kind: 'all-pairs-failed'; pairs: number }
  | { kind: 'pairs-unanswered'; pairs: number }
  | { kind: 'no-pairs' }
  | { kind: 'dtls-failed' };

export type Side = 'local' | 'remote' | 'both';

export interface ServerError {
  url: string;
  code: number;
  text: string;
}

export interface Evidence {
  /** `reason` is an error code, why it is closed or was last broken. */
  signalling: { lost: boolean; closed: boolean; reason: string | undefined };
  /** A description that the browser did not take, in its words. */
  browserError: string | undefined;
  /** Somebody else is in the room. */
  hasPeer: boolean;
  relayOnly: boolean;
  answered: boolean;
  iceConnected: boolean;
  local: readonly Candidate[];
  remote: readonly Candidate[];
  pairs: readonly Pair[];
  serverErrors: readonly ServerError[];
}

export function diagnose(evidence: Evidence): Reason[] {
  const { lost, closed, reason } = evidence.signalling;
  if (reason === 'room-full') return [{ kind: 'room-full' }];
  if (closed && reason !== undefined) return [{ kind: 'signalling-refused', code: reason }];
  const reasons = lost ? [whyLost(reason)] : [];
  if (!evidence.hasPeer) return reasons;
  if (evidence.browserError !== undefined) return [...reasons, { kind: 'browser', message: evidence.browserError }];
  return evidence.iceConnected ? [...reasons, { kind: 'dtls-failed' }] : [...reasons, ...diagnoseIce(evidence)];
}

/** A server that has too much of us is there, and what helps is another than where it is not. */
function whyLost(reason: string | undefined): Reason {
  return reason === 'source-limit' ? { kind: 'signalling-refused', code: reason } : { kind: 'signalling-lost' };
}

function diagnoseIce(evidence: Evidence): Reason[] {
  const { local, remote } = evidence;
  if (!evidence.answered) return [{ kind: 'no-answer' }];
  const servers = evidence.serverErrors.map((error): Reason => ({ kind: 'server-error', ...error }));
  if (local.length === 0) {
    return [{ kind: evidence.relayOnly ? 'relay-only-without-relay' : 'no-local-candidates' }, ...servers];
  }
  if (remote.length === 0) return [{ kind: 'no-remote-candidates' }];
  return [...pairReasons(evidence.pairs), ...missing(local, remote), ...servers];
}

function pairReasons(pairs: readonly Pair[]): Reason[] {
  if (pairs.length === 0) return [{ kind: 'no-pairs' }];
  const failed = pairs.every((pair) => pair.state === 'failed');
  return [{ kind: failed ? 'all-pairs-failed' : 'pairs-unanswered', pairs: pairs.length }];
}

/** What would have helped: no reflexive candidates is worse than no relayed ones, and implies it. */
function missing(local: readonly Candidate[], remote: readonly Candidate[]): Reason[] {
  const hosts = side(local.every(isHost), remote.every(isHost));
  const noRelays = ![...local, ...remote].some(isRelay);
  const reasons: Reason[] = hosts ? [{ kind: 'only-host-candidates', side: hosts }] : [];
  // One relay is enough for a path between any two networks.
  if (noRelays && hosts !== 'both') reasons.push({ kind: 'no-relay-candidates' });
  return reasons;
}

function side(local: boolean, remote: boolean): Side | undefined {
  if (local && remote) return 'both';
  if (local) return 'local';
  return remote ? 'remote' : undefined;
}

const isHost = ({ type }: Candidate): boolean => type === 'host';
const isRelay = ({ type }: Candidate): boolean => type === 'relay';
