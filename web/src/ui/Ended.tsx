import type { CallSnapshot } from '../call/state';
import { useWords } from '../i18n';
import { Reasons } from './Reasons';

/** Hung up, or not let in. */
export function Ended({ snapshot, rejoin }: { snapshot: CallSnapshot; rejoin(): void }) {
  const words = useWords();
  return (
    <main className="card">
      <h2>{words.state[snapshot.state]}</h2>
      <Reasons reasons={snapshot.reasons} />
      <div className="actions">
        <button type="button" className="primary" data-testid="rejoin" onClick={rejoin}>
          {words.ended.rejoin}
        </button>
      </div>
    </main>
  );
}
