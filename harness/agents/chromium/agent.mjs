#!/usr/bin/env node
// Chromium as an ICE agent: speaks the agent protocol (docs/agent-protocol.md) on standard input and output for one
// RTCPeerConnection in a headless Chromium, which page.js drives.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { launch } from './launch.mjs';

const protocol = 1;
// An origin that browsers take for secure; no packet is sent to it, since its only page is answered here.
const origin = 'https://agent.icelab.invalid';

function emit(event) {
  process.stdout.write(JSON.stringify(event) + '\n');
}

async function openPage(browser) {
  // With leave to use camera and microphone libwebrtc gathers on all interfaces, and TCP; it need not use them.
  await browser.defaultBrowserContext().overridePermissions(origin, ['camera', 'microphone']);
  const [page] = await browser.pages();
  await page.setRequestInterception(true);
  page.on('request', (request) => request.respond({ contentType: 'text/html', body: '<!doctype html>' }));
  page.on('pageerror', (error) => emit({ type: 'log', level: 'error', message: String(error) }));
  await page.goto(origin);
  await page.exposeFunction('emit', emit);
  await page.evaluate(readFileSync(new URL('page.js', import.meta.url), 'utf8'));
  return page;
}

/** One after the other, in the order in which they came; what cannot be obeyed is answered. */
async function obey(page, line) {
  let command;
  try {
    command = JSON.parse(line);
    if (command.type === 'quit') return false;
    await page.evaluate((told) => globalThis.obey(told), command);
  } catch (error) {
    emit({ type: 'error', message: `${command?.type ?? line.slice(0, 80)}: ${error.message.split('\n', 1)[0]}` });
  }
  return true;
}

process.stdout.on('error', () => process.exit(0)); // nobody listens any more
const browser = await launch({ env: { ...process.env, HOME: process.env.TMPDIR ?? '/tmp' } });
const page = await openPage(browser);
const version = (await browser.version()).replace(/^.*\//, '');
emit({ type: 'hello', agent: `chromium ${version}`, protocol });
for await (const line of createInterface({ input: process.stdin })) {
  if (!(await obey(page, line))) break;
}
emit({ type: 'pairs', pairs: await page.evaluate(() => globalThis.pairs()) });
await browser.close();
process.exit(0);
