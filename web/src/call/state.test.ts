import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callState } from './state';
import type { Facts } from './state';

const state = (facts: Partial<Facts>): string =>
  callState({
    hungUp: false,
    joined: false,
    signallingLost: false,
    signallingClosed: false,
    roomFull: false,
    hasPeer: false,
    ice: 'new',
    connection: 'new',
    browserError: false,
    trying: false,
    overdue: false,
    ...facts,
  });

test('from joining to a call', () => {
  assert.equal(state({}), 'joining');
  assert.equal(state({ joined: true }), 'waiting');
  assert.equal(state({ joined: true, hasPeer: true }), 'connecting');
  assert.equal(state({ joined: true, hasPeer: true, ice: 'connected' }), 'connected');
});

test('a room is full until there is a place or the user has left', () => {
  assert.equal(state({ roomFull: true }), 'room-full');
  assert.equal(state({ roomFull: true, joined: true }), 'room-full');
  assert.equal(state({ roomFull: true, hungUp: true }), 'ended');
});

test('without signalling nothing begins, but a call that stands goes on', () => {
  for (const gone of [{ signallingLost: true }, { signallingClosed: true }]) {
    assert.equal(state(gone), 'failed');
    assert.equal(state({ ...gone, hasPeer: true }), 'failed');
    assert.equal(state({ ...gone, hasPeer: true, ice: 'connected' }), 'connected');
  }
});
