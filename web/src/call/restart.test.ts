import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RestartPolicy } from './restart';

function connected(): RestartPolicy {
  const policy = new RestartPolicy();
  policy.observe('checking', 0);
  policy.observe('connected', 1000);
  return policy;
}

test('a call that never stood is not tried again', () => {
  const policy = new RestartPolicy();
  policy.observe('failed', 0);
  policy.networkChanged();
  assert.equal(policy.isDue(60_000), false);
  assert.equal(policy.isTrying(), false);
});

test('a short break mends itself', () => {
  const policy = connected();
  policy.observe('disconnected', 5000);
  assert.equal(policy.isDue(7000), false);
  policy.observe('connected', 7500);
  assert.equal(policy.isDue(20_000), false);
});

test('a longer one is mended by a restart', () => {
  const policy = connected();
  policy.observe('disconnected', 5000);
  assert.equal(policy.isDue(8000), true);
  policy.attempted(8000);
  assert.equal(policy.isDue(9000), false);
  assert.equal(policy.isDue(16_000), true);
});

test('what the other side has begun is not begun again', () => {
  const policy = connected();
  policy.observe('disconnected', 5000);
  policy.begun(7900);
  assert.equal(policy.isDue(8000), false);
  assert.equal(policy.isDue(16_000), true);
});

test('at once where ICE failed or the network is another', () => {
  const policy = connected();
  policy.networkChanged();
  assert.equal(policy.isDue(1001), true);
  const failed = connected();
  failed.observe('failed', 2000);
  assert.equal(failed.isDue(2000), true);
});

test('in the end hope is given up, until something changes', () => {
  const policy = connected();
  policy.observe('failed', 0);
  for (let now = 10_000; policy.isDue(now); now += 10_000) policy.attempted(now);
  assert.equal(policy.isTrying(), false);
  policy.networkChanged();
  assert.equal(policy.isDue(100_000), true);
});
