// The call page meets icelab-agent, which comes from a command line and does ICE alone.
import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { after, afterEach, before, test } from 'node:test';
import { Agent } from './agent.mjs';
import { launch, Person, room } from './browser.mjs';
import { serve } from './served.mjs';

let browser;
let server;
const agents = [];
const cleanUp = [];
before(async () => {
  server = await serve();
  browser = await launch();
});
afterEach(async () => {
  agents.splice(0).forEach((agent) => agent.kill());
  for (const action of cleanUp.splice(0)) await action();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function join(name, link = server.link) {
  const agent = new Agent(link, name);
  agents.push(agent);
  await agent.says({ type: 'log', message: 'in the room' });
  return agent;
}

async function enter(name) {
  const person = await Person.open(browser, `${server.link}#${name}`);
  cleanUp.push(() => person.close());
  await person.click('join');
  return person;
}

/** The first makes the offers. */
async function meet(offerer, link = server.link) {
  const name = room();
  let person;
  let agent;
  if (offerer === 'page') {
    person = await enter(name);
    await person.until('state', 'waiting');
    agent = await join(name, link);
  } else {
    agent = await join(name, link);
    person = await enter(name);
  }
  await person.until('state', 'connected');
  await agent.says({ type: 'state', state: 'ready' });
  return { person, agent };
}

for (const offerer of ['page', 'agent']) {
  test(`the ${offerer} offers, and ICE connects the two`, async () => {
    const { person, agent } = await meet(offerer);
    assert.equal(await person.attribute('role'), offerer === 'page' ? 'offerer' : 'answerer');
    await person.until('path', 'direct');
    assert.equal(await person.attribute('dtls'), 'connecting');
    assert.deepEqual(agent.all({ type: 'error' }), []);
    assert.equal(await agent.quit(), 0);
    assert.equal(agent.events.at(-1).type, 'pairs');
    await person.until('state', 'waiting');
    assert.deepEqual(person.errors, []);
  });

  for (const asker of ['page', 'agent']) {
    test(`where the ${offerer} offers, the ${asker} restarts ICE`, async () => {
      const { person, agent } = await meet(offerer);
      const fragment = await person.fragment();
      if (asker === 'page') await person.click('restart');
      else agent.send({ type: 'restart' });
      await person.hasRestarted(fragment);
      await agent.says({ type: 'state', state: 'ready' }, 2);
      await person.until('state', 'connected');
      const fragments = agent.all({ type: 'credentials' }).map(({ ufrag }) => ufrag);
      assert.equal(new Set(fragments).size, 2);
      assert.deepEqual(agent.all({ type: 'error' }), []);
      assert.deepEqual(person.errors, []);
    });
  }
}

/** Another way to the server, that can be cut. */
async function detour() {
  const sockets = new Set();
  const { port } = new URL(server.link);
  const way = createServer((from) => {
    const to = connect(Number(port), '127.0.0.1');
    for (const [socket, other] of [[from, to], [to, from]]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => other.destroy());
      socket.pipe(other);
    }
  });
  await new Promise((listening) => way.listen(0, '127.0.0.1', listening));
  const cut = () => sockets.forEach((socket) => socket.destroy());
  cleanUp.push(() => {
    cut();
    way.close();
  });
  return { link: `http://127.0.0.1:${way.address().port}/`, cut };
}

test('nothing is lost when the connection to the server breaks', async () => {
  const way = await detour();
  const { person, agent } = await meet('agent', way.link);
  const fragment = await person.fragment();
  way.cut();
  await agent.says({ type: 'log', level: 'warning' });
  // Asked while it is away, answered when it is back.
  await person.click('restart');
  await agent.says({ type: 'log', message: 'the signalling connection stands again' });
  await person.hasRestarted(fragment);
  await agent.says({ type: 'state', state: 'ready' }, 2);
  await person.until('state', 'connected');
});

test('who leaves the page leaves the agent to the next', async () => {
  const { person, agent } = await meet('agent');
  await person.click('hang-up');
  await agent.says({ type: 'log', message: 'the peer has gone: left' });
  await person.click('rejoin');
  await person.until('state', 'connected');
  await agent.says({ type: 'state', state: 'ready' }, 2);
});
