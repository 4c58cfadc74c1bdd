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
  let state = 'gathering';
  let selected = '';
  let settled; // a timer

  const attribute = (sdp, name) => new RegExp(`^a=${name}:(.*)$`, 'm').exec(sdp)?.[1].trim();

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
    const { sdp } = description;
    emit({
      type: 'credentials', ufrag: attribute(sdp, 'ice-ufrag'), pwd: attribute(sdp, 'ice-pwd'),
      fingerprint: attribute(sdp, 'fingerprint'),
    });
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

  /** `203.0.113.1:4000`, `[2001:db8::1]:4000`. */
  const endpoint = (address, port) => `${address.includes(':') ? `[${address}]` : address}:${port}`;

  const transportOf = ({ protocol, tcpType }) => (protocol === 'tcp' ? `tcp-${tcpType ?? 'active'}` : 'udp');

  function said(next) {
    if (state === next) return;
    state = next;
    emit({ type: 'state', state });
  }

  // At the level of data, a pair is connected when bytes have come through both ways: what this side said, and the
  // other's word that it was heard.
  function attach(opened) {
    channel = opened;
    channel.onopen = () => channel.send('\u0001hello');
    channel.onmessage = ({ data }) => {
      if (data === '\u0001hello') channel.send('\u0001heard');
      else if (data === '\u0001heard') flows();
      else emit({ type: 'received', data });
    };
  }

  async function flows() {
    await tellSelected();
    said('connected');
    settle();
  }

  /** Chromium says `completed` on the controlling side alone: who keeps its pair for a second has settled. */
  function settle() {
    clearTimeout(settled);
    settled = setTimeout(async () => {
      if (await tellSelected()) return settle();
      await tellPairs();
      said('ready');
    }, 1000);
  }

  function changed() {
    const ice = pc.iceConnectionState;
    if (ice === 'failed' || pc.connectionState === 'failed') {
      clearTimeout(settled);
      tellPairs().then(() => said('failed'));
    } else if (ice === 'disconnected') {
      said('disconnected');
    } else if (ice === 'checking') {
      said('connecting');
    } else if ((ice === 'connected' || ice === 'completed') && (!peerHasDtls || channel?.readyState === 'open')) {
      flows();
    }
  }

  async function statistics() {
    const all = new Map(await pc.getStats());
    const ends = ({ localCandidateId, remoteCandidateId }) => [all.get(localCandidateId), all.get(remoteCandidateId)];
    const pairs = [...all.values()].filter(({ type }) => type === 'candidate-pair');
    const transport = [...all.values()].find(({ type }) => type === 'transport');
    return { pairs, ends, selectedId: transport?.selectedCandidatePairId };
  }

  function report(candidate) {
    return {
      type: candidate.candidateType, transport: transportOf(candidate),
      address: endpoint(candidate.address, candidate.port),
    };
  }

  /** Checks of a reflexive candidate leave from its base. */
  function base(candidate) {
    const reflexive = candidate.candidateType === 'srflx' || candidate.candidateType === 'prflx';
    if (!reflexive || !candidate.relatedAddress) return report(candidate);
    return {
      type: 'host', transport: transportOf(candidate),
      address: endpoint(candidate.relatedAddress, candidate.relatedPort),
    };
  }

  /** Whether it is another than before, or its statistics are still to come. */
  async function tellSelected() {
    const { pairs, ends, selectedId } = await statistics();
    const pair = pairs.find(({ id }) => id === selectedId);
    const [local, remote] = pair ? ends(pair) : [];
    if (!local || !remote) return true;
    const event = { type: 'selected', local: { ...report(local), base: base(local).address }, remote: report(remote) };
    if (JSON.stringify(event) === selected) return false;
    selected = JSON.stringify(event);
    emit(event);
    return true;
  }

  globalThis.pairs = async () => {
    if (!pc) return [];
    const { pairs, ends } = await statistics();
    return pairs.flatMap((pair) => {
      const [local, remote] = ends(pair);
      if (!local?.address || !remote?.address) return [];
      return [{ local: base(local), remote: report(remote), state: pair.state, nominated: pair.nominated }];
    });
  };

  const tellPairs = async () => emit({ type: 'pairs', pairs: await globalThis.pairs() });

  const commands = {
    async configure(command) {
      controlling = command.role === 'controlling';
      const relayOnly = command.settings?.force_relay ? 'relay' : 'all';
      pc = new RTCPeerConnection({ iceServers: servers(command), iceTransportPolicy: relayOnly });
      pc.onicecandidate = ({ candidate }) => {
        if (!candidate) emit({ type: 'gathered' });
        else if (candidate.candidate) emit({ type: 'candidate', candidate: candidate.candidate });
      };
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
      if (transport) transport.onselectedcandidatepairchange = () => state === 'ready' && tellSelected();
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
