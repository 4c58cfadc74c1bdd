import { useCallback, useState } from 'react';
import type { CallSnapshot } from '../call/state';
import { useWords } from '../i18n';
import { CopyLink } from './CopyLink';
import { Reasons } from './Reasons';
import { isIceOnly, isReconnecting, statusText } from './StatusLine';
import { Video } from './Video';

interface Props {
  snapshot: CallSnapshot;
  retry(): void;
}

export function Stage({ snapshot, retry }: Props) {
  const words = useWords();
  const { local, localPicture, remote, remoteStream, state } = snapshot;
  const [unmute, setUnmute] = useState<() => void>();
  const setBlocked = useCallback((start: () => void) => setUnmute(() => start), []);
  const listen = () => {
    unmute?.();
    setUnmute(undefined);
  };
  const talking = state === 'connected' || isReconnecting(snapshot);
  const remotePicture = remote ? remote.camera === 'on' || remote.screen : snapshot.framesDecoded > 0;
  return (
    <section className="stage">
      <Video testId="remote-video" label={words.stage.remote} stream={remoteStream} onBlocked={setBlocked} />
      {!(talking && remotePicture) && <Placeholder snapshot={snapshot} retry={retry} />}
      {talking && remote?.microphone === 'off' && <p className="badge">{words.stage.remoteMuted}</p>}
      {talking && unmute && (
        <button type="button" className="primary play" data-testid="unblock-sound" onClick={listen}>
          {words.stage.unblock}
        </button>
      )}
      <div className="self" data-picture={localPicture ? 'on' : 'off'}>
        <Video testId="local-video" label={words.stage.local} stream={localPicture} muted mirrored={!local.screen} />
        {!localPicture && <span>{words.stage.noPicture}</span>}
      </div>
    </section>
  );
}

/** Only where both descriptions stand is there anything to restart. */
function canRetry({ sdp, reasons }: CallSnapshot): boolean {
  return sdp.remote !== undefined && !reasons.some(({ kind }) => kind === 'browser');
}

/** What stands where the other's picture would be. */
function Placeholder({ snapshot, retry }: Props) {
  const words = useWords();
  switch (snapshot.state) {
    case 'waiting':
      return (
        <div className="placeholder">
          <p className="large">{words.state.waiting}</p>
          <p>{snapshot.peerLeft ? words.waiting[snapshot.peerLeft] : words.waiting.text}</p>
          <CopyLink />
        </div>
      );
    case 'failed':
      return (
        <div className="placeholder">
          <p className="large">{statusText(snapshot, words)}</p>
          <Reasons reasons={snapshot.reasons} />
          {canRetry(snapshot) && (
            <button type="button" data-testid="retry" onClick={retry}>
              {words.stage.retry}
            </button>
          )}
        </div>
      );
    case 'connected':
      return (
        <div className="placeholder">
          <p>{isIceOnly(snapshot) ? words.iceOnly : words.stage.noPicture}</p>
        </div>
      );
    default:
      return (
        <div className="placeholder">
          <p className="large">{statusText(snapshot, words)}</p>
        </div>
      );
  }
}
