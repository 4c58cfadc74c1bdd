import type { CallSnapshot } from '../call/state';
import { useWords } from '../i18n';
import { NewRoom } from './NewRoom';
import { Reasons } from './Reasons';
import { useFocus } from './useFocus';

/** Hung up, or not let in: then the page goes on asking, and one may wait or go elsewhere. */
export function Ended({ snapshot, rejoin }: { snapshot: CallSnapshot; rejoin(): void }) {
  const words = useWords();
  const main = useFocus<HTMLElement>();
  return (
    <main className="card" tabIndex={-1} ref={main}>
      <h2>{words.state[snapshot.state]}</h2>
      <Reasons reasons={snapshot.reasons} />
      <div className="actions">
        {snapshot.state === 'room-full' ? (
          <NewRoom />
        ) : (
          <button type="button" className="primary" data-testid="rejoin" onClick={rejoin}>
            {words.ended.rejoin}
          </button>
        )}
      </div>
    </main>
  );
}
