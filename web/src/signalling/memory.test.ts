import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sessionMemory } from './memory';

/** What browsers keep for a tab, and copy for its duplicate. */
function storage(entries: Iterable<[string, string]> = []) {
  const kept = new Map(entries);
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
    copy: () => storage(kept),
  };
}

test('a page that is loaded again knows its session, in this room alone', () => {
  const tab = storage();
  sessionMemory('one', () => tab).remember('t');
  assert.equal(sessionMemory('one', () => tab).recall(), 't');
  assert.equal(sessionMemory('other', () => tab).recall(), undefined);
});

test('a session that is over is forgotten, but not the one after it', () => {
  const tab = storage();
  const memory = sessionMemory('one', () => tab);
  memory.remember('t');
  memory.remember('u');
  memory.forget('t');
  assert.equal(memory.recall(), 'u');
  memory.forget('u');
  assert.equal(memory.recall(), undefined);
});

test('a duplicated tab knows the session too, and forgets it for itself', () => {
  const tab = storage();
  const memory = sessionMemory('one', () => tab);
  memory.remember('t');
  const copy = tab.copy();
  const duplicate = sessionMemory('one', () => copy);
  assert.equal(duplicate.recall(), 't');
  duplicate.remember('u');
  memory.forget('t');
  assert.deepEqual([memory.recall(), duplicate.recall()], [undefined, 'u']);
});

test('storage that is forbidden, or full, is done without', () => {
  const forbidden = () => {
    throw new Error('forbidden');
  };
  const full = { ...storage(), setItem: forbidden };
  for (const use of [forbidden, () => full]) {
    const memory = sessionMemory('one', use);
    memory.remember('t');
    assert.equal(memory.recall(), undefined);
    memory.forget('t');
  }
});
