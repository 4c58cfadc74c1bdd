// Runs inside Chromium: one RTCPeerConnection, driven by the commands of the agent protocol (docs/agent-protocol.md).
// The protocol speaks of ICE alone, so the descriptions that a browser wants are written here around what it says.
(() => {
  let pc;
  let channel;
  let controlling;
  let gathering = false; // whether `gather` has been told
  let ownDescription; // until then
  let early = []; // candidates that came before the peer's credentials
  let generation = 0; // of the descriptions
  let peerHasDtls = false;
  let heard = false; // whether bytes have come through both ways
  let witness;

  /** What a peer with these credentials would have written: one data channel, and no candidates. */
  function describe(type, { ufrag, pwd, fingerprint }) {
    // A peer of ICE alone answers no DTLS: then the browser is its server, and sends none either.
    const setup = fingerprint && type === 'offer' ? 'actpass' : 'active';
    const nobodys = `sha-256 ${Array(32).fill('00').join(':')}`;
    const sdp = [
      'v=0', `o=- 1 ${++generation} IN IP4 127.0.0.1`, 's=-', 't=0 0', 'a=group:BUNDLE 0',
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'c=IN IP4 0.0.0.0', `a=ice-ufrag:${ufrag}`, `a=ice-pwd:${pwd}`,
      'a=ice-options:trickle', `a=fingerprint:${fingerprint ?? nobodys}`, `a=setup:${setup}`, 'a=mid:0',
      'a=sctp-port:5000', 'a=max-message-size:262144', '',
    ];
    return { type, sdp: sdp.join('\r\n') };
  }

  function servers({ stun = [], turn = [] }) {
    return [
      ...stun.map((address) => ({ urls: `stun:${address}` })),
      ...turn.map(({ address, transport, username, password }) => ({
        urls: `turn:${address}?transport=${transport}`, username, credential: password,
      })),
    ];
  }

  function told(description) {
    witness.described(description);
    ownDescription = description;
    if (gathering) return gather();
  }

  async function gather() {
    gathering = true;
    if (!ownDescription) return;
    const description = ownDescription;
    ownDescription = undefined;
    await pc.setLocalDescription(description);
  }

  function changed() {
    if (witness.changed()) return;
    if (!['connected', 'completed'].includes(pc.iceConnectionState)) return;
    if (!peerHasDtls) witness.flows('ice');
    else if (heard) witness.flows('data');
  }

  const greet = () => channel.send('\u0001hello');

  function moved() {
    // The controlled side goes on sending by whichever of the nominated pairs brought it something last.
    if (heard && channel.readyState === 'open') greet();
    witness.moved();
  }

  // At the level of data, a pair is connected when bytes have come through both ways: what this side said, and the
  // other's word that it was heard.
  function attach(opened) {
    channel = opened;
    // One that the peer has made may be open by now, and tells nobody any more.
    if (channel.readyState === 'open') greet();
    else channel.onopen = greet;
    channel.onmessage = ({ data }) => {
      if (data === '\u0001hello') {
        channel.send('\u0001heard');
      } else if (data === '\u0001heard') {
        heard = true;
        changed();
      } else {
        emit({ type: 'received', data });
      }
    };
  }

  globalThis.pairs = async () => (witness ? witness.pairs() : []);

  const commands = {
    async configure(command) {
      controlling = command.role === 'controlling';
      const relayOnly = command.settings?.force_relay ? 'relay' : 'all';
      pc = new RTCPeerConnection({ iceServers: servers(command), iceTransportPolicy: relayOnly });
      witness = new Witness(pc);
      pc.oniceconnectionstatechange = pc.onconnectionstatechange = changed;
      pc.ondatachannel = ({ channel: opened }) => attach(opened);
      if (!controlling) return; // it answers: its credentials come with the peer's
      attach(pc.createDataChannel('icelab'));
      await told(await pc.createOffer());
    },
    gather,
    async 'remote-credentials'(command) {
      peerHasDtls = command.fingerprint !== undefined;
      const answers = pc.signalingState === 'have-local-offer';
      await pc.setRemoteDescription(describe(answers ? 'answer' : 'offer', command));
      for (const candidate of early.splice(0)) await pc.addIceCandidate(candidate);
      const transport = pc.sctp?.transport?.iceTransport;
      if (transport) transport.onselectedcandidatepairchange = moved;
      if (!answers) await told(await pc.createAnswer());
    },
    async 'remote-candidate'({ candidate }) {
      const init = { candidate, sdpMid: '0' };
      if (pc.remoteDescription) await pc.addIceCandidate(init);
      else early.push(init);
    },
    async 'remote-gathered'() {
      if (pc.remoteDescription) await pc.addIceCandidate({ candidate: '', sdpMid: '0' });
    },
    async restart() {
      await told(await pc.createOffer({ iceRestart: true }));
    },
    send({ data }) {
      if (channel?.readyState !== 'open') throw new Error('there is no data channel to the peer');
      channel.send(data);
    },
  };

  globalThis.obey = async (command) => {
    const known = Object.hasOwn(commands, command.type) ? commands[command.type] : undefined;
    if (!known) throw new Error('there is no such command');
    if (!pc && command.type !== 'configure') throw new Error('send `configure` first');
    await known(command);
  };
})();
