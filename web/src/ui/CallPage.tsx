import { useEffect, useState, useSyncExternalStore } from 'react';
import { useWords } from '../i18n';
import { Chat } from './Chat';
import { Ended } from './Ended';
import { Notices } from './Notices';
import { Panel } from './Panel';
import { Stage } from './Stage';
import { StatusLine } from './StatusLine';
import { Toolbar } from './Toolbar';
import { TopBar } from './TopBar';
import type { LanguageProps } from './TopBar';
import { useFocus } from './useFocus';
import { endVisit } from './visit';
import type { Visit } from './visit';

interface Props extends LanguageProps {
  visit: Visit;
  rejoin(): void;
}

const isWide = (): boolean => matchMedia('(min-width: 60rem)').matches;

export function CallPage({ visit, rejoin, ...languages }: Props) {
  const words = useWords();
  const { call } = visit;
  const main = useFocus<HTMLElement>();
  const snapshot = useSyncExternalStore(call.subscribe, call.snapshot);
  const [panelShown, setPanelShown] = useState(isWide);
  const [chatShown, setChatShown] = useState(isWide);
  const [chatSeen, setChatSeen] = useState(0);
  const lastMessage = snapshot.chat.at(-1)?.id ?? 0;
  if (chatShown && chatSeen !== lastMessage) setChatSeen(lastMessage);
  useGoodbye(visit);

  const over = snapshot.state === 'ended' || snapshot.state === 'room-full';
  return (
    <div
      className="page"
      data-testid="call"
      data-state={snapshot.state}
      data-path={snapshot.path}
      data-ice={snapshot.ice}
      data-dtls={snapshot.dtls}
      data-media={snapshot.media}
      data-role={snapshot.role}
      data-signalling={snapshot.signalling}
      data-frames-decoded={snapshot.framesDecoded}
      data-bytes-sent={snapshot.bytesSent}
      data-bytes-received={snapshot.bytesReceived}
    >
      <TopBar {...languages}>
        <StatusLine snapshot={snapshot} />
      </TopBar>
      {over ? (
        <Ended snapshot={snapshot} rejoin={rejoin} />
      ) : (
        <div className="layout">
          <main aria-label={words.stage.label} tabIndex={-1} ref={main}>
            <Stage snapshot={snapshot} retry={() => call.retry()} />
            <Toolbar
              snapshot={snapshot}
              media={visit.media}
              unread={snapshot.chat.filter(({ id, mine }) => id > chatSeen && !mine).length}
              chat={{ shown: chatShown, toggle: () => setChatShown(!chatShown) }}
              panel={{ shown: panelShown, toggle: () => setPanelShown(!panelShown) }}
              hangUp={() => endVisit(visit)}
            />
            <Notices snapshot={snapshot} />
          </main>
          <Chat snapshot={snapshot} shown={chatShown} say={(text) => call.say(text)} />
          <Panel snapshot={snapshot} shown={panelShown} restart={() => call.retry()} />
        </div>
      )}
    </div>
  );
}

/** Who closes the page has left the call; who comes back to it may have slept. */
function useGoodbye(visit: Visit): void {
  useEffect(() => {
    const leave = () => endVisit(visit);
    const wake = () => {
      if (!document.hidden) visit.call.wake();
    };
    window.addEventListener('pagehide', leave);
    document.addEventListener('visibilitychange', wake);
    return () => {
      window.removeEventListener('pagehide', leave);
      document.removeEventListener('visibilitychange', wake);
    };
  }, [visit]);
}
