import { useWords } from '../i18n';
import { CopyLink } from './CopyLink';
import { TopBar } from './TopBar';
import type { LanguageProps } from './TopBar';

interface Props extends LanguageProps {
  /** The browser is asking for camera and microphone. */
  asking: boolean;
  join(withDevices: boolean): void;
}

export function Prejoin({ asking, join, ...languages }: Props) {
  const words = useWords();
  return (
    <div className="page" data-testid="call" data-state="prejoin">
      <TopBar {...languages} />
      <main className="card">
        <h2>{words.prejoin.heading}</h2>
        <p>{words.prejoin.text}</p>
        <div className="actions">
          <button type="button" className="primary" data-testid="join" disabled={asking} onClick={() => join(true)}>
            {words.prejoin.join}
          </button>
          <button type="button" data-testid="join-without" disabled={asking} onClick={() => join(false)}>
            {words.prejoin.joinWithout}
          </button>
        </div>
        <p role="status" className="muted">
          {asking ? words.prejoin.asking : ''}
        </p>
        <CopyLink />
      </main>
    </div>
  );
}
