import type { Device } from '../call/media';
import type { CallSnapshot } from '../call/state';
import { useWords } from '../i18n';

const devices: Device[] = ['microphone', 'camera'];

/** What is not as one would wish, though the call goes on. */
export function Notices({ snapshot }: { snapshot: CallSnapshot }) {
  const words = useWords();
  const { trouble } = snapshot.local;
  const missing = devices.flatMap((device) => {
    const found = trouble[device];
    return found ? [words.trouble[device][found]] : [];
  });
  const notices = missing.length > 0 ? [[...missing, words.trouble.anyway].join(' ')] : [];
  const broken = snapshot.signalling !== 'open' && snapshot.state === 'connected';
  if (broken) notices.push(words.signalling.brokenCallGoesOn);
  return (
    <div className="notices" role="status" data-testid="notices">
      {notices.map((notice) => (
        <p key={notice}>{notice}</p>
      ))}
    </div>
  );
}
