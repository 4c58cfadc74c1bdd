// Line drawings of 24 by 24, in the colour of the text.

const shapes = {
  microphone: 'M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM6 11a6 6 0 0 0 12 0M12 17v4',
  camera: 'M3 7h12v10H3ZM15 11l6-4v10l-6-4',
  screen: 'M3 5h18v11H3ZM9 20h6M12 16v4M12 13V8M9.5 10.5 12 8l2.5 2.5',
  chat: 'M4 5h16v11H11l-4 4v-4H4Z',
  panel: 'M3 19h18M5 15l4-5 4 3 6-8',
  hangUp: 'M2.5 14.5c5-6.5 14-6.5 19 0l-2.2 3-4.3-1.7v-2.8a10 10 0 0 0-6 0v2.8l-4.3 1.7Z',
  off: 'M4 4l16 16',
} as const;

export type IconName = Exclude<keyof typeof shapes, 'off'>;

export function Icon({ name, off = false }: { name: IconName; off?: boolean }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
      <path d={shapes[name]} />
      {off && <path d={shapes.off} />}
    </svg>
  );
}
