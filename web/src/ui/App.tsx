import { useEffect, useRef, useState } from 'react';
import { dictionaries, preferredLanguage, Words } from '../i18n';
import type { Language } from '../i18n';
import { isRoom } from '../options';
import type { Options } from '../options';
import { BadRoom } from './BadRoom';
import { CallPage } from './CallPage';
import { Prejoin } from './Prejoin';
import { startVisit } from './visit';
import type { Visit } from './visit';

export function App({ options }: { options: Options }) {
  const [language, setLanguage] = useState<Language>(options.language ?? preferredLanguage(navigator.languages));
  const words = dictionaries[language];
  useEffect(() => {
    document.documentElement.lang = language;
    document.title = words.title;
  }, [language, words]);
  return (
    <Words value={words}>
      {isRoom(options.room) ? (
        <Room options={options} language={language} setLanguage={setLanguage} />
      ) : (
        <BadRoom language={language} setLanguage={setLanguage} />
      )}
    </Words>
  );
}

interface RoomProps {
  options: Options;
  language: Language;
  setLanguage(language: Language): void;
}

function Room({ options, language, setLanguage }: RoomProps) {
  const [visit, setVisit] = useState<Visit>();
  const [asking, setAsking] = useState(false);
  const [withDevices, setWithDevices] = useState(!options.noDevices);

  const join = async (devices: boolean) => {
    setWithDevices(devices);
    setAsking(true);
    setVisit(await startVisit(options, devices));
    setAsking(false);
  };

  // Once, when the page is opened: React calls effects twice in development.
  const opened = useRef(false);
  useEffect(() => {
    if (options.noDevices && !opened.current) void join(false);
    opened.current = true;
  });

  const languages = { language, setLanguage };
  if (!visit) return <Prejoin asking={asking} join={(devices) => void join(devices)} {...languages} />;
  return <CallPage key={visit.id} visit={visit} rejoin={() => void join(withDevices)} {...languages} />;
}
