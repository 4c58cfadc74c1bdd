// Runs inside Chromium, before the call page's own scripts: watches the connection that the page makes, and the page.
(() => {
  let witness;
  let chat;

  /** The call stands when one picture follows another. */
  function watchPictures(pc) {
    let shown = 0;
    setInterval(async () => {
      const decoded = await witness.framesDecoded();
      const moves = decoded > shown;
      shown = decoded;
      const isOpen = ['connected', 'completed'].includes(pc.iceConnectionState);
      if (moves && isOpen && !witness.isConnected) await witness.flows('media');
    }, 200);
  }

  function attach(channel) {
    if (channel.label !== 'chat') return;
    chat = channel;
    channel.addEventListener('message', ({ data }) => emit({ type: 'received', data }));
  }

  /** The page's own table of pairs, as it shows it (web/README.md). */
  async function pairsShown() {
    const bases = await witness.bases();
    const readEnd = (text) => {
      const [type, protocol, address] = text.split(' ');
      return { type, transport: protocol === 'udp' ? 'udp' : 'tcp-active', address };
    };
    return [...document.querySelectorAll('[data-testid="pair"]')].flatMap(({ dataset }) => {
      if (dataset.remote.includes('?') || dataset.local.includes('?')) return []; // of which statistics lack an address
      const local = bases.get(dataset.local) ?? readEnd(dataset.local);
      return [{ local, remote: readEnd(dataset.remote), state: dataset.state, nominated: dataset.selected === 'true' }];
    });
  }

  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...options) {
      super(...options);
      witness = new Witness(this);
      witness.pairs = pairsShown;
      for (const change of ['iceconnectionstatechange', 'connectionstatechange'])
        this.addEventListener(change, () => witness.changed());
      this.addEventListener('datachannel', ({ channel }) => attach(channel));
      watchPictures(this);
    }

    createDataChannel(...options) {
      const channel = super.createDataChannel(...options);
      attach(channel);
      return channel;
    }

    async setLocalDescription(description) {
      witness.described(description);
      await super.setLocalDescription(description);
      const [{ transport }] = this.getSenders();
      transport.iceTransport.onselectedcandidatepairchange = () => witness.moved();
    }
  };

  globalThis.pairs = async () => (witness ? pairsShown() : []);

  const press = (id) => document.querySelector(`[data-testid="${id}"]`).click();

  const commands = {
    restart: () => press('restart'),
    send({ data }) {
      if (chat?.readyState !== 'open') throw new Error('there is no data channel to the peer');
      chat.send(data);
    },
    gather: () => press('join'),
    // The page's server tells it of STUN and TURN servers, and of its peer.
    configure() {}, 'remote-credentials'() {}, 'remote-candidate'() {}, 'remote-gathered'() {},
  };

  globalThis.obey = (command) => {
    if (!Object.hasOwn(commands, command.type)) throw new Error('there is no such command');
    return commands[command.type](command);
  };
})();
