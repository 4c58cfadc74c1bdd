// The real server, started as a user does, for tests in real browsers.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const program = process.env.ICELAB_PROGRAM ?? `${root}build/dev/bin/icelab`;
export const artifacts = process.env.ICELAB_ARTIFACTS ?? `${root}build/e2e`;

/** Resolves when it listens: `link` is what it printed. */
export async function serve(...options) {
  const child = spawn(program, ['serve', '--listen', '127.0.0.1:0', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [first] = await Promise.race([once(lines, 'line'), ended]);
  if (typeof first !== 'string') throw new Error(`icelab serve ended with ${first}`);
  return {
    // Browsers take localhost for secure, and so give the page its devices.
    link: first.replace('127.0.0.1', 'localhost'),
    /** Asks it to end; resolves to its exit status. */
    async stop() {
      child.kill('SIGTERM');
      const [status] = await ended;
      return status;
    },
  };
}
