import { useWords } from '../i18n';
import { NewRoom } from './NewRoom';
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
          <NewRoom className="primary" />
        </div>
      </main>
    </div>
  );
}
