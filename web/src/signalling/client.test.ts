import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignallingClient } from './client';
import type { Socket } from './client';

const room = '7dXk0mW2q5TzYv9bLhR4cA';
const welcome = (token: string) => ({ type: 'joined', protocol: 1, token, ice_servers: [], heartbeat_s: 15, resume_s: 60 });
const joined = welcome('t');

class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  sent: unknown[] = [];
  closed = false;
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.closed = true;
  }
}

/** A client in a world where time passes when the test says so. */
class World {
  now = 0;
  sockets: FakeSocket[] = [];
  heard: unknown[] = [];
  isVisible = true;
  timers = new Set<{ at: number; action: () => void }>();
  client = new SignallingClient(
    room,
    {
      connect: () => {
        this.sockets.push(new FakeSocket());
        return this.socket;
      },
      now: () => this.now,
      random: () => 1,
      after: (delay, action) => {
        const timer = { at: this.now + delay, action };
        this.timers.add(timer);
        return () => this.timers.delete(timer);
      },
      isVisible: () => this.isVisible,
      memory: {
        recall: () => this.remembered,
        remember: (token) => (this.remembered = token),
        forget: (token) => {
          if (this.remembered === token) this.remembered = undefined;
        },
      },
    },
    {
      joined: () => this.heard.push('joined'),
      renewed: () => this.heard.push('renewed'),
      received: (message) => this.heard.push(message.type),
      stateChanged: () => undefined,
    },
  );

  /** `remembered` is what an earlier page of this tab has left. */
  constructor(public remembered?: string) {
    this.client.start();
  }

  get socket(): FakeSocket {
    return this.sockets.at(-1) as FakeSocket;
  }

  say(...messages: object[]): void {
    for (const message of messages) this.socket.onmessage?.({ data: JSON.stringify(message) });
  }

  join(): this {
    this.socket.onopen?.();
    this.say(joined);
    return this;
  }

  breakDown(code = 1006): void {
    this.socket.onclose?.({ code });
    this.pass(0);
  }

  pass(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (;;) {
      const next = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers.delete(next);
      this.now = Math.max(this.now, next.at);
      next.action();
    }
    this.now = end;
  }
}

const peerJoined = { type: 'peer-joined', seq: 1, peer: 2, role: 'offerer', ice_servers: [] };
const restart = (seq: number) => ({ type: 'restart', seq, from: 2 });

test('joins, and hears who is there', () => {
  const world = new World().join();
  world.say(peerJoined);
  assert.deepEqual(world.socket.sent, [{ type: 'join', room }]);
  assert.deepEqual(world.heard, ['joined', 'peer-joined']);
  assert.equal(world.client.state, 'open');
});

test('resumes after a break, and says again what was not received', () => {
  const world = new World().join();
  world.say(peerJoined);
  world.client.send(2, { type: 'offer', sdp: 'a' });
  world.client.send(2, { type: 'end-of-candidates' });
  world.breakDown();
  world.client.send(2, { type: 'offer', sdp: 'b' });
  world.socket.onopen?.();
  assert.deepEqual(world.socket.sent, [{ type: 'resume', token: 't', received: 1 }]);
  world.say({ type: 'resumed', received: 1, ice_servers: [] });
  assert.deepEqual(world.socket.sent.slice(1), [
    { type: 'end-of-candidates', to: 2, seq: 2 },
    { type: 'offer', sdp: 'b', to: 2, seq: 3 },
  ]);
});

test('takes other credentials with the answer to a heartbeat, and does without', () => {
  const world = new World().join();
  world.say({ type: 'heartbeat', received: 0 }, { type: 'heartbeat', received: 0, ice_servers: [] });
  assert.deepEqual(world.heard, ['joined', 'renewed']);
});

test('ignores what comes a second time', () => {
  const world = new World().join();
  world.say(peerJoined, peerJoined, restart(2), restart(2));
  assert.deepEqual(world.heard, ['joined', 'peer-joined', 'restart']);
});

