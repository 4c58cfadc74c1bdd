export type CandidateType = 'host' | 'srflx' | 'prflx' | 'relay';

/** One candidate as it stands in SDP (RFC 8839, section 5.1), of which we show these parts. */
export interface Candidate {
  protocol: string;
  address: string;
  port: number;
  type: CandidateType;
  /** Of relayed ones of our own: how we talk to the relay, udp, tcp or tls. */
  relayProtocol?: string;
  /** Of TCP candidates: active, passive or so (RFC 6544). */
  tcpType?: string;
}

const types = new Set(['host', 'srflx', 'prflx', 'relay']);

/** Reads `candidate:foundation component protocol priority address port typ type ...`; nothing if it is not one. */
export function parseCandidate(line: string): Candidate | undefined {
  const words = line.trim().replace(/^(a=)?candidate:/, '').split(/\s+/);
  const [, , protocol, , address, port, typ, type] = words;
  if (!protocol || !address || typ !== 'typ' || !type || !types.has(type)) return undefined;
  if (!port || !/^\d{1,5}$/.test(port)) return undefined;
  const candidate: Candidate = {
    protocol: protocol.toLowerCase(),
    address,
    port: Number(port),
    type: type as CandidateType,
  };
  const tcpType = words[words.indexOf('tcptype', 8) + 1];
  return words.includes('tcptype', 8) && tcpType ? { ...candidate, tcpType } : candidate;
}

/** `203.0.113.21:4348`, or `[2001:db8::1]:4348`. */
export function endpoint({ address, port }: { address: string; port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
