import { retryDelay } from './backoff';
import { Delivery } from './delivery';
import { Heartbeat } from './heartbeat';
import type { SessionMemory } from './memory';
import { codeOfClose, parseServerMessage } from './messages';
import type { ClientMessage, Numbered, PeerMessage, RoomMessage, ServerMessage } from './messages';

/** What the client needs of a WebSocket. */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  send(text: string): void;
  close(): void;
}

/** The world the client lives in, so that its tests have a world of their own. */
export interface Surroundings {
  connect(): Socket;
  now(): number;
  random(): number;
  /** Calls back after a delay in milliseconds; what it returns cancels. */
  after(delay: number, action: () => void): () => void;
  /** Whether the page can be seen. */
  isVisible(): boolean;
  memory: SessionMemory;
}

export interface Listener {
  /** In the room; after this, what was known of an earlier peer is void. */
  joined(): void;
  /** Fresh credentials, in the same session. */
  renewed(iceServers: RTCIceServer[]): void;
  received(message: RoomMessage): void;
  stateChanged(): void;
}

/** `reconnecting`: the connection broke and is being made again. `closed`: it will not be, `reason` says why. */
export type SignallingState = 'connecting' | 'open' | 'reconnecting' | 'closed';

/** After these the session stands, or another can be had: connect again. Everything else but a full room is final. */
const passing = new Set(['silent', 'shutting-down', 'too-far-behind', 'stale-token', 'source-limit']);

/** So many messages unacknowledged, and the next heartbeat is sent sooner. */
const acknowledgeAfter = 32;
const tickEvery = 1000;
/** An attempt to connect that has led to nothing by then is given up. */
const connectWithin = 10_000;
/** A connection that may be broken is, if the server has not answered by then. */
const answerWithin = 5000;
/** A connection that has stood for so long was a good one. */
const proofOfStanding = 5000;
/** A full room is asked so often for a place. */
const askEvery = 5000;
/** How the server closes a connection that has said `leave` (RFC 6455 section 7.4.1). */
const normalClosure = 1000;
/** Before the server has said how long it keeps a session. */
const patience = 15_000;

interface Session {
  token: string;
  delivery: Delivery<PeerMessage & { to: number }>;
  heartbeatInterval: number;
  resumeWithin: number;
}

/** A participant's side of docs/signalling.md: joins a room, and stays in it over broken connections. */
export class SignallingClient {
  state: SignallingState = 'connecting';
  /** The error code why the connection is closed or was last broken, or `room-full` while a place is waited for. */
  reason: string | undefined;

  private socket: Socket | undefined;
  private session: Session | undefined;
  private heartbeat: Heartbeat | undefined;
  private connectingSince = 0;
  private brokenSince: number | undefined;
  private openedAt = 0;
  private attempt = 0;
  private unsaid = 0;
  private cancelRetry: (() => void) | undefined;
  private cancelTick: (() => void) | undefined;

  constructor(
    private readonly room: string,
    private readonly surroundings: Surroundings,
    private readonly listener: Listener,
  ) {}

  start(): void {
    this.connect();
    this.scheduleTick();
  }

  /** Says something to the peer: now, or as soon as there is a connection again. */
  send(to: number, message: PeerMessage): void {
    if (!this.session || this.state === 'closed') return;
    const numbered = this.session.delivery.number({ ...message, to });
    if (this.state === 'open') this.transmit(numbered);
  }

  /** Goodbye. As it may not arrive, the session is forgotten only once the server has confirmed it. */
  leave(): void {
    const { socket, session } = this;
    if (this.state === 'open') this.transmit({ type: 'leave' });
    this.close('left');
    if (!socket || !session) return;
    socket.onclose = ({ code }) => {
      if (code === normalClosure) this.surroundings.memory.forget(session.token);
    };
  }

  /** Whether a break has lasted for longer than a session is kept. */
  isLost(): boolean {
    if (this.state === 'closed') return true;
    if (this.state === 'open' || this.brokenSince === undefined) return false;
    return this.surroundings.now() - this.brokenSince >= (this.session?.resumeWithin ?? patience);
  }

  /**
   * To be called when the connection may have broken, or can be made again: the network is another, the peer is not heard
   * any more, the page comes back. Does what is due now instead of when a timer comes, and asks the server for an answer.
   */
  wake(): void {
    if (this.state === 'closed') return;
    if (this.cancelRetry) return this.connect();
    this.checkTime();
    this.sendHeartbeat(answerWithin);
  }

  private connect(): void {
    this.cancelRetry?.();
    this.cancelRetry = undefined;
    this.connectingSince = this.surroundings.now();
    this.brokenSince ??= this.connectingSince;
    const socket = this.surroundings.connect();
    this.socket = socket;
    socket.onopen = () => this.transmit(this.greeting());
    socket.onmessage = ({ data }) => this.receive(String(data));
    socket.onclose = ({ code }) => {
      const reason = codeOfClose(code);
      if (reason) this.refused(reason);
      else this.broken('unreachable');
    };
  }

  private greeting(): ClientMessage {
    if (this.session) return { type: 'resume', token: this.session.token, received: this.session.delivery.received };
    const replaces = this.surroundings.memory.recall();
    return { type: 'join', room: this.room, ...(replaces === undefined ? {} : { replaces }) };
  }

