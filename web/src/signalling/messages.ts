// The messages of docs/signalling.md, version 1, as this page sends and reads them.

export const subprotocol = 'icelab-signalling.1';

export type Role = 'offerer' | 'answerer';

/** What one participant says to the other; the server adds nothing but who said it. */
export type PeerMessage =
  | { type: 'offer' | 'answer'; sdp: string }
  | ({ type: 'candidate' } & CandidateMembers)
  | { type: 'end-of-candidates' }
  | { type: 'restart' };

export interface CandidateMembers {
  candidate: string;
  sdpMid?: string;
  sdpMLineIndex?: number;
  usernameFragment?: string;
}

/** Why a peer is gone. */
export type Leaving = 'left' | 'lost' | 'cut-off';

/** What happens in the room: numbered, so none of it is lost when the connection breaks. */
export type RoomMessage =
  | { type: 'peer-joined'; peer: number; role: Role; ice_servers: RTCIceServer[] }
  | { type: 'peer-left'; peer: number; reason: Leaving }
  | (PeerMessage & { from: number });

export type Numbered<T> = T & { seq: number };

export type ServerMessage =
  | { type: 'joined'; token: string; ice_servers: RTCIceServer[]; heartbeat_s: number; resume_s: number }
  | { type: 'resumed'; received: number; ice_servers: RTCIceServer[] }
  | { type: 'heartbeat'; received: number; ice_servers?: RTCIceServer[] }
  | { type: 'room-full' }
  | { type: 'error'; code: string; message: string }
  | Numbered<RoomMessage>;

export type ClientMessage =
  | { type: 'join'; room: string; replaces?: string }
  | { type: 'resume'; token: string; received: number }
  | { type: 'heartbeat'; received: number }
  | { type: 'leave' }
  | Numbered<PeerMessage & { to: number }>;

type Kind = 'string' | 'number' | 'array';

const members: Record<ServerMessage['type'], Record<string, Kind>> = {
  joined: { token: 'string', ice_servers: 'array', heartbeat_s: 'number', resume_s: 'number' },
  resumed: { received: 'number', ice_servers: 'array' },
  heartbeat: { received: 'number' },
  'room-full': {},
  error: { code: 'string', message: 'string' },
  'peer-joined': { seq: 'number', peer: 'number', role: 'string', ice_servers: 'array' },
  'peer-left': { seq: 'number', peer: 'number', reason: 'string' },
  offer: { seq: 'number', from: 'number', sdp: 'string' },
  answer: { seq: 'number', from: 'number', sdp: 'string' },
  candidate: { seq: 'number', from: 'number', candidate: 'string' },
  'end-of-candidates': { seq: 'number', from: 'number' },
  restart: { seq: 'number', from: 'number' },
};

function hasMember(message: Record<string, unknown>, name: string, kind: Kind): boolean {
  const value = message[name];
  return kind === 'array' ? Array.isArray(value) : typeof value === kind;
}

/** A message of the server, or nothing where it is none: what the other side wrote is in it, so it is not trusted. */
export function parseServerMessage(text: string): ServerMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const message = value as Record<string, unknown>;
  if (typeof message.type !== 'string' || !Object.hasOwn(members, message.type)) return undefined;
  const wanted = Object.entries(members[message.type as ServerMessage['type']]);
  return wanted.every(([name, kind]) => hasMember(message, name, kind)) ? (value as ServerMessage) : undefined;
}

/** The code of an error, for a connection that was closed before its `error` could be read. */
export function codeOfClose(close: number): string | undefined {
  const codes: Record<number, string> = {
    1001: 'shutting-down',
    4000: 'silent',
    4001: 'superseded',
    4002: 'too-far-behind',
    4003: 'stale-token',
    4004: 'room-full',
    4005: 'idle',
    4006: 'server-full',
    4007: 'source-limit',
  };
  return codes[close];
}
