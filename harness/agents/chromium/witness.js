// Runs inside Chromium, before page.js or call.js: tells what becomes of one RTCPeerConnection, in the events of the
// agent protocol (docs/agent-protocol.md).
(() => {
  const attribute = (sdp, name) => new RegExp(`^a=${name}:(.*)$`, 'm').exec(sdp)?.[1].trim();

  /** `203.0.113.1:4000`, `[2001:db8::1]:4000`. */
  const endpoint = (address, port) => `${address.includes(':') ? `[${address}]` : address}:${port}`;

  const transportOf = ({ protocol, tcpType }) => (protocol === 'tcp' ? `tcp-${tcpType ?? 'active'}` : 'udp');

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

  globalThis.Witness = class {
    #pc;
    #state = 'gathering';
    #selected = '';
    #settled; // a timer

    constructor(pc) {
      this.#pc = pc;
      pc.addEventListener('icecandidate', ({ candidate }) => {
        if (!candidate) emit({ type: 'gathered' });
        else if (candidate.candidate) emit({ type: 'candidate', candidate: candidate.candidate });
      });
    }

    get isConnected() {
      return this.#state === 'connected' || this.#state === 'ready';
    }

    described({ sdp }) {
      emit({
        type: 'credentials', ufrag: attribute(sdp, 'ice-ufrag'), pwd: attribute(sdp, 'ice-pwd'),
        fingerprint: attribute(sdp, 'fingerprint'),
      });
    }

    said(state, members = {}) {
      if (this.#state === state) return;
      this.#state = state;
      emit({ type: 'state', state, ...members });
    }

    /** To be told whenever one of the connection's own states changes. True where that says all. */
    changed() {
      const ice = this.#pc.iceConnectionState;
      if (ice === 'failed' || this.#pc.connectionState === 'failed') {
        clearTimeout(this.#settled);
        this.tellPairs().then(() => this.said('failed'));
      } else if (ice === 'disconnected') {
        clearTimeout(this.#settled);
        this.said('disconnected');
      } else if (ice === 'checking') {
        this.said('connecting');
      } else {
        return false;
      }
      return true;
    }

    /** Something flows: `level` says what. */
    async flows(level) {
      await this.tellSelected();
      this.said('connected', { level });
      this.#settle();
    }

    /** The selected pair may be another: who said that it had settled had not. */
    async moved() {
      if (!this.isConnected) return;
      this.said('connected');
      await this.tellSelected(); // if its statistics, which may be a moment old, have it
      this.#settle();
    }

    /** Chromium says `completed` on the controlling side alone: who keeps its pair for a second has settled. */
    #settle() {
      clearTimeout(this.#settled);
      this.#settled = setTimeout(async () => {
        if (await this.tellSelected()) return this.#settle();
        await this.tellPairs();
        this.said('ready');
      }, 1000);
    }

    async #statistics() {
      const all = new Map(await this.#pc.getStats());
      const ends = ({ localCandidateId, remoteCandidateId }) => [all.get(localCandidateId), all.get(remoteCandidateId)];
      const pairs = [...all.values()].filter(({ type }) => type === 'candidate-pair');
      const transport = [...all.values()].find(({ type }) => type === 'transport');
      return { all, pairs, ends, selectedId: transport?.selectedCandidatePairId };
    }

    /** Whether it is another than before, or its statistics are still to come. */
    async tellSelected() {
      const { pairs, ends, selectedId } = await this.#statistics();
      const pair = pairs.find(({ id }) => id === selectedId);
      const [local, remote] = pair ? ends(pair) : [];
      if (!local || !remote) return true;
      const event = { type: 'selected', local: { ...report(local), base: base(local).address }, remote: report(remote) };
      if (JSON.stringify(event) === this.#selected) return false;
      this.#selected = JSON.stringify(event);
      emit(event);
      return true;
    }

    async pairs() {
      const { pairs, ends } = await this.#statistics();
      return pairs.flatMap((pair) => {
        const [local, remote] = ends(pair);
        if (!local?.address || !remote?.address) return [];
        return [{ local: base(local), remote: report(remote), state: pair.state, nominated: pair.nominated }];
      });
    }

    /** Where checks leave from, by the candidate: `srflx udp 203.0.113.1:4000`. */
    async bases() {
      const { all } = await this.#statistics();
      const locals = [...all.values()].filter(({ type, address }) => type === 'local-candidate' && address);
      return new Map(locals.map((candidate) => {
        const { candidateType, protocol, address, port } = candidate;
        return [`${candidateType} ${protocol} ${endpoint(address, port)}`, base(candidate)];
      }));
    }

    async framesDecoded() {
      const { all } = await this.#statistics();
      const received = [...all.values()].filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
      return received.reduce((sum, { framesDecoded = 0 }) => sum + framesDecoded, 0);
    }

    async tellPairs() {
      emit({ type: 'pairs', pairs: await this.pairs() });
    }
  };
})();
