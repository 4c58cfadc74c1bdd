import type { SignallingState } from '../signalling/client';
import type { Leaving, Role } from '../signalling/messages';
import type { DeviceState, LocalState } from './media';
import type { Pair, Path } from './pairs';
import type { CandidateList } from './peer';
import type { Reason } from './diagnosis';
import type { Sample } from './statistics';

export type CallState = 'joining' | 'waiting' | 'connecting' | 'connected' | 'failed' | 'ended' | 'room-full';
export type MediaFlow = 'both' | 'sending' | 'receiving' | 'none';

export interface ChatMessage {
  id: number;
  mine: boolean;
  text: string;
  at: number;
}

/** What the other side says of its devices. */
export interface RemoteStatus {
  microphone: DeviceState;
  camera: DeviceState;
  screen: boolean;
}

/** All that the page shows of a call: replaced, never changed. */
export interface CallSnapshot {
  state: CallState;
  /** The call has stood before. */
  wasConnected: boolean;
  /** Why there is nobody, if there has been somebody. */
  peerLeft: Leaving | undefined;
  role: Role | undefined;
  signalling: SignallingState;
  signallingReason: string | undefined;
  ice: RTCIceConnectionState | 'none';
  dtls: RTCDtlsTransportState | 'none';
  media: MediaFlow;
  path: Path;
  reasons: readonly Reason[];
  local: LocalState;
  localPicture: MediaStream | undefined;
  remote: RemoteStatus | undefined;
  remoteStream: MediaStream | undefined;
  localCandidates: CandidateList;
  remoteCandidates: CandidateList;
  pairs: readonly Pair[];
  history: readonly Sample[];
  framesDecoded: number;
  bytesSent: number;
  bytesReceived: number;
  chat: readonly ChatMessage[];
  isChatOpen: boolean;
  sdp: { local: string | undefined; remote: string | undefined };
}

export interface Facts {
  hungUp: boolean;
  joined: boolean;
  signallingLost: boolean;
  signallingClosed: boolean;
  /** There is no place in the room yet. */
  roomFull: boolean;
  hasPeer: boolean;
  ice: RTCIceConnectionState;
  connection: RTCPeerConnectionState;
  browserError: boolean;
  /** ICE is being restarted, or may yet be. */
  trying: boolean;
  /** Connecting has taken too long. */
  overdue: boolean;
}

export function isUp(ice: RTCIceConnectionState | 'none'): boolean {
  return ice === 'connected' || ice === 'completed';
}

/** A call that stands goes on when the signalling is lost: it is needed to connect, not to talk. */
export function callState(facts: Facts): CallState {
  if (facts.hungUp) return 'ended';
  if (facts.roomFull) return 'room-full';
  const alone = facts.signallingLost || facts.signallingClosed;
  if (!facts.hasPeer) return alone ? 'failed' : facts.joined ? 'waiting' : 'joining';
  if (facts.browserError) return 'failed';
  // With DTLS refused, ICE goes on but the connection has failed. Chromium's iceConnectionState, on the other hand, may
  // stay `disconnected` where connectionState is `failed`.
  if (isUp(facts.ice)) return facts.connection === 'failed' ? 'failed' : 'connected';
  if (alone || facts.overdue) return 'failed';
  const down = facts.connection === 'failed' || facts.ice === 'failed';
  return down && !facts.trying ? 'failed' : 'connecting';
}
