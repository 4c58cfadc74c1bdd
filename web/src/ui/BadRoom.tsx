import { useWords } from '../i18n';
import { newRoom } from '../options';
import { TopBar } from './TopBar';
import type { LanguageProps } from './TopBar';

export function BadRoom(languages: LanguageProps) {
  const words = useWords();
  return (
    <div className="page" data-testid="call" data-state="bad-room">
      <TopBar {...languages} />
      <main className="card">
        <h2>{words.badRoom.heading}</h2>
        <p>{words.badRoom.text}</p>
        <div className="actions">
          <button type="button" className="primary" data-testid="new-room" onClick={() => (location.hash = newRoom())}>
            {words.badRoom.create}
          </button>
        </div>
      </main>
    </div>
  );
}
