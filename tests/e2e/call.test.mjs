// Two people call each other, in Debian's Chromium, over the real server.
import assert from 'node:assert/strict';
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
  await alice.until('state', 'waiting');
  await bob.isAccessible('a call that has ended');
  await bob.click('rejoin');
  for (const person of [alice, bob]) {
    await person.until('state', 'connected');
    await person.seesTheOther();
  }
  await end(alice, bob);
});

test('a third person is told that the room is full', async () => {
  const { name, alice, bob } = await call();
  const carol = await Person.open(browser, `${server.link}#${name}`);
  await carol.click('join');
  await carol.until('state', 'room-full');
  await carol.picture('room-full');
  await carol.isAccessible('a full room');
  await alice.seesTheOther();
  await end(alice, bob, carol);
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
