import { useEffect, useRef } from 'react';

/** Takes the focus when it appears: the button that led here is gone, and with it the place of a keyboard's user. */
export function useFocus<T extends HTMLElement>() {
  const element = useRef<T>(null);
  useEffect(() => element.current?.focus({ preventScroll: true }), []);
  return element;
}
