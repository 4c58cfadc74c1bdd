import { useEffect, useRef } from 'react';

interface Props {
  stream: MediaStream | undefined;
  label: string;
  testId: string;
  muted?: boolean;
  mirrored?: boolean;
  /** The browser plays no sound before the page has been touched: the picture is shown without, until `unmute`. */
  onBlocked?: (unmute: () => void) => void;
}

export function Video({ stream, label, testId, muted = false, mirrored = false, onBlocked }: Props) {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = element.current;
    if (!video || video.srcObject === (stream ?? null)) return;
    video.srcObject = stream ?? null;
    if (!stream) return;
    video.play().catch((error: unknown) => {
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') return;
      video.muted = true;
      void video.play().catch(() => undefined);
      onBlocked?.(() => (video.muted = false));
    });
  }, [stream, onBlocked]);
  return (
    <video
      ref={element}
      data-testid={testId}
      className={mirrored ? 'mirrored' : ''}
      aria-label={label}
      autoPlay
      playsInline
      muted={muted}
    />
  );
}
