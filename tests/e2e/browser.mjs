// Chromium with a camera that shows a test picture, and what tests ask of the call page (web/README.md).
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import assert from 'node:assert/strict';
import { launch as launchChromium } from '../../harness/agents/chromium/launch.mjs';
import { artifacts } from './served.mjs';

const patience = { timeout: 60000, polling: 50 };
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export function launch() {
  return launchChromium({
    args: [
      '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
      '--auto-select-desktop-capture-source=Entire screen',
    ],
    protocolTimeout: 120000,
  });
}

export const room = () => `test-${Math.random().toString(36).slice(2)}`.padEnd(24, '0');

const selector = (id) => `[data-testid="${id}"]`;

/** A person at a page of their own. */
export class Person {
  static async open(browser, link, { width = 1280, height = 900, dark = false } = {}) {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    await page.setViewport({ width, height });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
    const person = new Person(page);
    await page.goto(link);
    return person;
  }

  /** What the browser complained of. */
  errors = [];

  constructor(page) {
    this.page = page;
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
  }

  /** The tab once more, as the browser's menu makes it: with what it has stored. */
  async duplicate() {
    const opened = new Promise((resolve) => this.page.once('popup', resolve));
    await this.page.evaluate(() => void window.open(location.href));
    return new Person(await opened);
  }

  /** The tab's process ends without a word. */
  async crash() {
    const crashed = new Promise((resolve) => this.page.once('error', resolve));
    const session = await this.page.createCDPSession();
    session.send('Page.crash').catch(() => undefined);
    await crashed;
  }

  /** Waits until the server has sent so many messages of this type from now on. */
  async isTold(type, times) {
    const session = await this.page.createCDPSession();
    await session.send('Network.enable');
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the server does not say ${type}`)), patience.timeout);
      session.on('Network.webSocketFrameReceived', ({ response }) => {
        if (JSON.parse(response.payloadData).type !== type || --times > 0) return;
        clearTimeout(timer);
        resolve();
      });
    });
    await session.detach();
  }

  click(id) {
    return this.page.locator(selector(id)).click();
  }

  /** Goes on by the Tab key until it stands there. */
  async reach(id) {
    const here = () => this.page.evaluate(() => document.activeElement?.dataset.testid);
    for (let pressed = 0; pressed < 60; ++pressed) {
      if ((await here()) === id) return;
      await this.page.keyboard.press('Tab');
    }
    throw new Error(`${id} is not reached by keyboard`);
  }

  async press(id, key) {
    await this.reach(id);
    await this.page.keyboard.press(key);
  }

  async say(text) {
    await this.page.locator(selector('chat-input')).fill(text);
    await this.click('chat-send');
  }

  texts(id) {
    return this.page.$$eval(selector(id), (elements) => elements.map((element) => element.textContent));
  }

  /** Waits until the page's `data-NAME` is one of these. */
  async until(name, ...values) {
    const shown = (id, attribute, wanted) =>
      wanted.includes(document.querySelector(id)?.getAttribute(attribute));
    try {
      await this.page.waitForFunction(shown, patience, selector('call'), `data-${name}`, values);
    } catch (error) {
      const is = await this.attribute(name);
      throw new Error(`data-${name} is '${is}' and not '${values.join("' or '")}'`, { cause: error });
    }
  }

  attribute(name) {
    return this.page.$eval(selector('call'), (call, attribute) => call.getAttribute(attribute), `data-${name}`);
  }

  /** Waits until the other's picture has moved on. */
  async seesTheOther() {
    const before = Number(await this.attribute('frames-decoded'));
    const grew = (id, least) => Number(document.querySelector(id)?.dataset.framesDecoded) > least;
    await this.page.waitForFunction(grew, patience, selector('call'), before + 5);
  }

  count(id, number) {
    const enough = (css, least) => document.querySelectorAll(css).length >= least;
    return this.page.waitForFunction(enough, patience, selector(id), number);
  }

  /** The username fragment of its own description: another one after each ICE restart. */
  fragment() {
    return this.page.$eval(`${selector('sdp-local')} pre`, (pre) => /ice-ufrag:(\S+)/.exec(pre.textContent)?.[1]);
  }

  async hasRestarted(before) {
    const changed = (css, old) => {
      const now = /ice-ufrag:(\S+)/.exec(document.querySelector(css)?.textContent ?? '')?.[1];
      return now !== undefined && now !== old;
    };
    await this.page.waitForFunction(changed, patience, `${selector('sdp-local')} pre`, before);
  }

  async picture(name) {
    await mkdir(artifacts, { recursive: true });
    await this.page.screenshot({ path: `${artifacts}/${name}.png`, fullPage: true });
  }

  /** By axe-core's rules (WCAG), and nothing wider than its window. */
  async isAccessible(where) {
    await this.page.evaluate(axeSource);
    const violations = await this.page.evaluate(async () => {
      const found = await globalThis.axe.run(document, { resultTypes: ['violations'] });
      return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(', ')}`);
    });
    assert.deepEqual(violations, [], where);
    const overflow = await this.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `${where}: ${overflow} pixels too wide`);
  }

  close() {
    return this.page.browserContext().close();
  }
}
