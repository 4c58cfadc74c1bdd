#!/usr/bin/env node
// One kind of attack on `icelab serve`, from an address of its own, until its standard input ends: what attacks.mjs
// starts.
// Usage: attacker.mjs KIND PORT
import net from 'node:net';
import { createHash, randomBytes } from 'node:crypto';

const [kind, port] = process.argv.slice(2);
const from = '127.0.0.66';
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function connect() {
  const socket = net.connect({ host: '127.0.0.1', port: Number(port), localAddress: from });
  socket.on('error', () => undefined);
  return socket;
}

const upgrade =
  'GET /signal HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n` +
  'Sec-WebSocket-Protocol: icelab-signalling.1\r\n\r\n';

/** A text frame of a client, masked with zeros. */
function frame(message) {
  const text = Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
  const head = text.length < 126 ? Buffer.from([0x81, 0x80 | text.length]) : Buffer.from([0x81, 0xfe, text.length >> 8, text.length & 0xff]);
  return Buffer.concat([head, Buffer.alloc(4), text]);
}

const room = () => createHash('sha256').update(randomBytes(16)).digest('hex').slice(0, 32);

function openSocket(onOpen) {
  const socket = connect();
  socket.write(upgrade);
  socket.once('data', () => onOpen(socket));
  return socket;
}

/** So many at a time, each as soon as the one before is over. */
function repeat(width, once) {
  const next = async () => {
    await once();
    setImmediate(next);
  };
  for (let i = 0; i < width; ++i) void next();
}

const closed = (socket) => new Promise((resolve) => socket.once('close', resolve));

const kinds = {
  /** Joins a room, and goes. */
  joins: () =>
    repeat(20, () => {
      const socket = openSocket(() => socket.end(frame({ type: 'join', room: room() })));
      setTimeout(() => socket.destroy(), 100);
      return closed(socket);
    }),
  /** Meets itself, to have credentials for TURN. */
  credentials: () =>
    repeat(20, () => {
      const name = room();
      const [one, other] = [0, 1].map(() => openSocket((socket) => socket.write(frame({ type: 'join', room: name }))));
      setTimeout(() => [one, other].forEach((socket) => socket.destroy()), 100);
      return Promise.all([closed(one), closed(other)]);
    }),
  /** Says that it has had everything, and reads nothing. */
  deaf: () =>
    repeat(20, async () => {
      const name = room();
      const speaker = openSocket((socket) => socket.write(frame({ type: 'join', room: name })));
      await sleep(50);
      const deaf = openSocket((socket) => {
        socket.pause();
        socket.write(frame({ type: 'join', room: name }));
      });
      speaker.on('data', () => undefined);
      const sdp = 'x'.repeat(60000);
      for (let seq = 1; seq < 500 && !speaker.destroyed && !deaf.destroyed; ++seq) {
        speaker.write(frame({ type: 'offer', seq, to: 2, sdp }));
        deaf.write(frame({ type: 'heartbeat', received: seq }));
        await sleep(20);
      }
      speaker.destroy();
      deaf.destroy();
    }),
  /** Objects with as many members as a message holds. */
  members: () => {
    const members = Array.from({ length: 6000 }, (_, index) => `"${index}":0`).join(',');
    const message = frame(`{"type":"heartbeat","received":0,${members}}`);
    for (let i = 0; i < 150; ++i) {
      openSocket((socket) => {
        socket.on('data', () => undefined);
        socket.write(frame({ type: 'join', room: room() }));
        setInterval(() => socket.write(message), 1000);
      });
    }
  },
  /** Pings, each of which wants an answer. */
  pings: () => {
    const ping = Buffer.concat([Buffer.from([0x89, 0xfd]), Buffer.alloc(4 + 125)]);
    repeat(50, () => {
      const socket = openSocket(() => {
        socket.on('data', () => undefined);
        setInterval(() => socket.destroyed || socket.write(Buffer.concat(Array(20).fill(ping))), 20).unref();
      });
      return closed(socket);
    });
  },
  /** Headers that come byte by byte. */
  headers: () => {
    for (let i = 0; i < 400; ++i) {
      repeat(1, async () => {
        const socket = connect();
        socket.write('GET / HTTP/1.1\r\nX: ');
        const timer = setInterval(() => socket.write('x'), 1000);
        await closed(socket);
        clearInterval(timer);
        await sleep(100);
      });
    }
  },
  /** Connections that say nothing. */
  silence: () => {
    for (let i = 0; i < 400; ++i) {
      repeat(1, async () => {
        const socket = connect();
        socket.resume();
        await closed(socket);
        await sleep(100);
      });
    }
  },
};

// Nothing of it outlives who started it, nor goes on for ever.
process.stdin.on('end', () => process.exit()).resume();
setTimeout(() => process.exit(), 60_000);
kinds[kind]();
