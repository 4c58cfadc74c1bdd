/**
 * Remembers the token of this tab's session in a room: a page that is loaded again, after a crash for example, has lost
 * everything else. A duplicated tab has the memory too, and so takes the session over when it joins.
 */
export interface SessionMemory {
  recall(): string | undefined;
  remember(token: string): void;
  /** Does nothing where another session is remembered by now. */
  forget(token: string): void;
}

type TabStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export function sessionMemory(room: string, storage: () => TabStorage): SessionMemory {
  const key = `icelab-session:${room}`;
  // Browsers may forbid storage, and throw where it is merely mentioned. A page without it is let in a little later.
  const attempt = <Result>(use: (storage: TabStorage) => Result): Result | undefined => {
    try {
      return use(storage());
    } catch {
      return undefined;
    }
  };
  return {
    recall: () => attempt((kept) => kept.getItem(key)) ?? undefined,
    remember: (token) => attempt((kept) => kept.setItem(key, token)),
    forget: (token) =>
      attempt((kept) => {
        if (kept.getItem(key) === token) kept.removeItem(key);
      }),
  };
}
