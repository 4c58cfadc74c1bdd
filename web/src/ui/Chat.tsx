import { useEffect, useRef, useState } from 'react';
import type { SyntheticEvent } from 'react';
import { longestMessage } from '../call/chat';
import type { CallSnapshot } from '../call/state';
import { useWords } from '../i18n';

interface Props {
  snapshot: CallSnapshot;
  shown: boolean;
  say(text: string): void;
}

export function Chat({ snapshot, shown, say }: Props) {
  const words = useWords();
  const { chat, isChatOpen } = snapshot;
  return (
    <aside className="chat" hidden={!shown} aria-labelledby="chat-heading">
      <h2 id="chat-heading">{words.chat.heading}</h2>
      <Log chat={chat} />
      <Composer isOpen={isChatOpen} say={say} />
    </aside>
  );
}

function Log({ chat }: Pick<CallSnapshot, 'chat'>) {
  const words = useWords();
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [chat]);
  return (
    // It scrolls, and so must be reached by keyboard.
    <div className="log" role="log" aria-label={words.chat.heading} tabIndex={0} ref={list}>
      {chat.length === 0 && <p className="muted">{words.chat.empty}</p>}
      {chat.map(({ id, mine, text }) => (
        <p key={id} className={mine ? 'mine' : 'theirs'} data-testid="chat-message" data-mine={mine}>
          <span className="hidden">{mine ? words.chat.me : words.chat.other}: </span>
          <span className="text">{text}</span>
        </p>
      ))}
    </div>
  );
}

function Composer({ isOpen, say }: { isOpen: boolean; say(text: string): void }) {
  const words = useWords();
  const [text, setText] = useState('');
  const send = (event: SyntheticEvent) => {
    event.preventDefault();
    if (text.trim() === '') return;
    say(text);
    setText('');
  };
  return (
    <form className="composer" onSubmit={send}>
      <input
        data-testid="chat-input"
        aria-label={words.chat.input}
        placeholder={isOpen ? words.chat.input : words.chat.closed}
        autoComplete="off"
        maxLength={longestMessage}
        disabled={!isOpen}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" data-testid="chat-send" disabled={!isOpen}>
        {words.chat.send}
      </button>
    </form>
  );
}
