import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  // The page may be served from any path of a reverse proxy.
  base: './',
  build: {
    target: 'es2022',
    // Nothing inline: the page is to work under a Content-Security-Policy of 'self'.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
