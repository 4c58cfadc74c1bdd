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

test('sections that an answer leaves out are rejected', () => {
  const answer = lines('v=0', 'a=group:BUNDLE 0', 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'a=mid:0', 'a=ice-ufrag:x');
  const complete = completeAnswer(offer, answer);
  assert.deepEqual(complete.match(/^m=.*$/gm)?.map((line) => line.trim()), [
    'm=audio 0 UDP/TLS/RTP/SAVPF 111 63',
    'm=video 0 UDP/TLS/RTP/SAVPF 96',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  ]);
  assert.match(complete, /^a=group:BUNDLE 2\r$/m);
  assert.equal(transportMid(complete), '2');
  assert.equal(usernameFragment(complete), 'x');
});

test('a section without a name gets that of the offer', () => {
  const answer = lines('v=0', 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'a=ice-ufrag:x');
  assert.equal(transportMid(completeAnswer(offer, answer)), '2');
});

test('candidates within a description are found', () => {
  const candidate = 'a=candidate:1 1 udp 1 192.0.2.1 4000 typ host';
  assert.deepEqual(candidateLines(lines('v=0', candidate)), [candidate]);
});
