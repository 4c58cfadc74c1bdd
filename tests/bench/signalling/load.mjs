#!/usr/bin/env node
// What relaying costs: a thousand rooms of two, in which each says something ten times, over `icelab serve` and over a
// socket.io server that does the same, in turn, in processes of their own. Prints the time from one client to the other,
// what was lost or reordered, and the server's memory.
// Usage: load.mjs PROGRAM (icelab's) PAGES (a folder that has an index.html)
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { io } from 'socket.io-client';
import { join, memory, middle, sleep, start, stop } from './clients.mjs';

const rooms = 1000;
const messages = 10; // of each client
const interval = 1000; // between two of one client, in milliseconds
const rounds = 3;

const [program, pages] = process.argv.slice(2);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const text = 'x'.repeat(200); // a candidate's length

const icelab = {
  name: 'icelab serve',
  start: () => start(program, ['serve', '--listen', '127.0.0.1:0', '--pages', pages, '--source-connections', '10000']),
  join,
};

const socketIo = {
  name: 'socket.io',
  start: () => start(process.execPath, [here('socket_io_server.mjs')]),
  async join(link, room, receive) {
    const socket = io(link, { transports: ['websocket'], forceNew: true, reconnection: false });
    const met = once(socket, 'peer-joined');
    socket.on('candidate', receive);
    await once(socket, 'connect');
    socket.emit('join', room);
    return { met, send: (candidate) => socket.emit('candidate', candidate), close: () => socket.disconnect() };
  },
};

async function measure(kind) {
  const server = await kind.start();
  const before = memory(server);
  const times = [];
  let disordered = 0;
  const clients = [];
  for (let number = 0; number < rooms; ++number) {
    const room = `bench-room-${String(number).padStart(12, '0')}`;
    for (let side = 0; side < 2; ++side) {
      let last = -1;
      const receive = (candidate) => {
        const [sent, index] = candidate.split(' ', 2).map(Number);
        times.push(performance.now() - sent);
        if (index !== last + 1) ++disordered;
        last = index;
      };
      clients.push(await kind.join(server.link, room, receive));
    }
  }
  await Promise.all(clients.map(({ met }) => met));
  const held = memory(server);
  const speak = async (client, delay) => {
    await sleep(delay);
    for (let index = 0; index < messages; ++index) {
      client.send(`${performance.now()} ${index} ${text}`);
      await sleep(interval);
    }
  };
  // Evenly over the interval: what is measured is the way, not the crowd.
  await Promise.all(clients.map((client, index) => speak(client, (index * interval) / clients.length)));
  await sleep(1000);
  for (const client of clients) client.close();
  await stop(server);
  times.sort((one, other) => one - other);
  const at = (part) => times[Math.floor((times.length - 1) * part)];
  return {
    median: at(0.5), p99: at(0.99), worst: at(1), lost: 2 * rooms * messages - times.length, disordered,
    perConnection: (held - before) / clients.length,
  };
}

const results = { [icelab.name]: [], [socketIo.name]: [] };
for (let round = 0; round < rounds; ++round) {
  for (const kind of [icelab, socketIo]) results[kind.name].push(await measure(kind));
}
const p99 = {};
let broken = 0;
for (const [name, runs] of Object.entries(results)) {
  const of = (key) => middle(runs.map((run) => run[key]));
  const sum = (key) => runs.reduce((total, run) => total + run[key], 0);
  p99[name] = of('p99');
  if (name === icelab.name) broken = sum('lost') + sum('disordered');
  console.log(
    `${name.padEnd(14)} ${2 * rooms} connections: relayed in ${of('median').toFixed(2)} ms (median), ` +
      `${of('p99').toFixed(2)} ms (p99), ${of('worst').toFixed(1)} ms (worst); lost ${sum('lost')}, ` +
      `out of order ${sum('disordered')}; ${of('perConnection').toFixed(1)} KiB a connection`,
  );
}
console.log(`RATIO p99 of icelab serve / socket.io   ${(p99[icelab.name] / p99[socketIo.name]).toFixed(2)} (below 1)`);
process.exit(broken === 0 ? 0 : 1);
