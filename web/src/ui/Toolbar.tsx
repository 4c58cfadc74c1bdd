import type { ReactNode } from 'react';
import { canShareScreen } from '../call/media';
import type { LocalMedia } from '../call/media';
import type { CallSnapshot } from '../call/state';
import { useWords } from '../i18n';
import { Icon } from './icons';
import type { IconName } from './icons';

interface Shown {
  shown: boolean;
  toggle(): void;
}

interface Props {
  snapshot: CallSnapshot;
  media: LocalMedia;
  unread: number;
  chat: Shown;
  panel: Shown;
  hangUp(): void;
}

export function Toolbar({ snapshot, media, unread, chat, panel, hangUp }: Props) {
  const { toolbar } = useWords();
  const { microphone, camera, screen } = snapshot.local;
  const heard = microphone === 'on';
  const seen = camera === 'on';
  return (
    <div className="toolbar" role="group" aria-label={toolbar.label}>
      <Tool testId="mute" icon="microphone" off={!heard} onClick={() => void media.toggle('microphone')}>
        {heard ? toolbar.mute : toolbar.unmute}
      </Tool>
      <Tool testId="camera" icon="camera" off={!seen} onClick={() => void media.toggle('camera')}>
        {seen ? toolbar.cameraOff : toolbar.cameraOn}
      </Tool>
      {canShareScreen() && (
        <Tool testId="screen" icon="screen" active={screen} onClick={() => void media.toggleScreen()}>
          {screen ? toolbar.stopSharing : toolbar.shareScreen}
        </Tool>
      )}
      <Tool testId="chat-toggle" icon="chat" expanded={chat.shown} onClick={chat.toggle}>
        {toolbar.chat}
        {unread > 0 && (
          <span className="unread" role="status">
            {unread}
            <span className="hidden">{toolbar.unread(unread)}</span>
          </span>
        )}
      </Tool>
      <Tool testId="panel-toggle" icon="panel" expanded={panel.shown} onClick={panel.toggle}>
        {toolbar.panel}
      </Tool>
      <Tool testId="hang-up" icon="hangUp" kind="danger" onClick={hangUp}>
        {toolbar.hangUp}
      </Tool>
    </div>
  );
}

interface ToolProps {
  testId: string;
  icon: IconName;
  /** Not working: shown crossed out. */
  off?: boolean;
  active?: boolean;
  expanded?: boolean;
  kind?: string;
  onClick(): void;
  children: ReactNode;
}

function Tool({ testId, icon, off = false, active = false, expanded, kind = '', onClick, children }: ToolProps) {
  return (
    <button
      type="button"
      className={`tool ${kind} ${off ? 'off' : ''} ${active ? 'active' : ''}`}
      data-testid={testId}
      aria-expanded={expanded}
      onClick={onClick}
    >
      <Icon name={icon} off={off} />
      <span>{children}</span>
    </button>
  );
}
