import type { CallSnapshot } from '../call/state';
import { useWords } from '../i18n';

export function Sdp({ sdp }: Pick<CallSnapshot, 'sdp'>) {
  const words = useWords();
  return (
    <section>
      <h3>{words.sdp.heading}</h3>
      <Description name={words.sdp.local} testId="sdp-local" text={sdp.local} />
      <Description name={words.sdp.remote} testId="sdp-remote" text={sdp.remote} />
    </section>
  );
}

function Description({ name, testId, text }: { name: string; testId: string; text: string | undefined }) {
  const words = useWords();
  return (
    <details data-testid={testId}>
      <summary>{name}</summary>
      {text === undefined ? (
        <p className="muted">{words.sdp.none}</p>
      ) : (
        <pre tabIndex={0} aria-label={name}>
          {text}
        </pre>
      )}
    </details>
  );
}
