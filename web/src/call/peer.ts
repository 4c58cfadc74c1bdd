import type { CandidateMembers, PeerMessage, Role } from '../signalling/messages';
import { parseCandidate } from './candidates';
import type { Candidate } from './candidates';
import type { ServerError } from './diagnosis';
import type { Report } from './pairs';
import { candidateLines, completeAnswer, transportMid, usernameFragment } from './sdp';

export interface PeerSettings {
  role: Role;
  iceServers: RTCIceServer[];
  relayOnly: boolean;
  /** The track of ours to be sent, by kind. */
  track(kind: string): MediaStreamTrack | null;
}

export interface PeerListener {
  send(message: PeerMessage): void;
  chat(text: string): void;
  /** What the other side says of its devices: whatever it wrote. */
  status(text: string): void;
  statusChannelOpen(): void;
  /** ICE begins anew, whoever wished it. */
  restarted(): void;
  changed(): void;
}

export interface CandidateList {
  readonly candidates: readonly Candidate[];
  /** The end of candidates was told. */
  readonly complete: boolean;
}

const kinds = ['audio', 'video'] as const;
const none: CandidateList = { candidates: [], complete: false };

function withCandidate(list: CandidateList, line: string): CandidateList {
  const candidate = parseCandidate(line);
  // More than any machine has: the peer shall not fill our memory.
  return candidate && list.candidates.length < 256 ? { ...list, candidates: [...list.candidates, candidate] } : list;
}

/**
 * The connection with one peer, from its joining to its leaving. The offerer alone makes offers, and the first one has
 * room for sound, picture and data both ways whatever is there to be sent: later only tracks are replaced, so that no
 * other offer is needed but to restart ICE.
 */
export class Peer {
  readonly remoteStream = new MediaStream();
  local = none;
  /** How often ICE has been restarted. */
  generation = 0;
  remote = none;
  readonly serverErrors: ServerError[] = [];
  /** The browser's words, where it did not take a description. */
  browserError: string | undefined;

  private readonly pc: RTCPeerConnection;
  private chatChannel: RTCDataChannel | undefined;
  private statusChannel: RTCDataChannel | undefined;
  /** One thing at a time, in the order it was said. */
  private work: Promise<void> = Promise.resolve();
  private early: CandidateMembers[] = [];
  private restartWanted = false;
  private localFragment: string | undefined;
  private remoteFragment: string | undefined;

  constructor(
    private readonly settings: PeerSettings,
    private readonly listener: PeerListener,
  ) {
    this.pc = new RTCPeerConnection({
      iceServers: settings.iceServers,
      iceTransportPolicy: settings.relayOnly ? 'relay' : 'all',
      bundlePolicy: 'max-bundle',
    });
    this.listen();
    if (settings.role === 'offerer') this.enqueue(() => this.begin());
  }

  get iceState(): RTCIceConnectionState {
    return this.pc.iceConnectionState;
  }

  get connectionState(): RTCPeerConnectionState {
    return this.pc.connectionState;
  }

  get dtlsState(): RTCDtlsTransportState {
    const senders = this.pc.getSenders().map((sender) => sender.transport);
    const transport = this.pc.sctp?.transport ?? senders.find((candidate) => candidate !== null);
    return transport?.state ?? 'new';
  }

  get isAnswered(): boolean {
    return this.pc.remoteDescription !== null;
  }

  get isChatOpen(): boolean {
    return this.chatChannel?.readyState === 'open';
  }

  get descriptions(): { local: string | undefined; remote: string | undefined } {
    return { local: this.pc.localDescription?.sdp, remote: this.pc.remoteDescription?.sdp };
  }

  async report(): Promise<Report> {
    return (await this.pc.getStats()) as unknown as Report;
  }

