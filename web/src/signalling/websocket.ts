import type { Socket, Surroundings } from './client';
import { sessionMemory } from './memory';
import { subprotocol } from './messages';

/** `signal` beside the page: a reverse proxy may have put both under some path. */
function signallingUrl(): string {
  const url = new URL('signal', document.baseURI);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.search = url.hash = '';
  return url.href;
}

export function browserSurroundings(room: string): Surroundings {
  return {
    connect: () => new WebSocket(signallingUrl(), subprotocol) as unknown as Socket,
    now: () => Date.now(),
    random: Math.random,
    after(delay, action) {
      const timer = window.setTimeout(action, delay);
      return () => window.clearTimeout(timer);
    },
    isVisible: () => document.visibilityState === 'visible',
    memory: sessionMemory(room, () => window.sessionStorage),
  };
}
