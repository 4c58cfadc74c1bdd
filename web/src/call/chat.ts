import type { ChatMessage, RemoteStatus } from './state';

/** Characters of one message; the input takes no more, and of what comes no more is shown. */
export const longestMessage = 2000;
const kept = 500;

export function addMessage(chat: readonly ChatMessage[], text: string, mine: boolean, at: number): ChatMessage[] {
  const id = (chat.at(-1)?.id ?? 0) + 1;
  return [...chat.slice(1 - kept), { id, mine, text: text.slice(0, longestMessage), at }];
}

/** Reads what came over the channel `status`; nothing if the other side writes something else there. */
export function parseStatus(text: string): RemoteStatus | undefined {
  try {
    const said = JSON.parse(text) as Partial<Record<keyof RemoteStatus, unknown>> | null;
    if (typeof said !== 'object' || said === null) return undefined;
    const state = (value: unknown) => (value === 'on' ? 'on' : 'off');
    return { microphone: state(said.microphone), camera: state(said.camera), screen: said.screen === true };
  } catch {
    return undefined;
  }
}
