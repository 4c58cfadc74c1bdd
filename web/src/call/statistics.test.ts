import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extend, readCounters, sampleBetween } from './statistics';
import type { Report } from './pairs';

function report(bytesReceived: number, packetsReceived: number, packetsLost: number): Report {
  const entries = [
    { id: 'x', type: 'transport', bytesSent: 0, bytesReceived },
    { id: 'p', type: 'candidate-pair', bytesSent: 5000, bytesReceived: 5000 },
    { id: 'a', type: 'inbound-rtp', packetsReceived, packetsLost },
  ];
  return new Map(entries.map((entry) => [entry.id, entry]));
}

test('rates are what happened between two readings', () => {
  const before = readCounters(report(1000, 100, 0), 0, 0.02);
  const after = readCounters(report(2000, 190, 10), 1000, 0.03);
  assert.deepEqual(sampleBetween(before, after), { at: 1000, roundTripTime: 30, loss: 10, sent: 0, received: 8 });
});

test('counters that begin again are no negative rate', () => {
  const before = readCounters(report(9000, 100, 5), 0, undefined);
  const after = readCounters(report(10, 0, 0), 1000, undefined);
  assert.deepEqual(sampleBetween(before, after), {
    at: 1000,
    roundTripTime: undefined,
    loss: undefined,
    sent: 0,
    received: 0,
  });
});

test('the history has an end', () => {
  const sample = { at: 0, roundTripTime: undefined, loss: undefined, sent: 0, received: 0 };
  assert.equal(extend([sample], { ...sample, at: 200_000 }).length, 1);
});