test('asks again when a message is missing', () => {
  const world = new World().join();
  world.say(peerJoined, restart(3));
  world.pass(0);
  world.socket.onopen?.();
  assert.deepEqual(world.socket.sent, [{ type: 'resume', token: 't', received: 1 }]);
});

test('a break of the first connection leads to another join', () => {
  const world = new World();
  world.breakDown();
  world.socket.onopen?.();
  assert.deepEqual(world.socket.sent, [{ type: 'join', room }]);
});

test('joins anew when the session is gone', () => {
  const world = new World().join();
  world.breakDown();
  world.socket.onopen?.();
  world.say({ type: 'error', code: 'stale-token', message: '' });
  world.pass(1000);
  world.join();
  assert.deepEqual(world.socket.sent, [{ type: 'join', room }]);
  assert.deepEqual(world.heard, ['joined', 'joined']);
});

test('waits longer and longer for a server that does not answer', () => {
  const world = new World();
  for (let attempt = 0; attempt < 10; ++attempt) world.breakDown();
  const before = world.sockets.length;
  world.pass(40_000);
  assert.ok(world.sockets.length - before <= 5);
});

test('is not let in and thrown out in a hurry', () => {
  const world = new World().join();
  for (let second = 0; second < 20; ++second) {
    world.breakDown();
    world.socket.onopen?.();
    world.say({ type: 'resumed', received: 0, ice_servers: [] });
    world.pass(1000);
  }
  assert.ok(world.sockets.length < 12, `${world.sockets.length}`);
});

test('a heartbeat says how much has been received', () => {
  const world = new World().join();
  world.say(peerJoined);
  world.pass(15_000);
  assert.deepEqual(world.socket.sent.at(-1), { type: 'heartbeat', received: 1 });
});

test('a heartbeat comes sooner after 32 messages', () => {
  const world = new World().join();
  world.say(peerJoined, ...Array.from({ length: 31 }, (_, index) => restart(index + 2)));
  assert.deepEqual(world.socket.sent.at(-1), { type: 'heartbeat', received: 32 });
});

test('a server that says nothing is given up', () => {
  const world = new World().join();
  world.pass(46_000);
  assert.equal(world.sockets.length, 2);
  assert.equal(world.client.reason, 'silent');
});

test('where the network may be another, the server is asked and soon given up', () => {
  const world = new World().join();
  world.client.wake();
  assert.deepEqual(world.socket.sent.at(-1), { type: 'heartbeat', received: 0 });
  world.pass(4000);
  assert.equal(world.sockets.length, 1);
  world.pass(1000);
  assert.equal(world.sockets.length, 2);
  world.socket.onopen?.();
  assert.deepEqual(world.socket.sent, [{ type: 'resume', token: 't', received: 0 }]);
});

test('and kept if it answers', () => {
  const world = new World().join();
  world.client.wake();
  world.say({ type: 'heartbeat', received: 0 });
  world.pass(10_000);
  assert.equal(world.sockets.length, 1);
});

test('a page that slept does not give up its server', () => {
  const world = new World().join();
  world.now = 60_000;
  world.pass(1000);
  assert.equal(world.sockets.length, 1);
  assert.deepEqual(world.socket.sent.at(-1), { type: 'heartbeat', received: 0 });
});

test('a page that is loaded again takes the place of its earlier session', () => {
  const world = new World('t');
  world.socket.onopen?.();
  assert.deepEqual(world.socket.sent, [{ type: 'join', room, replaces: 't' }]);
  world.say(welcome('u'));
  assert.equal(world.remembered, 'u');
});

test('also where the first connection broke', () => {
  const world = new World('t');
  world.breakDown();
  world.socket.onopen?.();
  assert.deepEqual(world.socket.sent, [{ type: 'join', room, replaces: 't' }]);
});

