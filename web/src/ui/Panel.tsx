import type { CallSnapshot } from '../call/state';
import { useWords } from '../i18n';
import { Candidates } from './Candidates';
import { Pairs } from './Pairs';
import { Plots } from './Plots';
import { Sdp } from './Sdp';

interface Props {
  snapshot: CallSnapshot;
  shown: boolean;
  restart(): void;
}

/** Everything that is known of the connection, as it comes to be known. */
export function Panel({ snapshot, shown, restart }: Props) {
  const words = useWords();
  return (
    <aside className="panel" hidden={!shown} aria-labelledby="panel-heading" data-testid="panel">
      <div className="heading">
        <h2 id="panel-heading">{words.panel.heading}</h2>
        <button type="button" data-testid="restart" disabled={snapshot.ice === 'none'} onClick={restart}>
          {words.panel.restart}
        </button>
      </div>
      <Summary snapshot={snapshot} />
      <Pairs pairs={snapshot.pairs} />
      <Plots history={snapshot.history} />
      <Candidates local={snapshot.localCandidates} remote={snapshot.remoteCandidates} />
      <Sdp sdp={snapshot.sdp} />
    </aside>
  );
}

function Summary({ snapshot }: { snapshot: CallSnapshot }) {
  const words = useWords();
  const { panel } = words;
  const rows: [string, string][] = [
    [panel.path, panel.paths[snapshot.path]],
    [panel.media, panel.flows[snapshot.media]],
    // The states of ICE and DTLS are told in the words of webrtc-pc, which are the same in every language.
    [panel.ice, snapshot.ice === 'none' ? '–' : snapshot.ice],
    [panel.dtls, snapshot.dtls === 'none' ? '–' : snapshot.dtls],
    [panel.role, snapshot.role ? panel.roles[snapshot.role] : '–'],
    [words.signalling.label, words.signalling[snapshot.signalling]],
  ];
  return (
    <dl className="summary">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
