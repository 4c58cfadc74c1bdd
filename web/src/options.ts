import type { Language } from './i18n';

export interface Options {
  room: string;
  /** `?lang=ko`: a language whatever the browser prefers. */
  language: Language | undefined;
  /** `?relay`: use relayed candidates alone. */
  relayOnly: boolean;
  /** `?nodevices`: join at once, without camera and microphone. */
  noDevices: boolean;
}

const roomPattern = /^[A-Za-z0-9_-]{22,64}$/;

export const isRoom = (name: string): boolean => roomPattern.test(name);

/** 128 random bits in base64url: whoever does not know the name does not find the room. */
export function newRoom(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

export function readOptions(location: { search: string; hash: string }): Options {
  const query = new URLSearchParams(location.search);
  const lang = query.get('lang');
  return {
    room: location.hash.slice(1),
    language: lang === 'ko' || lang === 'en' ? lang : undefined,
    relayOnly: query.has('relay'),
    noDevices: query.has('nodevices'),
  };
}