for (const code of ['stale-token', 'superseded', 'idle']) {
  test(`a session that the server has ended (${code}) is forgotten`, () => {
    const world = new World().join();
    assert.equal(world.remembered, 't');
    world.say({ type: 'error', code, message: '' });
    assert.equal(world.remembered, undefined);
  });
}

test('a goodbye that the server confirms ends the session, and one that may be lost does not', () => {
  for (const [code, remembered] of [[1000, undefined], [1006, 't']] as const) {
    const world = new World().join();
    world.client.leave();
    assert.equal(world.remembered, 't');
    world.socket.onclose?.({ code });
    assert.equal(world.remembered, remembered);
  }
});

/** Two are in the room. */
function refused(world: World): void {
  world.socket.onopen?.();
  world.say({ type: 'room-full' });
}

test('a third in a room is told, and let in when there is a place', () => {
  const world = new World();
  for (let asked = 1; asked <= 20; ++asked) {
    assert.equal(world.sockets.length, asked);
    refused(world);
    assert.equal(world.client.reason, 'room-full');
    assert.equal(world.client.isLost(), false);
    world.pass(5000);
  }
  world.join();
  assert.equal(world.client.state, 'open');
  assert.equal(world.client.reason, undefined);
});

test('a room is known to be full also where only the close code comes through', () => {
  const world = new World();
  world.breakDown(4004);
  assert.equal(world.client.reason, 'room-full');
});

test('nobody waits for a place behind a hidden page, but from when it is seen again', () => {
  const world = new World();
  refused(world);
  world.isVisible = false;
  world.pass(60_000);
  assert.equal(world.sockets.length, 1);
  world.isVisible = true;
  world.client.wake();
  assert.equal(world.sockets.length, 2);
});

test('who waits for a place can leave', () => {
  const world = new World();
  refused(world);
  world.client.leave();
  world.pass(60_000);
  assert.equal(world.sockets.length, 1);
});

test('a server that is gone while a place is waited for is lost after a while', () => {
  const world = new World();
  refused(world);
  world.pass(5000);
  world.breakDown();
  assert.equal(world.client.reason, 'unreachable');
  assert.equal(world.client.isLost(), false);
  world.pass(20_000);
  assert.equal(world.client.isLost(), true);
});

for (const told of ['by a message', 'by the close code']) {
  test(`where one address has too many connections, as told ${told}, the session is resumed later`, () => {
    const world = new World().join();
    world.breakDown();
    for (let refusal = 0; refusal < 10; ++refusal) {
      world.socket.onopen?.();
      if (told === 'by a message') world.say({ type: 'error', code: 'source-limit', message: '' });
      else world.breakDown(4007);
      world.pass(3000);
    }
    assert.ok(world.sockets.length < 10, `${world.sockets.length}`);
    assert.equal(world.client.reason, 'source-limit');
    world.pass(8000);
    world.socket.onopen?.();
    assert.deepEqual(world.socket.sent, [{ type: 'resume', token: 't', received: 0 }]);
  });
}

test('one who was replaced does not fight for its place', () => {
  const world = new World().join();
  world.breakDown(4001);
  world.pass(60_000);
  assert.equal(world.client.reason, 'superseded');
  assert.equal(world.sockets.length, 1);
});

test('is lost when a break outlasts the session', () => {
  const world = new World().join();
  world.breakDown();
  world.pass(59_000);
  assert.equal(world.client.isLost(), false);
  world.pass(1000);
  assert.equal(world.client.isLost(), true);
});

test('says goodbye', () => {
  const world = new World().join();
  world.client.leave();
  assert.deepEqual(world.socket.sent.at(-1), { type: 'leave' });
  assert.ok(world.socket.closed);
  assert.equal(world.timers.size, 0);
});

test('what is no message is passed over', () => {
  const world = new World().join();
  world.socket.onmessage?.({ data: 'no JSON' });
  world.say([], { type: 'toString' }, { type: 'candidate', seq: 1, from: 2 }, { ...peerJoined, ice_servers: undefined });
  assert.deepEqual(world.heard, ['joined']);
});
