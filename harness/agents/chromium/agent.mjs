#!/usr/bin/env node
// Chromium as an ICE agent: speaks the agent protocol (docs/agent-protocol.md) on standard input and output for one
// RTCPeerConnection in a headless Chromium: one that page.js drives, or with `--page LINK` that of the call page there.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { launch } from './launch.mjs';

const protocol = 1;
// An origin that browsers take for secure; no packet is sent to it, since its only page is answered here.
const origin = 'https://agent.icelab.invalid';

const source = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');

function emit(event) {
  process.stdout.write(JSON.stringify(event) + '\n');
}

async function openOwnPage(browser, page) {
  // With leave to use camera and microphone libwebrtc gathers on all interfaces, and TCP; it need not use them.
  await browser.defaultBrowserContext().overridePermissions(origin, ['camera', 'microphone']);
  await page.setRequestInterception(true);
  page.on('request', (request) => request.respond({ contentType: 'text/html', body: '<!doctype html>' }));
  await page.goto(origin);
  await page.evaluate(source('witness.js'));
  await page.evaluate(source('page.js'));
}

async function openCallPage(page, link) {
  await page.evaluateOnNewDocument(source('witness.js'));
  await page.evaluateOnNewDocument(source('call.js'));
  await page.goto(link);
  await page.waitForSelector('[data-testid="join"]:not([disabled])');
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

/** What a page needs to have a camera over HTTP: a test picture, and an origin that passes for secure. */
function flagsFor(link) {
  return [
    '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
    `--unsafely-treat-insecure-origin-as-secure=${new URL(link).origin}`,
  ];
}

process.stdout.on('error', () => process.exit(0)); // nobody listens any more
const link = parseArgs({ options: { page: { type: 'string' } } }).values.page;
const browser = await launch({
  args: link ? flagsFor(link) : [], env: { ...process.env, HOME: process.env.TMPDIR ?? '/tmp' },
});
const [page] = await browser.pages();
page.on('pageerror', (error) => emit({ type: 'log', level: 'error', message: String(error) }));
await page.exposeFunction('emit', emit);
const version = (await browser.version()).replace(/^.*\//, '');
emit({ type: 'hello', agent: `chromium ${version}`, protocol });
if (link) await openCallPage(page, link);
else await openOwnPage(browser, page);
for await (const line of createInterface({ input: process.stdin })) {
  if (!(await obey(page, line))) break;
}
emit({ type: 'pairs', pairs: await page.evaluate(() => globalThis.pairs()) });
await browser.close();
process.exit(0);
