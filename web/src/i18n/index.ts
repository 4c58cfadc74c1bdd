import { createContext, useContext } from 'react';
import type { Dictionary } from './dictionary';
import { en } from './en';
import { ko } from './ko';

export type Language = 'en' | 'ko';

export const dictionaries: Record<Language, Dictionary> = { en, ko };

/** Each in its own words, for whoever cannot read the others. */
export const languageNames: Record<Language, string> = { en: 'English', ko: '한국어' };

/** The first of the browser's languages that there is a dictionary for. */
export function preferredLanguage(languages: readonly string[]): Language {
  const known = languages.map((tag) => tag.toLowerCase().split('-')[0]);
  return (known.find((tag) => tag === 'en' || tag === 'ko') as Language | undefined) ?? 'en';
}

export const Words = createContext<Dictionary>(en);

export const useWords = (): Dictionary => useContext(Words);
