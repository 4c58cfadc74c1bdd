const first = 500;
const longest = 8000;

/**
 * Milliseconds to wait before the given attempt (0, 1, 2...) to connect again. The first is made at once: most breaks are
 * a network that changed, and the timers of a hidden page may be a minute late. `random` (0 to 1) spreads the clients of a
 * server that was started again.
 */
export function retryDelay(attempt: number, random: number): number {
  if (attempt === 0) return 0;
  const delay = Math.min(longest, first * 2 ** (attempt - 1));
  return delay * (0.5 + random / 2);
}
