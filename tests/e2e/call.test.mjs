// Two people call each other, in Debian's Chromium, over the real server.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { launch, Person, room } from './browser.mjs';
import { serve } from './served.mjs';

let browser;
let server;
before(async () => {
  server = await serve();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function call({ bobs = {}, query = '' } = {}) {
  const name = room();
  const alice = await Person.open(browser, `${server.link}#${name}`);
  const bob = await Person.open(browser, `${server.link}${query}#${name}`, bobs);
  await alice.click('join');
  await alice.until('state', 'waiting');
  await bob.click('join');
  for (const person of [alice, bob]) await person.until('state', 'connected');
  return { name, alice, bob };
}

async function end(...people) {
  for (const person of people) {
    assert.deepEqual(person.errors, []);
    await person.close();
  }
}

test('two people see each other, directly', async () => {
  const { alice, bob } = await call();
  await alice.seesTheOther();
  await bob.seesTheOther();
  for (const person of [alice, bob]) {
    await person.until('path', 'direct');
    await person.count('pair', 1);
  }
  assert.deepEqual([await alice.attribute('role'), await bob.attribute('role')], ['offerer', 'answerer']);
  await alice.picture('call');
  await alice.isAccessible('a call');
  await end(alice, bob);
});

test('what the other says is shown as text and never executed', async () => {
  const { alice, bob } = await call();
  await alice.until('dtls', 'connected');
  await alice.say('<img src=x onerror="document.title=\'executed\'">');
  await bob.count('chat-message', 1);
  const [said] = await bob.texts('chat-message');
  assert.match(said, /<img src=x onerror=/);
  assert.notEqual(await bob.page.title(), 'executed');
  assert.equal(await bob.page.$$eval('[data-testid="chat-message"] img', (images) => images.length), 0);
  await bob.say('읽었어요');
  await alice.count('chat-message', 2);
  await end(alice, bob);
});

test('microphone and camera can be turned off, as the other is told, and on again', async () => {
  const { alice, bob } = await call();
  await bob.seesTheOther();
  await alice.click('mute');
  await bob.page.waitForSelector('.badge');
  await alice.click('mute');
  await bob.page.waitForSelector('.badge', { hidden: true });
  await alice.click('camera');
  await bob.page.waitForSelector('.placeholder');
  await alice.click('camera');
  await bob.page.waitForSelector('.placeholder', { hidden: true });
  await bob.seesTheOther();
  await end(alice, bob);
});

test('the screen is shown with or without a camera, until sharing ends on the page or in the browser', async () => {
  const { alice, bob } = await call();
  await bob.seesTheOther();
  await alice.click('camera');
  await bob.page.waitForSelector('.placeholder');
  await alice.click('screen');
  await bob.page.waitForSelector('.placeholder', { hidden: true });
  await bob.seesTheOther();
  await alice.click('screen');
  await bob.page.waitForSelector('.placeholder');
  await alice.click('camera');
  await alice.click('screen');
  await alice.page.waitForSelector('[data-testid="local-video"]:not(.mirrored)');
  await alice.page.$eval('[data-testid="local-video"]', ({ srcObject }) =>
    srcObject.getVideoTracks()[0].dispatchEvent(new Event('ended')));
  await alice.page.waitForSelector('[data-testid="local-video"].mirrored');
  await bob.seesTheOther();
  await end(alice, bob);
});

test('the panel tells candidates, pairs, what flows over time, and the descriptions when asked', async () => {
  const { alice, bob } = await call();
  await alice.until('media', 'both');
  for (const end of ['local', 'remote']) {
    await alice.count(`${end}-candidate`, 1);
    await alice.page.waitForSelector(`[data-testid="sdp-${end}"]:not([open])`);
    await alice.page.locator(`[data-testid="sdp-${end}"] summary`).click();
    await alice.page.waitForSelector(`[data-testid="sdp-${end}"][open] pre`);
    assert.match((await alice.texts(`sdp-${end}`))[0], /v=0\r?\n/);
  }
  await alice.page.waitForSelector('[data-testid="pair"][data-selected="true"][data-state="succeeded"]');
  // In words for who does not see the lines: "Round-trip time, now 1.0 ms, highest 2.0 ms".
  const plots = [/Bitrate.*received [1-9]\d* kbit.*sent [1-9]\d* kbit/, /Round-trip time.* \d+(\.\d)? ms/, /lost.* \d+\.\d %/];
  for (const [index, words] of plots.entries()) {
    const shown = ({ index, words }) =>
      new RegExp(words).test(document.querySelectorAll('[data-testid="plots"] svg')[index].getAttribute('aria-label'));
    await alice.page.waitForFunction(shown, { timeout: 30000 }, { index, words: words.source });
  }
  await alice.page.waitForSelector('[data-testid="plots"] .line[d*="L"]');
  await end(alice, bob);
});

test('a call is made, held and ended by keyboard', async () => {
  const alice = await Person.open(browser, `${server.link}#${room()}`);
  const bob = await Person.open(browser, alice.page.url());
  await bob.click('join');
  await bob.until('state', 'waiting');
  await alice.press('join', 'Enter');
  await alice.until('state', 'connected');
  await alice.press('mute', 'Space');
  await bob.page.waitForSelector('.badge');
  await alice.until('dtls', 'connected');
  await alice.reach('chat-input');
  await alice.page.keyboard.type('hello');
  await alice.page.keyboard.press('Enter');
  await bob.count('chat-message', 1);
  await alice.press('hang-up', 'Enter');
  await alice.until('state', 'ended');
  await alice.press('rejoin', 'Enter');
  await alice.until('state', 'connected');
  await end(alice, bob);
});

test('changes are announced to a screen reader', async () => {
  const { alice, bob } = await call();
  const announced = async (role, words) => {
    const said = ({ role, words }) =>
      [...document.querySelectorAll(`[role="${role}"]`)].some(({ textContent }) => textContent.includes(words));
    await alice.page.waitForFunction(said, { timeout: 30000 }, { role, words });
  };
  await announced('status', 'Connected directly');
  await bob.until('dtls', 'connected');
  await bob.say('hello');
  await announced('log', 'hello');
  await bob.click('hang-up');
  await announced('status', 'Waiting');
  await end(alice, bob);
});

test('a call that fails says why', async () => {
  const name = room();
  const alice = await Person.open(browser, `${server.link}?relay#${name}`);
  const bob = await Person.open(browser, `${server.link}?relay#${name}`);
  for (const person of [alice, bob]) await person.click('join');
  for (const person of [alice, bob]) {
    await person.until('state', 'failed');
    await person.page.waitForSelector('[role="alert"] [data-kind="relay-only-without-relay"]');
  }
  await alice.isAccessible('a call that failed');
  await end(alice, bob);
});

test('ICE restarts when a network comes back', async () => {
  const { alice, bob } = await call();
  await alice.seesTheOther();
  for (const person of [alice, bob]) {
    const before = await person.fragment();
    await person.page.setOfflineMode(true);
    await person.page.setOfflineMode(false);
    await person.hasRestarted(before);
    await person.until('state', 'connected');
    await person.seesTheOther();
  }
  await end(alice, bob);
});

for (const who of ['offerer', 'answerer']) {
  test(`the ${who} restarts ICE and the call goes on`, async () => {
    const { alice, bob } = await call();
    await alice.seesTheOther();
    const before = [await alice.fragment(), await bob.fragment()];
    await (who === 'offerer' ? alice : bob).click('restart');
    await alice.hasRestarted(before[0]);
    await bob.hasRestarted(before[1]);
    for (const person of [alice, bob]) {
      await person.until('state', 'connected');
      await person.seesTheOther();
    }
    await end(alice, bob);
  });
}

test('who hangs up can come back', async () => {
  const { alice, bob } = await call();
  await bob.click('hang-up');
  await bob.until('state', 'ended');
  await bob.page.waitForFunction(() => sessionStorage.length === 0);
  await alice.until('state', 'waiting');
  await bob.isAccessible('a call that has ended');
  await bob.click('rejoin');
  for (const person of [alice, bob]) {
    await person.until('state', 'connected');
    await person.seesTheOther();
  }
  await end(alice, bob);
});

for (const how of ['is loaded again', 'crashes and is loaded again']) {
  test(`a tab that ${how} in mid-call is back in its room at once`, async () => {
    const { alice, bob } = await call();
    await alice.seesTheOther();
    if (how.startsWith('crashes')) await bob.crash();
    await bob.page.reload();
    await bob.click('join');
    await bob.until('state', 'room-full', 'connecting', 'connected');
    assert.notEqual(await bob.attribute('state'), 'room-full');
    for (const person of [bob, alice]) {
      await person.until('state', 'connected');
      await person.seesTheOther();
    }
    await end(alice, bob);
  });
}

test('who comes back by the link alone after a crash is let in after some seconds', async () => {
  const { name, alice, bob } = await call();
  const again = await Person.open(browser, `${server.link}#${name}`);
  await bob.crash();
  await again.click('join');
  for (const person of [again, alice]) {
    await person.until('state', 'connected');
    await person.seesTheOther();
  }
  await end(alice, again);
  await bob.close();
});

test('a duplicated tab takes the call over, and the first one is told', async () => {
  const { alice, bob } = await call();
  const twin = await bob.duplicate();
  await twin.click('join');
  for (const person of [twin, alice]) {
    await person.until('state', 'connected');
    await person.seesTheOther();
  }
  await bob.until('state', 'failed');
  await bob.page.waitForSelector('[data-kind="signalling-refused"]');
  await end(alice, twin);
});

test('a third person is told that the room is full, and let in when there is a place', async () => {
  const { name, alice, bob } = await call();
  const carol = await Person.open(browser, `${server.link}#${name}`);
  await carol.click('join');
  await carol.until('state', 'room-full');
  await carol.picture('room-full');
  await carol.isAccessible('a full room');
  await carol.isTold('room-full', 2);
  assert.equal(await carol.attribute('state'), 'room-full');
  await alice.seesTheOther();
  await bob.click('hang-up');
  await carol.until('state', 'connected');
  await carol.seesTheOther();
  assert.equal(await carol.page.evaluate(() => document.activeElement?.localName), 'main');
  await alice.seesTheOther();
  await end(alice, bob, carol);
});

test('who does not want to wait for a place can open another room', async () => {
  const { name, alice, bob } = await call();
  const carol = await Person.open(browser, `${server.link}?lang=ko#${name}`);
  await carol.click('join');
  await carol.until('state', 'room-full');
  await carol.picture('room-full-korean');
  await carol.click('new-room');
  await carol.until('state', 'prejoin');
  assert.notEqual(new URL(carol.page.url()).hash, `#${name}`);
  await end(alice, bob, carol);
});

test('TURN servers come with the peer, and are asked', async (t) => {
  const turn = createServer().listen(0, '127.0.0.1');
  await once(turn, 'listening');
  t.after(() => turn.close());
  process.env.ICELAB_TURN_SECRET = 'secret';
  const served = await serve('--turn', `turn:127.0.0.1:${turn.address().port}?transport=tcp`);
  t.after(() => served.stop());
  const name = room();
  const alice = await Person.open(browser, `${served.link}?nodevices#${name}`);
  await alice.until('state', 'waiting');
  const bob = await Person.open(browser, `${served.link}?nodevices#${name}`);
  const [socket] = await once(turn, 'connection', { signal: AbortSignal.timeout(60000) });
  const [request] = await once(socket, 'data');
  const allocate = 0x0003; // RFC 8656 section 17
  assert.equal(request.readUInt16BE(0), allocate);
  await end(alice, bob);
});

test('on a phone, in Korean and in the dark', async () => {
  const { alice, bob } = await call({ query: '?lang=ko', bobs: { width: 360, height: 740, dark: true } });
  await bob.seesTheOther();
  assert.equal(await bob.page.$eval('html', (html) => html.lang), 'ko');
  await bob.isAccessible('a phone');
  await bob.click('panel-toggle');
  await bob.isAccessible('the panel on a phone');
  await bob.picture('phone');
  await end(alice, bob);
});

test('without devices a call connects all the same', async () => {
  const name = room();
  const alice = await Person.open(browser, `${server.link}?nodevices#${name}`);
  const bob = await Person.open(browser, `${server.link}?nodevices#${name}`);
  for (const person of [alice, bob]) await person.until('state', 'connected');
  await alice.until('dtls', 'connected');
  await alice.page.locator('[data-testid="chat-input"]').wait();
  await alice.say('hello');
  await bob.count('chat-message', 1);
  await end(alice, bob);
});

test('a call outlives its server, which tells its clients and ends with status 0', async () => {
  const short = await serve();
  const name = room();
  const people = [];
  for (let i = 0; i < 2; ++i) {
    const person = await Person.open(browser, `${short.link}#${name}`);
    await person.click('join');
    people.push(person);
  }
  for (const person of people) await person.until('state', 'connected');
  assert.equal(await short.stop(), 0);
  const [alice, bob] = people;
  await alice.until('signalling', 'reconnecting');
  await alice.seesTheOther();
  for (const person of [alice, bob]) await person.close();
});

test('the first load is small', async () => {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const session = await page.createCDPSession();
  await session.send('Network.enable');
  let bytes = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.goto(server.link, { waitUntil: 'networkidle0' });
  assert.ok(bytes > 10000 && bytes < 200000, `${bytes} bytes`);
  await context.close();
});
