// What the benchmarks of `icelab serve` share: the server in a process of its own, and clients of it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import WebSocket from 'ws';

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const middle = (values) => [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];

/** A server that prints its link. It ends with this process. */
export async function start(command, options) {
  const bound = ['--pdeathsig', 'KILL', '--', command, ...options];
  const child = spawn('setpriv', bound, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [link] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, link };
}

export async function stop({ child }) {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** Resident, in KiB. */
export function memory({ child }) {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]);
}

/** In a room of `icelab serve`; `receive` gets what the peer says. */
export async function join(link, room, receive = () => undefined) {
  const socket = new WebSocket(`${link.replace('http', 'ws')}signal`, 'icelab-signalling.1', { rejectUnauthorized: false });
  let seq = 0;
  let received = 0;
  let peer;
  let introduced;
  let joined;
  const met = new Promise((resolve) => (introduced = resolve));
  const entered = new Promise((resolve) => (joined = resolve));
  socket.on('message', (data) => {
    const message = JSON.parse(data);
    if (message.seq) received = message.seq;
    if (message.type === 'joined') joined();
    else if (message.type === 'peer-joined') introduced((peer = message.peer));
    else if (message.type === 'candidate') receive(message.candidate);
    else if (message.type === 'error' || message.type === 'room-full') throw new Error(message.code ?? message.type);
  });
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'join', room }));
  const heartbeat = setInterval(() => socket.send(JSON.stringify({ type: 'heartbeat', received })), 15000);
  return {
    met,
    entered,
    send: (candidate) => socket.send(JSON.stringify({ type: 'candidate', seq: ++seq, to: peer, candidate })),
    close() {
      clearInterval(heartbeat);
      socket.terminate();
    },
  };
}
