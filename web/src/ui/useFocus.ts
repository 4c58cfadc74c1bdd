import { useCallback } from 'react';

/** Takes the focus when it appears: the button that led here is gone, and with it the place of a keyboard's user. */
export function useFocus<T extends HTMLElement>() {
  return useCallback((element: T | null) => element?.focus({ preventScroll: true }), []);
}
