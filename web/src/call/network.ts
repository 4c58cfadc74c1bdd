/** Calls back when the machine may have come to another network; what it returns stops that. */
export function watchNetwork(changed: () => void): () => void {
  // `change` also tells of mere estimates of speed, many times a minute: only the kind of network counts. Where the
  // browser does not name it, ICE itself notices.
  const connection = (navigator as Navigator & { connection?: EventTarget & { type?: string } }).connection;
  let type = connection?.type;
  const compare = () => {
    if (connection?.type === type) return;
    type = connection?.type;
    changed();
  };
  window.addEventListener('online', changed);
  connection?.addEventListener('change', compare);
  return () => {
    window.removeEventListener('online', changed);
    connection?.removeEventListener('change', compare);
  };
}
