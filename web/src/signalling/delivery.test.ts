import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Delivery } from './delivery';

test('numbers what is sent, and keeps it until it is acknowledged', () => {
  const delivery = new Delivery<{ text: string }>();
  delivery.number({ text: 'a' });
  delivery.number({ text: 'b' });
  assert.deepEqual(delivery.number({ text: 'c' }), { text: 'c', seq: 3 });
  delivery.acknowledge(2);
  assert.deepEqual(delivery.pending(), [{ text: 'c', seq: 3 }]);
  delivery.acknowledge(1);
  assert.equal(delivery.pending().length, 1);
});

test('reads each message once, and sees that one is missing', () => {
  const delivery = new Delivery<object>();
  assert.equal(delivery.accept(1), 'next');
  assert.equal(delivery.accept(1), 'repeated');
  assert.equal(delivery.accept(3), 'gap');
  assert.equal(delivery.received, 1);
  assert.equal(delivery.accept(2), 'next');
  assert.equal(delivery.accept(3), 'next');
  assert.equal(delivery.received, 3);
});
