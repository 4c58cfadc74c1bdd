import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergePairs, ofLatestGeneration, pathOf } from './pairs';
import type { Report } from './pairs';

const candidate = (id: string, candidateType: string) => ({
  id,
  type: 'local-candidate',
  candidateType,
  protocol: 'udp',
  address: '192.0.2.1',
  port: 1,
});
const pair = (id: string, local: string, state: string) => ({
  id,
  type: 'candidate-pair',
  localCandidateId: local,
  remoteCandidateId: 'r',
  state,
});

function report(...entries: (Record<string, unknown> & { id: string; type: string })[]): Report {
  const all: typeof entries = [candidate('h', 'host'), candidate('t', 'relay'), candidate('r', 'srflx'), ...entries];
  return new Map(all.map((entry) => [entry.id, entry]));
}

test('pairs that the browser forgets are remembered', () => {
  const first = mergePairs([], report(pair('a', 'h', 'failed'), pair('b', 't', 'in-progress')), 0);
  const second = mergePairs(first, report(pair('b', 't', 'succeeded'), pair('c', 'h', 'waiting')), 1);
  assert.deepEqual(
    second.map(({ id, state, removed }) => [id, state, removed]),
    [
      ['a', 'failed', true],
      ['b', 'succeeded', false],
      ['c', 'waiting', false],
    ],
  );
  assert.deepEqual(
    ofLatestGeneration(second).map(({ id }) => id),
    ['c'],
  );
});

test('the path is that of the pair which carries the call', () => {
  const transport = { id: 'x', type: 'transport', selectedCandidatePairId: 'b' };
  const pairs = [pair('a', 'h', 'succeeded'), pair('b', 't', 'succeeded')];
  assert.equal(pathOf(mergePairs([], report(...pairs), 0)), 'none');
  assert.equal(pathOf(mergePairs([], report(...pairs, transport), 0)), 'relay');
  assert.equal(pathOf(mergePairs([], report(...pairs, { ...transport, selectedCandidatePairId: 'a' }), 0)), 'direct');
});
