import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Candidate, CandidateType } from './candidates';
import { diagnose } from './diagnosis';
import type { Evidence } from './diagnosis';
import type { Pair, PairState } from './pairs';

const of = (...types: CandidateType[]): Candidate[] =>
  types.map((type) => ({ type, protocol: 'udp', address: '192.0.2.1', port: 1 }));
const inState = (...states: PairState[]): Pair[] => states.map((state) => ({ state }) as Pair);

const kinds = (evidence: Partial<Evidence>): string[] =>
  diagnose({
    signalling: { lost: false, closed: false, reason: undefined },
    browserError: undefined,
    hasPeer: true,
    relayOnly: false,
    answered: true,
    iceConnected: false,
    local: of('host', 'srflx'),
    remote: of('host', 'srflx'),
    pairs: inState('failed', 'failed'),
    serverErrors: [],
    ...evidence,
  }).map(({ kind }) => kind);

test('pairs that failed, and the relay that would have helped', () => {
  assert.deepEqual(kinds({}), ['all-pairs-failed', 'no-relay-candidates']);
  assert.deepEqual(kinds({ remote: of('host', 'relay') }), ['all-pairs-failed']);
  assert.deepEqual(kinds({ pairs: inState('failed', 'in-progress') }), ['pairs-unanswered', 'no-relay-candidates']);
});

test('host candidates alone', () => {
  assert.deepEqual(kinds({ local: of('host'), remote: of('host') }), ['all-pairs-failed', 'only-host-candidates']);
});

test('no candidates, or none that fit', () => {
  assert.deepEqual(kinds({ local: [] }), ['no-local-candidates']);
  assert.deepEqual(kinds({ local: [], relayOnly: true }), ['relay-only-without-relay']);
  assert.deepEqual(kinds({ remote: [] }), ['no-remote-candidates']);
  assert.deepEqual(kinds({ pairs: [] })[0], 'no-pairs');
});

test('signalling comes first, and where the server refused us nothing else was tried', () => {
  assert.deepEqual(kinds({ signalling: { lost: false, closed: false, reason: 'room-full' } }), ['room-full']);
  assert.deepEqual(kinds({ signalling: { lost: false, closed: true, reason: 'idle' } }), ['signalling-refused']);
  const signalling = { lost: true, closed: false, reason: 'unreachable' };
  assert.deepEqual(kinds({ signalling, answered: false })[0], 'signalling-lost');
  assert.deepEqual(kinds({ signalling, hasPeer: false }), ['signalling-lost']);
});

test('a server that has too many connections from here is told from one that is not there', () => {
  const signalling = { lost: true, closed: false, reason: 'source-limit' };
  assert.deepEqual(kinds({ signalling, hasPeer: false }), ['signalling-refused']);
  assert.deepEqual(kinds({ signalling: { ...signalling, lost: false }, hasPeer: false }), []);
});

test('a failure after ICE is DTLS', () => {
  assert.deepEqual(kinds({ iceConnected: true }), ['dtls-failed']);
});
