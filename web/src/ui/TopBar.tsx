import type { ReactNode } from 'react';
import { languageNames, useWords } from '../i18n';
import type { Language } from '../i18n';

export interface LanguageProps {
  language: Language;
  setLanguage(language: Language): void;
}

/** The name, whatever the page has to say there, and the languages. */
export function TopBar({ children, language, setLanguage }: LanguageProps & { children?: ReactNode }) {
  const words = useWords();
  const names = Object.entries(languageNames) as [Language, string][];
  return (
    <header className="top">
      <h1>
        <img src="./icon.svg" alt="" width="24" height="24" />
        {words.title}
      </h1>
      {children}
      <select
        className="language"
        data-testid="language"
        aria-label={words.language}
        value={language}
        onChange={(event) => setLanguage(event.target.value as Language)}
      >
        {names.map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </header>
  );
}
