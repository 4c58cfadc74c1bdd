// Chromium as labs and tests have it: without a screen, and on machines without a network of their own.
import puppeteer from 'puppeteer-core';

const flags = [
  // Labs and tests may run as root, where Chromium has no sandbox of its own; a lab is one.
  '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--no-proxy-server', '--disable-dev-shm-usage',
  // Addresses as they are, not as names of multicast DNS.
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];

/** `args` are flags besides; the other options are puppeteer's. */
export function launch({ args = [], ...options }) {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  return puppeteer.launch({ executablePath, pipe: true, args: [...flags, ...args], ...options });
}
