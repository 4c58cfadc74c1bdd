import { useState } from 'react';
import { useWords } from '../i18n';

/** The link for the other person: without this side's own options. */
function link(): string {
  return `${location.origin}${location.pathname}${location.hash}`;
}

export function CopyLink() {
  const words = useWords();
  const [outcome, setOutcome] = useState<'copied' | 'failed'>();
  const copy = () => {
    // No clipboard without HTTPS.
    const written = navigator.clipboard ? navigator.clipboard.writeText(link()) : Promise.reject(new Error());
    written.then(
      () => setOutcome('copied'),
      () => setOutcome('failed'),
    );
  };
  return (
    <div className="link">
      <input
        readOnly
        data-testid="link"
        aria-label={words.link.label}
        value={link()}
        onFocus={(event) => event.target.select()}
      />
      <button type="button" data-testid="copy-link" onClick={copy}>
        {words.link.copy}
      </button>
      <span role="status" className="muted">
        {outcome ? words.link[outcome] : ''}
      </span>
    </div>
  );
}
