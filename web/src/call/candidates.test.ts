import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpoint, parseCandidate } from './candidates';

test('reads the candidates of browsers and of libnice', () => {
  assert.deepEqual(parseCandidate('candidate:1 1 UDP 2122 203.0.113.5 4000 typ srflx raddr 10.0.0.2 rport 4000'), {
    protocol: 'udp',
    address: '203.0.113.5',
    port: 4000,
    type: 'srflx',
  });
  const tcp = parseCandidate('candidate:2 1 tcp 1 2001:db8::1 9 typ host tcptype active generation 0');
  assert.equal(tcp?.tcpType, 'active');
  assert.equal(tcp && endpoint(tcp), '[2001:db8::1]:9');
});

test('what is no candidate is none', () => {
  for (const line of ['', 'candidate:', 'candidate:1 1 udp 1 a b typ host', 'candidate:1 1 udp 1 a 1 typ other', '<b>']) {
    assert.equal(parseCandidate(line), undefined, line);
  }
});