  /** A message of the peer's. */
  receive(message: PeerMessage): void {
    switch (message.type) {
      case 'offer':
        return this.enqueue(() => this.takeOffer(message.sdp));
      case 'answer':
        return this.enqueue(() => this.takeAnswer(message.sdp));
      case 'candidate':
        return this.enqueue(() => this.takeCandidate(message));
      case 'end-of-candidates':
        return this.enqueue(() => this.takeEndOfCandidates());
      case 'restart':
        return this.enqueue(() => this.takeRestart());
    }
  }

  /** Only the offerer can restart ICE; the answerer asks it to. */
  restartIce(): void {
    if (this.settings.role === 'answerer') return this.listener.send({ type: 'restart' });
    this.enqueue(async () => {
      // The answer to the offer before must come first.
      if (this.pc.signalingState === 'stable') await this.offer({ iceRestart: true });
      else this.restartWanted = true;
    });
  }

  /** To be called when other tracks are to be sent. */
  replaceTracks(): void {
    for (const transceiver of this.transceivers()) {
      const track = this.settings.track(transceiver.receiver.track.kind);
      if (transceiver.sender.track !== track) void transceiver.sender.replaceTrack(track).catch(() => undefined);
    }
  }

  /** Credentials for TURN end with the time; new ones hold from the next restart on. */
  setIceServers(iceServers: RTCIceServer[]): void {
    this.pc.setConfiguration({ ...this.pc.getConfiguration(), iceServers });
  }

  sendChat(text: string): void {
    this.chatChannel?.send(text);
  }

  sendStatus(text: string): void {
    if (this.statusChannel?.readyState === 'open') this.statusChannel.send(text);
  }

  close(): void {
    this.pc.onicecandidate = this.pc.ondatachannel = this.pc.ontrack = null;
    this.pc.oniceconnectionstatechange = this.pc.onconnectionstatechange = null;
    this.pc.close();
  }

  private listen(): void {
    const { pc, listener } = this;
    pc.onicecandidate = ({ candidate }) => this.found(candidate);
    pc.onicecandidateerror = ({ url, errorCode, errorText }) => {
      this.serverErrors.push({ url, code: errorCode, text: errorText });
    };
    pc.oniceconnectionstatechange = pc.onconnectionstatechange = () => listener.changed();
    pc.ondatachannel = ({ channel }) => this.adopt(channel);
    pc.ontrack = ({ track }) => {
      this.remoteStream.addTrack(track);
      listener.changed();
    };
  }

  private enqueue(task: () => Promise<void>): void {
    this.work = this.work.then(task).catch((error: unknown) => {
      if (this.pc.signalingState === 'closed') return;
      this.browserError = error instanceof Error ? error.message : String(error);
      this.listener.changed();
    });
  }

  private async begin(): Promise<void> {
    for (const kind of kinds) this.pc.addTransceiver(this.settings.track(kind) ?? kind, { direction: 'sendrecv' });
    this.adopt(this.pc.createDataChannel('chat'));
    this.adopt(this.pc.createDataChannel('status'));
    await this.offer({});
  }

  private async offer(options: RTCOfferOptions): Promise<void> {
    this.restartWanted = false;
    await this.describe(await this.pc.createOffer(options), 'offer');
  }

  private async takeOffer(sdp: string): Promise<void> {
    await this.takeDescription({ type: 'offer', sdp });
    for (const transceiver of this.transceivers()) transceiver.direction = 'sendrecv';
    this.replaceTracks();
    await this.describe(await this.pc.createAnswer(), 'answer');
  }

  private async takeAnswer(sdp: string): Promise<void> {
    const offer = this.pc.localDescription?.sdp ?? '';
    await this.takeDescription({ type: 'answer', sdp: completeAnswer(offer, sdp) });
    if (this.restartWanted) await this.offer({ iceRestart: true });
  }

  /** Where an answer is awaited it will be what is asked for: the peer had not made it when it asked. */
  private async takeRestart(): Promise<void> {
    if (this.pc.signalingState === 'stable') await this.offer({ iceRestart: true });
  }

