import type { CallSnapshot } from '../call/state';
import { useWords } from '../i18n';
import type { Dictionary } from '../i18n/dictionary';

/** Connected means by ICE; whether anything can flow is up to DTLS. */
export function isIceOnly({ state, dtls }: CallSnapshot): boolean {
  return state === 'connected' && dtls !== 'connected';
}

/** The call has stood and is being mended. */
export function isReconnecting({ state, wasConnected }: CallSnapshot): boolean {
  return state === 'connecting' && wasConnected;
}

export function statusText(snapshot: CallSnapshot, words: Dictionary): string {
  if (isIceOnly(snapshot)) return words.state.iceOnly;
  if (isReconnecting(snapshot)) return words.state.reconnecting;
  if (snapshot.state === 'failed' && snapshot.wasConnected) return words.state.lost;
  if (snapshot.state === 'connected' && snapshot.path !== 'none') return words.state[snapshot.path];
  return words.state[snapshot.state];
}

export function StatusLine({ snapshot }: { snapshot: CallSnapshot }) {
  return (
    <p className="status" role="status" data-testid="status" data-state={snapshot.state}>
      <span className="dot" aria-hidden="true" />
      {statusText(snapshot, useWords())}
    </p>
  );
}
