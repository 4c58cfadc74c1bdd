#!/usr/bin/env node
// What one process of `icelab serve` holds, and what it bears: idle connections, everybody coming back at once, and the
// time from one client to the other while somebody attacks.
// Usage: attacks.mjs PROGRAM (icelab's) PAGES (a folder that has an index.html) [PART...]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { join, memory, middle, sleep, start, stop } from './clients.mjs';

const [program, pages, ...only] = process.argv.slice(2);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const serve = (...options) =>
  start(program, ['serve', '--listen', '127.0.0.1:0', '--pages', pages, '--connections', '20000', ...options]);
const everybody = ['--source-connections', '20000'];
const tls = ['--certificate', here('../../support/tls/certificate.pem'), '--key', here('../../support/tls/key.pem')];

const roomName = (number) => `bench-room-${String(number).padStart(12, '0')}`;
const failures = [];
function report(name, value, unit, bound) {
  const met = value <= bound;
  if (!met) failures.push(name);
  console.log(`${name.padEnd(58)} ${value.toFixed(value < 10 ? 2 : 0).padStart(7)} ${unit} (at most ${bound})${met ? '' : '  MISSED'}`);
}

/** So many at once, each in a room with one other, `width` at a time. */
async function fill(link, count, width) {
  const clients = [];
  for (let number = 0; number < count; number += width) {
    const some = Array.from({ length: Math.min(width, count - number) }, (_, index) =>
      join(link, roomName(Math.floor((number + index) / 2))),
    );
    clients.push(...(await Promise.all(some)));
  }
  await Promise.all(clients.map(({ entered }) => entered));
  return clients;
}

async function hold(name, options, bound) {
  const server = await serve(...everybody, ...options);
  const clients = await fill(server.link, 10000, 100);
  await sleep(2000);
  report(`${name}: 10,000 idle connections`, memory(server) / 1024, 'MiB', bound);
  for (const client of clients) client.close();
  await stop(server);
}

async function comeBack() {
  const seconds = [];
  for (let round = 0; round < 3; ++round) {
    const server = await serve(...everybody);
    const began = performance.now();
    const clients = await fill(server.link, 3000, 3000);
    seconds.push((performance.now() - began) / 1000);
    for (const client of clients) client.close();
    await stop(server);
  }
  report('3,000 clients at once, until the last is in its room', middle(seconds), 's', 2);
}

/** The time from one client to the other, in milliseconds: 99 of 100 take no longer. */
async function measure(clients, times, seconds) {
  times.length = 0;
  const interval = 500;
  const text = 'x'.repeat(200); // a candidate's length
  await Promise.all(
    clients.map(async (client, index) => {
      await sleep((index * interval) / clients.length);
      for (let i = 0; i < (seconds * 1000) / interval; ++i) {
        client.send(`${performance.now()} ${text}`);
        await sleep(interval);
      }
    }),
  );
  await sleep(1000);
  const sorted = [...times].sort((one, other) => one - other);
  return { p99: sorted[Math.floor((sorted.length - 1) * 0.99)], count: sorted.length };
}

async function bear(kind, options = []) {
  const server = await serve('--turn', 'turn:127.0.0.1:3478', '--source-connections', '300', ...options);
  const times = [];
  const receive = (candidate) => times.push(performance.now() - Number(candidate.split(' ', 1)[0]));
  const clients = [];
  for (let number = 0; number < 200; ++number) clients.push(await join(server.link, roomName(number >> 1), receive));
  await Promise.all(clients.map(({ met }) => met));
  const quiet = [];
  const attacked = [];
  for (let round = 0; round < 3; ++round) {
    quiet.push((await measure(clients, times, 4)).p99);
    const attacker = spawn('nice', [process.execPath, here('attacker.mjs'), kind, new URL(server.link).port], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    await sleep(500);
    const under = await measure(clients, times, 4);
    attacked.push(under.p99);
    if (under.count !== 200 * 8) failures.push(`${kind}: ${200 * 8 - under.count} lost`);
    // Whoever comes now is let in, as well.
    const newcomer = await join(server.link, roomName(100000 + round));
    await newcomer.entered;
    newcomer.close();
    attacker.stdin.end();
    await once(attacker, 'exit');
    await sleep(500);
  }
  const ratio = middle(attacked.map((value, index) => value / quiet[index]));
  report(`${kind}${options.length > 0 ? ' (TLS)' : ''}: p99 ${middle(attacked).toFixed(2)} ms, quiet ${middle(quiet).toFixed(2)} ms`, ratio, 'times', 3);
  report(`${kind}: memory afterwards`, memory(server) / 1024, 'MiB', 150);
  for (const client of clients) client.close();
  await stop(server);
}

const kinds = ['joins', 'credentials', 'deaf', 'members', 'pings', 'headers', 'silence'];
const parts = {
  hold: async () => {
    await hold('HTTP', [], 150);
    await hold('HTTPS', tls, 1024);
  },
  'come-back': comeBack,
  ...Object.fromEntries(kinds.map((kind) => [kind, () => bear(kind)])),
  'silence-tls': () => bear('silence', tls),
};
for (const part of only.length > 0 ? only : Object.keys(parts)) await parts[part]();
if (failures.length > 0) console.log(`missed: ${failures.join('; ')}`);
process.exit(failures.length === 0 ? 0 : 1);