  private async describe(description: RTCSessionDescriptionInit, type: 'offer' | 'answer'): Promise<void> {
    const sdp = description.sdp ?? '';
    const fragment = usernameFragment(sdp);
    if (fragment !== this.localFragment) this.beginGeneration(fragment);
    await this.pc.setLocalDescription(description);
    this.listener.send({ type, sdp });
    this.listener.changed();
  }

  private beginGeneration(fragment: string | undefined): void {
    this.local = none;
    if (this.localFragment !== undefined) {
      this.generation += 1;
      this.listener.restarted();
    }
    this.localFragment = fragment;
  }

  private async takeDescription(description: { type: RTCSdpType; sdp: string }): Promise<void> {
    const fragment = usernameFragment(description.sdp);
    if (fragment !== this.remoteFragment) this.remote = none;
    this.remoteFragment = fragment;
    this.remote = candidateLines(description.sdp).reduce(withCandidate, this.remote);
    await this.pc.setRemoteDescription(description);
    this.browserError = undefined;
    for (const candidate of this.early.splice(0)) await this.addCandidate(candidate);
    this.listener.changed();
  }

  private async takeCandidate(candidate: CandidateMembers): Promise<void> {
    if (this.pc.remoteDescription) await this.addCandidate(candidate);
    else this.early.push(candidate);
  }

  private async addCandidate({ candidate, usernameFragment: fragment }: CandidateMembers): Promise<void> {
    this.remote = withCandidate(this.remote, candidate);
    this.listener.changed();
    // Everything is bundled, so there is one place for candidates; what a program that knows nothing of our sections
    // calls it does not matter.
    const mid = transportMid(this.pc.remoteDescription?.sdp ?? '');
    const place = mid === undefined ? { sdpMLineIndex: 0 } : { sdpMid: mid };
    const init = { candidate, ...place, ...(fragment ? { usernameFragment: fragment } : {}) };
    // A candidate that is of no use, or of the generation before a restart, is no reason to end a call.
    await this.pc.addIceCandidate(init).catch(() => undefined);
  }

  private async takeEndOfCandidates(): Promise<void> {
    this.remote = { ...this.remote, complete: true };
    this.listener.changed();
    await this.pc.addIceCandidate({ candidate: '' }).catch(() => undefined);
  }

  private found(candidate: RTCIceCandidate | null): void {
    if (!candidate) {
      this.local = { ...this.local, complete: true };
      this.listener.send({ type: 'end-of-candidates' });
    } else if (candidate.candidate !== '') {
      this.local = withCandidate(this.local, candidate.candidate);
      this.listener.send({ type: 'candidate', ...membersOf(candidate) });
    }
    this.listener.changed();
  }

  /** At most one of each kind is ours; a peer that offers more is not served. */
  private transceivers(): RTCRtpTransceiver[] {
    const all = this.pc.getTransceivers();
    const first = kinds.map((kind) => all.find((transceiver) => transceiver.receiver.track.kind === kind));
    return first.filter((transceiver) => transceiver !== undefined);
  }

  private adopt(channel: RTCDataChannel): void {
    const text = (use: (text: string) => void) => (event: MessageEvent<unknown>) => {
      if (typeof event.data === 'string') use(event.data);
    };
    if (channel.label === 'chat') {
      this.chatChannel = channel;
      channel.onmessage = text((said) => this.listener.chat(said));
    } else if (channel.label === 'status') {
      this.statusChannel = channel;
      channel.onmessage = text((said) => this.listener.status(said));
      channel.addEventListener('open', () => this.listener.statusChannelOpen());
    }
    channel.addEventListener('open', () => this.listener.changed());
    channel.addEventListener('close', () => this.listener.changed());
  }
}

/** The members that the browser has filled in: the protocol knows no null. */
function membersOf({ candidate, sdpMid, sdpMLineIndex, usernameFragment: fragment }: RTCIceCandidate): CandidateMembers {
  return {
    candidate,
    ...(sdpMid === null ? {} : { sdpMid }),
    ...(sdpMLineIndex === null ? {} : { sdpMLineIndex }),
    ...(fragment === null ? {} : { usernameFragment: fragment }),
  };
}
