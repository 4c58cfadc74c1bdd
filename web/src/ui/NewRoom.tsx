import { useWords } from '../i18n';
import { newRoom } from '../options';

/** `className` is `primary` where there is nothing better to do. */
export function NewRoom({ className }: { className?: string }) {
  const words = useWords();
  return (
    <button type="button" className={className} data-testid="new-room" onClick={() => (location.hash = newRoom())}>
      {words.newRoom}
    </button>
  );
}
