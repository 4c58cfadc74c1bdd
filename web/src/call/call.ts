import { SignallingClient } from '../signalling/client';
import type { Leaving, PeerMessage, Role, RoomMessage } from '../signalling/messages';
import { browserSurroundings } from '../signalling/websocket';
import { addMessage, parseStatus } from './chat';
import { diagnose } from './diagnosis';
import type { LocalMedia } from './media';
import { Monitor } from './monitor';
import { watchNetwork } from './network';
import { ofLatestGeneration } from './pairs';
import { Peer } from './peer';
import { RestartPolicy } from './restart';
import { callState, isUp } from './state';
import type { CallSnapshot, CallState, ChatMessage, RemoteStatus } from './state';

export interface CallSettings {
  room: string;
  relayOnly: boolean;
  media: LocalMedia;
}

/** Longer than any browser needs to try all pairs: some never say that there are none left. */
const connectWithin = 30_000;
const readEvery = 1000;

/** What there is of one peer, and ends with it. */
interface Meeting {
  number: number;
  role: Role;
  peer: Peer;
  monitor: Monitor;
  policy: RestartPolicy;
  connectingSince: number;
  isUp: boolean;
  everUp: boolean;
  /** The user wants it tried again. */
  isRetrying: boolean;
  status: RemoteStatus | undefined;
  /** The peer is gone as far as the server knows, but it is still heard: signalling may break where a call stands. */
  isOrphan: boolean;
}

/** One stay in a room, from joining to hanging up: signalling, the connection with whoever is there, and the chat. */
export class Call {
  private readonly signalling: SignallingClient;
  private readonly listeners = new Set<() => void>();
  private readonly stopWatching: () => void;
  private readonly timer: number;
  private meeting: Meeting | undefined;
  private joined = false;
  private hungUp = false;
  private peerLeft: Leaving | undefined;
  private chat: readonly ChatMessage[] = [];
  private current: CallSnapshot;

  constructor(private readonly settings: CallSettings) {
    this.signalling = new SignallingClient(settings.room, browserSurroundings(settings.room), {
      joined: () => this.onJoined(),
      renewed: (iceServers) => this.meeting?.peer.setIceServers(iceServers),
      received: (message) => this.onMessage(message),
      stateChanged: () => this.update(),
    });
    this.current = this.makeSnapshot();
    this.stopWatching = watchNetwork(() => this.onNetworkChanged());
    this.timer = window.setInterval(() => void this.onTimer(), readEvery);
    this.signalling.start();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): CallSnapshot => this.current;

  say(text: string): void {
    this.meeting?.peer.sendChat(text);
    this.addChat(text, true);
  }

  /** By hand: whatever has been tried before. */
  retry(): void {
    if (!this.meeting) return;
    this.meeting.connectingSince = Date.now();
    this.meeting.isRetrying = true;
    this.restartIce(this.meeting);
  }

  /** The tracks to be sent have changed. */
  mediaChanged(): void {
    this.meeting?.peer.replaceTracks();
    this.sendStatus();
    this.update();
  }

  hangUp(): void {
    if (this.hungUp) return;
    this.hungUp = true;
    window.clearInterval(this.timer);
    this.stopWatching();
    this.signalling.leave();
    this.part();
    this.update();
  }

  /** The page is seen again: what its timers should have done meanwhile is done now. */
  wake(): void {
    this.signalling.wake();
  }

  private onJoined(): void {
    this.joined = true;
    // A second joining: the old session, and with it our number for the peer, is void.
    if (this.meeting) this.meeting.isOrphan = true;
    this.update();
  }

  private onMessage(message: RoomMessage): void {
    if (message.type === 'peer-joined') this.meet(message.peer, message.role, message.ice_servers);
    else if (message.type === 'peer-left') this.onPeerLeft(message);
    else if (message.from === this.meeting?.number) this.meeting.peer.receive(message);
  }

  private meet(number: number, role: Role, iceServers: RTCIceServer[]): void {
    this.part();
    this.peerLeft = undefined;
    const { media, relayOnly } = this.settings;
    const settings = { role, relayOnly, iceServers, track: (kind: string) => media.track(kind) };
    const peer = new Peer(settings, {
      send: (message) => this.send(number, message),
      chat: (text) => this.addChat(text, false),
      status: (text) => this.onStatus(number, text),
      statusChannelOpen: () => this.sendStatus(),
      restarted: () => this.meeting?.policy.begun(Date.now()),
      changed: () => this.onPeerChanged(number),
    });
    this.meeting = {
      number,
      role,
      peer,
      monitor: new Monitor(),
      policy: new RestartPolicy(),
      connectingSince: Date.now(),
      isUp: false,
      everUp: false,
      isRetrying: false,
      status: undefined,
      isOrphan: false,
    };
    this.update();
  }

  private send(number: number, message: PeerMessage): void {
    if (this.meeting?.number === number && !this.meeting.isOrphan) this.signalling.send(number, message);
  }

  private onPeerLeft({ peer, reason }: { peer: number; reason: Leaving }): void {
    if (peer !== this.meeting?.number) return;
    this.peerLeft = reason;
    this.meeting.isOrphan = true;
    if (reason === 'left') this.part();
    this.update();
  }

