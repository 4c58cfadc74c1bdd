import type { Reason } from '../call/diagnosis';
import { useWords } from '../i18n';
import type { Dictionary } from '../i18n/dictionary';

/** webrtc-pc: no server was reached at all. */
const unreachable = 701;

function sentence(reason: Reason, { reasons }: Dictionary): string {
  switch (reason.kind) {
    case 'signalling-refused': {
      const known: Record<string, string> = reasons.refused;
      return known[reason.code] ?? reasons.refusedOther(reason.code);
    }
    case 'browser':
      return reasons.browser(reason.message);
    case 'only-host-candidates':
      return reasons[reason.kind][reason.side];
    case 'server-error':
      if (reason.code === unreachable) return reasons.serverUnreachable(reason.url);
      return reasons.serverError(reason.url, reason.code, reason.text);
    case 'all-pairs-failed':
      return reasons.allPairsFailed(reason.pairs);
    case 'pairs-unanswered':
      return reasons.pairsUnanswered(reason.pairs);
    default:
      return reasons[reason.kind];
  }
}

export function Reasons({ reasons }: { reasons: readonly Reason[] }) {
  const words = useWords();
  if (reasons.length === 0) return null;
  // A server that is asked from several interfaces fails once for each.
  const sentences = new Map(reasons.map((reason) => [sentence(reason, words), reason.kind]));
  return (
    <div role="alert">
      <ul className="reasons" aria-label={words.reasons.heading}>
        {[...sentences].map(([text, kind]) => (
          <li key={text} data-testid="reason" data-kind={kind}>
            {text}
          </li>
        ))}
      </ul>
    </div>
  );
}