  private transmit(message: ClientMessage): void {
    this.socket?.send(JSON.stringify(message));
  }

  private receive(text: string): void {
    const message = parseServerMessage(text);
    if (!message) return;
    this.heartbeat?.heard();
    this.checkTime();
    switch (message.type) {
      case 'joined':
        return this.joined(message);
      case 'resumed':
        return this.resumed(message);
      case 'heartbeat':
        this.session?.delivery.acknowledge(message.received);
        if (Array.isArray(message.ice_servers)) this.listener.renewed(message.ice_servers);
        return;
      case 'room-full':
        return this.refused('room-full');
      case 'error':
        return this.refused(message.code);
      default:
        return this.receiveNumbered(message);
    }
  }

  private joined(message: ServerMessage & { type: 'joined' }): void {
    this.session = {
      token: message.token,
      delivery: new Delivery(),
      heartbeatInterval: message.heartbeat_s * 1000,
      resumeWithin: message.resume_s * 1000,
    };
    this.surroundings.memory.remember(message.token);
    this.opened(this.session);
    this.listener.joined();
  }

  private resumed(message: ServerMessage & { type: 'resumed' }): void {
    if (!this.session) return;
    this.session.delivery.acknowledge(message.received);
    this.opened(this.session);
    this.session.delivery.pending().forEach((pending) => this.transmit(pending));
    this.listener.renewed(message.ice_servers);
  }

  private opened(session: Session): void {
    this.heartbeat = new Heartbeat(session.heartbeatInterval, this.surroundings.now());
    this.openedAt = this.surroundings.now();
    this.brokenSince = undefined;
    this.unsaid = 0;
    this.reason = undefined;
    this.changeState('open');
  }

  private receiveNumbered(message: Numbered<RoomMessage>): void {
    const order = this.session?.delivery.accept(message.seq);
    // What is missing comes again after a resume: the server keeps it until we say that we have it.
    if (order === 'gap') return this.broken('message-missing');
    if (order !== 'next') return;
    if (++this.unsaid >= acknowledgeAfter) this.sendHeartbeat();
    this.listener.received(message);
  }

  private sendHeartbeat(patience?: number): void {
    if (!this.session || this.state !== 'open') return;
    this.transmit({ type: 'heartbeat', received: this.session.delivery.received });
    this.heartbeat?.sent(this.surroundings.now(), patience);
    this.unsaid = 0;
  }

  private scheduleTick(): void {
    this.cancelTick = this.surroundings.after(tickEvery, () => {
      this.scheduleTick();
      this.checkTime();
    });
  }

  private checkTime(): void {
    const now = this.surroundings.now();
    if (this.state === 'open') {
      if (this.heartbeat?.isServerSilent(now)) this.broken('silent');
      else if (this.heartbeat?.isDue(now)) this.sendHeartbeat();
    } else if (this.socket && now - this.connectingSince >= connectWithin) {
      this.broken('unreachable');
    }
  }

  /** The server named a reason, which says whether it is worth coming back. */
  private refused(code: string): void {
    if (code === 'room-full') return this.waitForPlace();
    if (code === 'stale-token' || !passing.has(code)) this.forgetSession();
    if (passing.has(code)) this.broken(code);
    else this.close(code);
  }

  private forgetSession(): void {
    if (this.session) this.surroundings.memory.forget(this.session.token);
    this.session = undefined;
  }

  /** One who leaves, or is not heard any more, makes a place. */
  private waitForPlace(): void {
    this.dropSocket();
    this.reason = 'room-full';
    // A server that answers is not lost.
    this.brokenSince = undefined;
    this.attempt = 0;
    this.askLater();
    this.changeState('connecting');
  }

  /** A hidden page asks when it is seen again: nobody is to be in a call without knowing. */
  private askLater(): void {
    const ask = () => (this.surroundings.isVisible() ? this.connect() : this.askLater());
    this.cancelRetry = this.surroundings.after(askEvery, ask);
  }

  /** The connection is of no use any more: make another. */
  private broken(reason: string): void {
    const now = this.surroundings.now();
    this.dropSocket();
    this.reason = reason;
    this.brokenSince ??= now;
    // A server that lets us in and throws us out at once must not be asked again at once, for ever.
    if (this.state === 'open' && now - this.openedAt >= proofOfStanding) this.attempt = 0;
    const delay = retryDelay(this.attempt++, this.surroundings.random());
    this.cancelRetry = this.surroundings.after(delay, () => this.connect());
    this.changeState(this.state === 'connecting' ? 'connecting' : 'reconnecting');
  }

  private close(code: string): void {
    this.dropSocket();
    this.cancelRetry?.();
    this.cancelTick?.();
    this.cancelRetry = undefined;
    this.reason = code;
    this.changeState('closed');
  }

  /** The old socket's late events must not be taken for the new one's. */
  private dropSocket(): void {
    if (!this.socket) return;
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.socket = undefined;
  }

  private changeState(state: SignallingState): void {
    this.state = state;
    this.listener.stateChanged();
  }
}