  private onPeerChanged(number: number): void {
    const { meeting } = this;
    if (meeting?.number !== number) return;
    const ice = meeting.peer.iceState;
    const wasUp = meeting.isUp;
    meeting.isUp = isUp(ice);
    if (meeting.isUp) {
      meeting.everUp = true;
      meeting.isRetrying = false;
    } else if (wasUp) {
      // What took the peer away may have taken the server as well, and a restart needs it.
      this.signalling.wake();
    }
    meeting.policy.observe(ice, Date.now());
    this.update();
  }

  private onStatus(number: number, text: string): void {
    if (this.meeting?.number !== number) return;
    this.meeting.status = parseStatus(text) ?? this.meeting.status;
    this.update();
  }

  private sendStatus(): void {
    const { microphone, camera, screen } = this.settings.media.state();
    this.meeting?.peer.sendStatus(JSON.stringify({ microphone, camera, screen }));
  }

  private onNetworkChanged(): void {
    this.signalling.wake();
    if (this.meeting) {
      this.meeting.connectingSince = Date.now();
      this.meeting.policy.networkChanged();
    }
    this.restartIfDue();
  }

  private async onTimer(): Promise<void> {
    const { meeting } = this;
    if (meeting) {
      // The time to connect again begins when the connection is lost.
      if (isUp(meeting.peer.iceState)) meeting.connectingSince = Date.now();
      meeting.monitor.read(await meeting.peer.report(), Date.now(), meeting.peer.generation);
      this.restartIfDue();
    }
    this.update();
  }

  private restartIfDue(): void {
    const { meeting } = this;
    if (meeting?.policy.isDue(Date.now())) this.restartIce(meeting);
  }

  private restartIce(meeting: Meeting): void {
    if (meeting.isOrphan) return;
    meeting.policy.attempted(Date.now());
    meeting.peer.restartIce();
    this.update();
  }

  private part(): void {
    this.meeting?.peer.close();
    this.meeting = undefined;
  }

  private addChat(text: string, mine: boolean): void {
    this.chat = addMessage(this.chat, text, mine, Date.now());
    this.update();
  }

  private update(): void {
    const { meeting } = this;
    if (meeting?.isOrphan && !isUp(meeting.peer.iceState)) this.part();
    this.current = this.makeSnapshot();
    this.listeners.forEach((listener) => listener());
  }

  private state(): CallState {
    const { meeting, signalling } = this;
    return callState({
      hungUp: this.hungUp,
      joined: this.joined,
      signallingLost: signalling.isLost(),
      signallingClosed: signalling.state === 'closed',
      roomFull: signalling.reason === 'room-full',
      hasPeer: meeting !== undefined,
      ice: meeting?.peer.iceState ?? 'new',
      connection: meeting?.peer.connectionState ?? 'new',
      browserError: meeting?.peer.browserError !== undefined,
      trying: meeting !== undefined && (meeting.isRetrying || meeting.policy.isTrying()),
      overdue: meeting !== undefined && Date.now() - meeting.connectingSince >= connectWithin,
    });
  }

  private makeSnapshot(): CallSnapshot {
    const { meeting, signalling } = this;
    const state = this.state();
    const none = { candidates: [], complete: false };
    return {
      state,
      wasConnected: meeting?.everUp ?? false,
      peerLeft: this.peerLeft,
      role: meeting?.role,
      signalling: signalling.state,
      signallingReason: signalling.reason,
      ice: meeting?.peer.iceState ?? 'none',
      dtls: meeting?.peer.dtlsState ?? 'none',
      media: meeting?.monitor.media ?? 'none',
      // What getStats calls selected may carry nothing any more.
      path: meeting && isUp(meeting.peer.iceState) ? meeting.monitor.path : 'none',
      reasons: state === 'failed' || state === 'room-full' ? this.reasons() : [],
      local: this.settings.media.state(),
      localPicture: this.settings.media.picture(),
      remote: meeting?.status,
      remoteStream: meeting?.peer.remoteStream,
      localCandidates: meeting?.peer.local ?? none,
      remoteCandidates: meeting?.peer.remote ?? none,
      pairs: meeting?.monitor.pairs ?? [],
      history: meeting?.monitor.history ?? [],
      framesDecoded: meeting?.monitor.latest?.framesDecoded ?? 0,
      bytesSent: meeting?.monitor.latest?.bytesSent ?? 0,
      bytesReceived: meeting?.monitor.latest?.bytesReceived ?? 0,
      chat: this.chat,
      isChatOpen: meeting?.peer.isChatOpen ?? false,
      sdp: meeting?.peer.descriptions ?? { local: undefined, remote: undefined },
    };
  }

  private reasons(): ReturnType<typeof diagnose> {
    const { meeting, signalling } = this;
    return diagnose({
      signalling: { lost: signalling.isLost(), closed: signalling.state === 'closed', reason: signalling.reason },
      browserError: meeting?.peer.browserError,
      hasPeer: meeting !== undefined,
      relayOnly: this.settings.relayOnly,
      answered: meeting?.peer.isAnswered ?? false,
      iceConnected: isUp(meeting?.peer.iceState ?? 'none'),
      local: meeting?.peer.local.candidates ?? [],
      remote: meeting?.peer.remote.candidates ?? [],
      pairs: ofLatestGeneration(meeting?.monitor.pairs ?? []),
      serverErrors: meeting?.peer.serverErrors ?? [],
    });
  }
}
