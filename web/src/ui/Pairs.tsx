import { endpoint } from '../call/candidates';
import { ofLatestGeneration } from '../call/pairs';
import type { Pair } from '../call/pairs';
import { useWords } from '../i18n';
import { CandidateText } from './Candidates';

/** The pair that carries the call first, then those the browser still knows. */
function inOrder(pairs: readonly Pair[]): Pair[] {
  const rank = (pair: Pair): number => (pair.selected ? 0 : pair.removed ? 2 : 1);
  return [...pairs].sort((a, b) => rank(a) - rank(b));
}

export function Pairs({ pairs }: { pairs: readonly Pair[] }) {
  const words = useWords();
  const latest = ofLatestGeneration(pairs);
  const earlier = pairs.filter((pair) => !latest.includes(pair));
  return (
    <section>
      <h3>{words.pairs.heading}</h3>
      {latest.length === 0 ? <p className="muted">{words.pairs.none}</p> : <Table pairs={latest} />}
      {earlier.length > 0 && (
        <details>
          <summary>{words.pairs.earlier(earlier.length)}</summary>
          <Table pairs={earlier} />
        </details>
      )}
    </section>
  );
}

function Table({ pairs }: { pairs: readonly Pair[] }) {
  const words = useWords();
  return (
    <table className="pairs" aria-label={words.pairs.heading}>
      <thead>
        <tr>
          <th scope="col">{words.pairs.local}</th>
          <th scope="col">{words.pairs.remote}</th>
          <th scope="col">{words.pairs.state}</th>
        </tr>
      </thead>
      <tbody>
        {inOrder(pairs).map((pair) => (
          <Row key={pair.id} pair={pair} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ pair }: { pair: Pair }) {
  const words = useWords();
  const { local, remote, state } = pair;
  return (
    <tr
      data-testid="pair"
      data-local={`${local.type} ${local.protocol} ${endpoint(local)}`}
      data-remote={`${remote.type} ${remote.protocol} ${endpoint(remote)}`}
      data-state={state}
      data-selected={pair.selected}
      data-removed={pair.removed}
    >
      <td>
        <CandidateText candidate={local} />
      </td>
      <td>
        <CandidateText candidate={remote} />
      </td>
      <td>
        <span className={`pair-state ${state}`}>{words.pairs.states[state]}</span>
        {pair.selected && <strong>{words.pairs.selected}</strong>}
        {pair.removed && <span className="muted">{words.pairs.removed}</span>}
        <span className="muted">{words.pairs.checks(pair.requestsSent, pair.responsesReceived)}</span>
      </td>
    </tr>
  );
}
