import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidateLines, completeAnswer, transportMid, usernameFragment } from './sdp';

const lines = (...all: string[]): string => all.join('\r\n') + '\r\n';
const offer = lines(
  'v=0',
  'a=group:BUNDLE 0 1 2',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63',
  'a=mid:0',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'a=mid:1',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'a=mid:2',
);

test('an answer with all sections is left alone', () => {
  assert.equal(completeAnswer(offer, offer), offer);
});

test('sections that an answer leaves out are rejected, but for the first, which has the transport', () => {
  const answer = lines('v=0', 'a=group:BUNDLE 0', 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'a=mid:0', 'a=ice-ufrag:x');
  assert.deepEqual(completeAnswer(offer, answer).trim().split('\r\n'), [
    'v=0',
    'a=group:BUNDLE 0 2',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111 63',
    'c=IN IP4 0.0.0.0',
    'a=inactive',
    'a=mid:0',
    'a=ice-ufrag:x',
    'm=video 0 UDP/TLS/RTP/SAVPF 96',
    'c=IN IP4 0.0.0.0',
    'a=inactive',
    'a=mid:1',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'a=ice-ufrag:x',
    'a=mid:2',
  ]);
});

test('a section without a name gets that of the offer', () => {
  const answer = lines('v=0', 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'a=ice-ufrag:x');
  assert.match(completeAnswer(offer, answer), /m=application.*[^]*a=mid:2/);
});

test('candidates within a description are found', () => {
  const candidate = 'a=candidate:1 1 udp 1 192.0.2.1 4000 typ host';
  assert.deepEqual(candidateLines(lines('v=0', candidate)), [candidate]);
});

test('the transport is that of the first section which is not rejected', () => {
  assert.equal(transportMid(offer), '0');
  assert.equal(transportMid(offer.replace('m=audio 9', 'm=audio 0')), '1');
  assert.equal(usernameFragment(lines('v=0', 'a=ice-ufrag:x')), 'x');
});
