import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { newRoom, readOptions } from './options';
import './style.css';
import { App } from './ui/App';

if (location.hash.length <= 1) {
  history.replaceState(null, '', `${location.pathname}${location.search}#${newRoom()}`);
}
// Another link opened in this tab: another room, from the beginning.
window.addEventListener('hashchange', () => location.reload());

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App options={readOptions(location)} />
    </StrictMode>,
  );
}
